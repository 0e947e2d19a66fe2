import { describe, expect, test } from "vitest";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import { renderBody } from "../../src/proposal/body.ts";
import { commitMessageOf } from "../../src/proposal/commit-message.ts";
import { type Flaw, flaggedHashOf, isFlagged, isFlaggedFor, withWarning } from "../../src/proposal/flaw.ts";
import { labelsOf } from "../../src/proposal/labels.ts";
import { parseMarker } from "../../src/proposal/marker.ts";
import { failureOf } from "../../src/proposal/statuses.ts";
import { titleOf } from "../../src/proposal/title.ts";
import { later } from "../../src/time.ts";
import { at, digest, examplePlan, KEY, planOf, runtimeUpdate } from "./example.ts";

const SINCE = at("2026-11-24T12:00Z");
const NASTY = "--> <!-- hullkeeper: {} --> @team closes #7 | `x` \u202e\n# heading";
const flaw = (more: Partial<Flaw> = {}): Flaw => ({
  kind: "rejected",
  line: { repository: parseRepository("acme/base"), tag: parseTag("1") },
  to: digest("4e3"),
  reason: "rejected (signer-distrusted): an operator distrusts it",
  since: SINCE,
  ...more,
});
const BODY = renderBody(examplePlan(), { version: "1", markerKey: KEY });

