import { describe, expect, test } from "vitest";
import { parseTag } from "../../src/image/reference.ts";
import { renderBody } from "../../src/proposal/body.ts";
import { checkOf } from "../../src/proposal/check-run.ts";
import { commitMessageOf } from "../../src/proposal/commit-message.ts";
import { labelsOf } from "../../src/proposal/labels.ts";
import type { Plan, Update } from "../../src/proposal/plan.ts";
import { TITLE_LENGTH_MAX, titleOf } from "../../src/proposal/title.ts";
import { at, builderUpdate, examplePlan, KEY, planOf, runtimeUpdate } from "./example.ts";

/** What a pull request says where a tag moves, and where an image comes to its end. */

const NEWER = parseTag("jre-26-nonroot-musl");
const moved = (update: Update = runtimeUpdate(), toTag = NEWER): Update => ({ ...update, toTag });
const bodyOf = (plan: Plan): string => renderBody(plan, { version: "0.0.0", markerKey: KEY });
const screenOf = (plan: Plan): string =>
  bodyOf(plan)
    .split("\n")
    .filter((line) => line.startsWith("> "))
    .join("\n");

describe("one tag that moves", () => {
  const plan = planOf([moved()]);

  test("is in the title, with the digest that comes with it", () => {
    expect(titleOf(plan)).toBe(
      "hardened-liberica-runtime-container: jre-25-nonroot-musl → jre-26-nonroot-musl at e5f2aa1, fixes 2 critical and 3 more (merge by 30 Nov)",
    );
  });

  test("is on the first screen, in the table, and among what was not checked", () => {
    expect(screenOf(plan)).toContain(
      "> **A newer version**: `jre-25-nonroot-musl` → `jre-26-nonroot-musl`. Only the version changes in the tag, as far as your policy (`tags`) lets it",
    );
    expect(bodyOf(plan)).toContain(
      "| `jre-25-nonroot-musl` → `jre-26-nonroot-musl` | `b1004e77aa02` → `e5f2aa1034bc` |",
    );
    expect(bodyOf(plan)).toContain("- Release notes: ");
  });

  test("is in the commit, for people and for programs", () => {
    const message = commitMessageOf(plan);
    expect(message).toMatch(
      /^Update hardened-liberica-runtime-\S* to jre-26-nonroot-musl \(e5f2aa1\)\n\nMoves /,
    );
    expect(message.split("\n")[0]?.length).toBeLessThanOrEqual(72);
    expect(message).toContain(
      "Moves jre-25-nonroot-musl to jre-26-nonroot-musl, a newer version of the same stream.\n",
    );
    expect(message).toContain(
      `\nHullkeeper-To: ${runtimeUpdate().to}\nHullkeeper-To-Tag: jre-26-nonroot-musl\n`,
    );
    expect(message).not.toBe(
      commitMessageOf(planOf([moved(runtimeUpdate(), parseTag("jre-27-nonroot-musl"))])),
    );
  });

  test("has a label, and stands at the lines that change", () => {
    expect(labelsOf(plan)).toContain("hullkeeper:tag-move");
    expect(checkOf(plan).annotations[0]?.message).toContain(
      "moves to the tag jre-26-nonroot-musl, b1004e7 to e5f2aa1",
    );
  });

  test("that is long fits into title and subject", () => {
    const long = planOf([
      moved(
        { ...runtimeUpdate(), line: { ...runtimeUpdate().line, tag: parseTag("a".repeat(128)) } },
        parseTag("b".repeat(128)),
      ),
    ]);
    expect(titleOf(long).length).toBeLessThanOrEqual(TITLE_LENGTH_MAX);
    expect(titleOf(long)).toContain("(merge by 30 Nov)");
    expect(commitMessageOf(long).split("\n")[0]?.length).toBeLessThanOrEqual(72);
  });

  test("that looks like a reference to an issue is none", () => {
    const hostile = planOf([moved(runtimeUpdate(), parseTag("GH-1"))]);
    expect(titleOf(hostile)).not.toContain("GH-1");
    expect(commitMessageOf(hostile).split("\n\nHullkeeper-")[0]).not.toContain("GH-1");
    expect(screenOf(hostile)).toContain("`GH-1`");
    expect(checkOf(hostile).annotations[0]?.message).toContain("moves to the tag GH-\u200b1,");
    const [update = runtimeUpdate()] = hostile.updates;
    const pinned = planOf([{ ...update, line: { ...update.line, tag: parseTag("GH-2") } }]);
    expect(checkOf(pinned).annotations[0]?.message).toContain(":GH-\u200b2: ");
  });
});

test("several moves are named together, and what stays keeps its tag", () => {
  const plan = planOf([builderUpdate(), moved()]);
  expect(titleOf(plan)).toContain(": 2 tags, 1 to a newer version → builds seen 2026-11-20");
  expect(screenOf(plan)).toContain("> **A newer version**: `jre-25-nonroot-musl` → `jre-26-nonroot-musl`.");
  expect(bodyOf(plan)).toContain("| `jdk-25-musl` |");
  const both = planOf([moved(builderUpdate(), parseTag("jdk-26-musl")), moved()]);
  expect(screenOf(both)).toContain(
    "> **Newer versions**: `jdk-25-musl` → `jdk-26-musl`, `jre-25-nonroot-musl` → `jre-26-nonroot-musl`.",
  );
});

test("where no tag moves, nothing is said of it", () => {
  const plan = examplePlan();
  expect(bodyOf(plan)).not.toMatch(/newer version|Release notes|End of life/i);
  expect(labelsOf(plan)).not.toContain("hullkeeper:tag-move");
  expect(commitMessageOf(plan)).not.toContain("Hullkeeper-To-Tag");
});

describe("the end of life that a vendor tells", () => {
  const ended = {
    kind: "ended",
    endsAt: at("2026-10-01T00:00Z"),
    notice: "Move to *Debian* 13 @acme.",
  } as const;
  const ending = { ...ended, kind: "ending", endsAt: at("2027-01-01T00:00Z") } as const;

  test.each([
    { title: "that has come", endOfLife: ended, words: "its vendor builds it no more since 1 Oct 2026." },
    { title: "that will come", endOfLife: ending, words: "its vendor builds it until 31 Dec 2026." },
  ])("$title is a line on the first screen, its notice as text alone", ({ endOfLife, words }) => {
    const screen = screenOf(planOf([{ ...runtimeUpdate(), endOfLife }]));
    expect(screen).toContain(`> ⚠ **End of life**: ${words} Move to &#x2a;Debian&#x2a; 13 @\u200bacme.`);
  });

  test("of one of two names it", () => {
    expect(screenOf(planOf([builderUpdate(), { ...runtimeUpdate(), endOfLife: ended }]))).toContain(
      "> ⚠ **End of life of `jre-25-nonroot-musl`**: ",
    );
  });
});