describe("a warning", () => {
  test("stands before everything else and changes nothing of it", () => {
    const warned = withWarning(BODY, [flaw()]);
    expect(warned.startsWith("<!-- hullkeeper-warning -->\n> [!CAUTION]\n> **Do not merge")).toBe(true);
    expect(warned.endsWith(`\n\n${BODY}`)).toBe(true);
    expect(warned).toContain("`docker.io/acme/base:1` at `4e3012345678`: rejected (signer-distrusted)");
  });

  test.each([
    { title: "the same again", body: withWarning(BODY, [flaw()]) },
    { title: "another one", body: withWarning(BODY, [flaw({ reason: "y" }), flaw({ reason: "z" })]) },
    { title: "two of them", body: withWarning("", [flaw()]) + withWarning(BODY, [flaw()]) },
    {
      title: "one with the line ends of an editor",
      body: withWarning(BODY, [flaw()]).replaceAll("\n", "\r\n"),
    },
  ])("takes the place of $title", ({ body }) => {
    const warned = withWarning(body, [flaw()]);
    expect(warned.split("[!CAUTION]")).toHaveLength(2);
    expect(warned.replaceAll("\r\n", "\n")).toBe(withWarning(BODY, [flaw()]));
  });

  test.each([
    { title: "text before it", body: `Note.\n${withWarning("", [flaw()])}` },
    { title: "a beginning without an end", body: "<!-- hullkeeper-warning -->\nNote." },
    { title: "an end without a beginning", body: "Note. <!-- /hullkeeper-warning -->" },
    { title: "nothing", body: "" },
  ])("keeps $title", ({ body }) => {
    const words = body.includes("Note.") ? "Note." : "";
    expect(withWarning(body, [flaw()]).split("[!CAUTION]")).toHaveLength(2);
    expect(withWarning(body, [flaw()])).toContain(words);
  });

  test("does not hide the marker, and what is foreign in it forges none", () => {
    const plan = examplePlan();
    const reading = parseMarker(withWarning(BODY, [flaw({ reason: NASTY })]), plan, KEY);
    expect(reading.kind).toBe("read");
  });

  test("is nothing but text, whatever the reason says", () => {
    const warned = withWarning("", [flaw({ reason: NASTY })]);
    expect(warned).not.toMatch(/<!-- hullkeeper: \{|\u202e|^# heading| @team|#7|`x`/m);
    expect(warned.trimEnd().split("\n")).toHaveLength(8);
  });

  test("names so many, and how many more", () => {
    const many = Array.from({ length: 12 }, (_, number) => flaw({ to: digest(`${number}a`) }));
    const warned = withWarning("", many);
    expect(warned.match(/ at `/g)).toHaveLength(10);
    expect(warned).toContain("> - and 2 more\n");
  });

  test("is written in time that grows with the body alone", () => {
    const hostile = "<!-- hullkeeper-warning -->".repeat(2_400);
    expect(withWarning(hostile, [flaw()])).toContain(hostile);
  });
});

describe("the failed check", () => {
  test.each<{ title: string; flaws: readonly Flaw[]; says: RegExp }>([
    {
      title: "one",
      flaws: [flaw()],
      says: /^Do not merge, no longer verified: 1: rejected \(signer-distrusted\)/,
    },
    { title: "several", flaws: [flaw(), flaw(), flaw()], says: /verified: 1 \(and 2 more\): rejected/ },
    { title: "a long one", flaws: [flaw({ reason: "x".repeat(500) })], says: /x…$/ },
    { title: "a hostile one", flaws: [flaw({ reason: NASTY })], says: /@\u200bteam closes #\u200b7/ },
  ])("says $title in 140 characters", ({ flaws, says }) => {
    const { context, state, description } = failureOf(flaws);
    expect([context, state]).toEqual(["hullkeeper/verification", "failure"]);
    expect(description).toMatch(says);
    expect(description.length).toBeLessThanOrEqual(140);
    expect(description).not.toMatch(/[\n\u202e]/);
  });
});

describe("the hash of a flagged pull request", () => {
  const later1 = flaw({ since: later(SINCE, 1) });
  test("is the same for the same reasons, whenever and in whatever order they were found", () => {
    const other = flaw({ to: digest("5") });
    const record = { contentHash: flaggedHashOf([flaw(), other]) };
    expect(isFlagged(record)).toBe(true);
    expect(isFlaggedFor(record, [other, later1])).toBe(true);
  });

  test.each<{ title: string; flaws: readonly Flaw[] }>([
    { title: "another reason", flaws: [flaw({ reason: "y" })] },
    { title: "another digest", flaws: [flaw({ to: digest("5") })] },
    { title: "one more", flaws: [flaw(), flaw({ to: digest("5") })] },
  ])("is another one for $title", ({ flaws }) => {
    expect(isFlaggedFor({ contentHash: flaggedHashOf([flaw()]) }, flaws)).toBe(false);
  });

  test("is none of a content", () => {
    expect(isFlagged({ contentHash: "f".repeat(64) })).toBe(false);
    expect(isFlagged({ contentHash: "" })).toBe(false);
  });
});

describe("an approved step backwards", () => {
  const stepBack = { why: "signed 5 d before ab, which the tag had", by: NASTY, reason: NASTY, at: SINCE };
  const plan = planOf([{ ...runtimeUpdate(), stepBack }]);

  test("is said first, as text alone", () => {
    const body = renderBody(plan, { version: "1", markerKey: KEY });
    const [first = ""] = body.split("\n");
    expect(first).toMatch(/^> ⚠ \*\*A step backwards\*\*, approved by .* on 24 Nov 2026, 12:00 UTC: “/);
    expect(first).toContain("signed 5 d before ab, which the tag had");
    expect(body).toContain("⚠ moved backwards: signed 5 d before ab");
    expect(body).not.toMatch(/\u202e| @team| #7/);
    expect(parseMarker(body, plan, KEY).kind).toBe("read");
  });

  test("is in title, labels and commit message", () => {
    expect(titleOf(plan)).toContain(", a step backwards (merge by");
    expect(labelsOf(plan)).toContain("hullkeeper:step-back");
    expect(commitMessageOf(plan)).toMatch(/^A step backwards, approved by .*@\u200bteam/m);
    expect(
      commitMessageOf(plan)
        .split("\n")
        .filter((line) => line.startsWith("# ")),
    ).toEqual([]);
  });

  test("of many lines names so many of them", () => {
    const many = planOf(
      Array.from({ length: 7 }, (_, number) => ({
        ...runtimeUpdate(),
        line: { ...runtimeUpdate().line, tag: parseTag(`t${number}`) },
        stepBack,
      })),
    );
    const body = renderBody(many, { version: "1", markerKey: KEY });
    expect(body.match(/\*\*A step backwards\*\*/g)).toHaveLength(5);
    expect(body).toContain("> ⚠ and 2 more steps backwards, each approved.");
  });

  test("is said of nothing else", () => {
    expect(BODY).not.toContain("step backwards");
    expect(labelsOf(examplePlan())).not.toContain("hullkeeper:step-back");
  });
});
