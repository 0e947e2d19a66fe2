import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { parseTag } from "../../src/image/reference.ts";
import {
  MARKER_LENGTH_MAX,
  type MarkerReading,
  type MarkerScope,
  parseMarker,
  renderMarker,
} from "../../src/proposal/marker.ts";
import type { Plan } from "../../src/proposal/plan.ts";
import { Secret } from "../../src/secret.ts";
import { timerFor } from "./timer.ts";
import { later } from "../../src/time.ts";
import { KEY, builderUpdate, digest, examplePlan, finding, planOf, runtimeUpdate, TERMS } from "./example.ts";

const plan = examplePlan();
const marker = renderMarker(plan, KEY);

function read(body: string, scope: MarkerScope = plan, key = KEY): MarkerReading {
  return parseMarker(body, scope, key);
}

describe("a marker of ours", () => {
  test.each([
    { title: "alone", body: marker },
    { title: "below a text", body: `Fixes a lot.\n\n${marker}\n` },
    { title: "with line ends of the web", body: `x\r\n\r\n${marker}\r\n` },
    { title: "above a text somebody wrote", body: `${marker}\n\nNice! -->` },
    { title: "beside a control", body: `- [ ] <!-- hullkeeper:rebase --> rebase\n${marker}` },
  ])("gives back what it remembers: $title", ({ body }) => {
    expect(read(body)).toEqual({
      kind: "read",
      marker: {
        group: "bellsoft",
        updates: plan.updates.map(({ line, from, to, observedAt, places, superseded, timer }) => ({
          line,
          from,
          to,
          observedAt,
          places,
          superseded,
          obligations: timer.obligations,
        })),
      },
    });
  });

  test("gives back the tag that places get, where that moves", () => {
    const moved = planOf([builderUpdate(), { ...runtimeUpdate(), toTag: parseTag("jre-26-nonroot-musl") }]);
    const reading = read(renderMarker(moved, KEY));
    expect(reading.kind === "read" ? reading.marker.updates.map(({ toTag }) => toTag) : reading).toEqual([
      undefined,
      "jre-26-nonroot-musl",
    ]);
  });

  test("is one comment of one line, whatever it holds", () => {
    const hostile = planOf([
      {
        ...runtimeUpdate(),
        places: [{ path: '--> <script> <!-- hullkeeper: {"v":1} --!> \u2028\n-', line: 1 }],
        timer: timerFor({
          startedAt: runtimeUpdate().verifiedAt,
          assessedAt: runtimeUpdate().verifiedAt,
          terms: TERMS,
          fixed: [finding("--->\n", ["high"], ["a", "1"])],
        }),
      },
    ]);
    const rendered = renderMarker(hostile, KEY);
    const inner = rendered.slice("<!--".length, -"-->".length);
    expect(inner).not.toMatch(/--|[<>\n]/);
    expect(read(rendered)).toMatchObject({
      marker: {
        updates: [{ places: hostile.updates[0]?.places, obligations: [{ id: "--->\n", severity: "high" }] }],
      },
    });
  });

  test("belongs to the repository, however its name is written", () => {
    expect(read(marker, { ...plan, codeRepository: { owner: "Acme", name: "SHOP" } }).kind).toBe("read");
  });

  test("is the same for the same plan", () => {
    expect(renderMarker(examplePlan(), KEY)).toBe(marker);
  });
});

describe("a marker that proves nothing", () => {
  const due = plan.updates[0]?.timer.obligations[0]?.dueAt ?? 0;
  const mac = /"mac":"([^"]+)"/.exec(marker)?.[1] ?? "";

  test.each<{ title: string; body: string; scope?: Partial<MarkerScope>; key?: Secret }>([
    {
      title: "a deadline moved",
      body: marker.replace(
        String(due),
        String(later(plan.updates[0]?.verifiedAt ?? builderUpdate().verifiedAt, 1e12)),
      ),
    },
    { title: "another digest", body: marker.replace("8a77d0", "8a77d1") },
    {
      title: "a digit of the code changed",
      body: marker.replace(mac, `${mac.startsWith("A") ? "B" : "A"}${mac.slice(1)}`),
    },
    { title: "no code", body: marker.replace(`,"mac":"${mac}"`, "") },
    { title: "an empty code", body: marker.replace(mac, "") },
    { title: "a longer code", body: marker.replace(mac, `${mac}A`) },
    { title: "a member added behind the code", body: marker.replace("} -->", ',"v":1} -->') },
    { title: "white space added", body: marker.replace('{"v":1', '{ "v":1') },
    { title: "its end cut off", body: marker.slice(0, -6) },
    { title: "no JSON", body: `<!-- hullkeeper: {"v":1,"mac":"${mac}"} -->` },
    { title: "twice", body: `${marker}\n${marker}` },
    { title: "beside one that was written by hand", body: `<!-- hullkeeper: {"v":1} -->\n${marker}` },
    {
      title: "in another code repository",
      body: marker,
      scope: { codeRepository: { owner: "acme", name: "shop2" } },
    },
    { title: "in another owner's", body: marker, scope: { codeRepository: { owner: "eve", name: "shop" } } },
    { title: "for another base branch", body: marker, scope: { baseBranch: "release" } },
    { title: "for another group", body: marker, scope: { group: "chainguard" } },
    {
      title: "moved between owner and name",
      body: marker,
      scope: { codeRepository: { owner: "acme/shop", name: "" } },
    },
    { title: "with another key", body: marker, key: new Secret("another") },
  ])("is forged: $title", ({ body, scope, key }) => {
    expect(body === marker && scope === undefined && key === undefined).toBe(false);
    expect(read(body, { ...plan, ...scope }, key)).toEqual({ kind: "forged" });
  });

  test.each([
    { title: "nothing", body: "" },
    { title: "text", body: "hullkeeper: {}" },
    { title: "a control", body: "<!-- hullkeeper:rebase -->" },
    { title: "another program's", body: '<!-- renovate: {"v":1} -->' },
  ])("is absent: $title", ({ body }) => {
    expect(read(body)).toEqual({ kind: "absent" });
  });

  test.each([
    { title: "a later version", signed: '{"v":2,"group":"bellsoft","updates":[]' },
    { title: "a member nobody knows", signed: '{"v":1,"group":"bellsoft","updates":[],"new":1' },
    { title: "a member that lacks", signed: '{"v":1,"group":"bellsoft"' },
  ])("is refused when it is ours and cannot be read: $title", ({ signed }) => {
    const scope = JSON.stringify(["hullkeeper marker", "acme", "shop", "main", "bellsoft"]);
    const code = createHmac("sha256", KEY.reveal()).update(`${scope}\n${signed}`).digest("base64url");
    const body = `<!-- hullkeeper: ${signed},"mac":"${code}"} -->`;
    expect(() => read(body)).toThrow(InvalidInputError);
    expect(() => read(body)).toThrow(expect.objectContaining({ code: "marker-invalid" }));
  });
});

/** A plan of this many updates that differ in their tags. */
function many(count: number, each: (number: number) => Partial<Plan["updates"][number]>): Plan {
  return planOf(
    Array.from({ length: count }, (_, number) => ({
      ...builderUpdate(),
      line: { ...builderUpdate().line, tag: parseTag(`t${number}`) },
      ...each(number),
    })),
  );
}

describe("a marker that would be too long", () => {
  const [builder] = plan.updates;
  test.each([
    {
      title: "places",
      long: many(3, () => ({
        places: Array.from({ length: 500 }, (_, line) => ({ path: "d/Dockerfile", line: line + 1 })),
      })),
      kept: 3,
      lost: "places" as const,
    },
    {
      title: "superseded digests",
      long: many(3, () => ({
        superseded: Array.from({ length: 300 }, (_, number) => ({
          digest: digest(number.toString(16)),
          observedAt: later(builderUpdate().observedAt, number),
        })),
      })),
      kept: 3,
      lost: "superseded" as const,
    },
  ])("leaves out $title, never a clock", ({ long, kept, lost }) => {
    const rendered = renderMarker(long, KEY);
    expect(rendered.length).toBeLessThanOrEqual(MARKER_LENGTH_MAX);
    const reading = read(rendered, long);
    if (reading.kind !== "read") throw new Error("must be read");
    expect(reading.marker.updates).toHaveLength(kept);
    expect(reading.marker.updates[0]?.[lost].length).toBeLessThan(long.updates[0]?.[lost].length ?? 0);
    expect(reading.marker.updates[0]?.obligations).toEqual(builder?.timer.obligations);
  });

  test("keeps the newest superseded digest and the earliest deadlines", () => {
    const update = runtimeUpdate();
    const fixed = Array.from({ length: 3_000 }, (_, number) =>
      finding(`CVE-2026-${100_000 + number}`, [number === 2_999 ? "critical" : "low"], ["a", "1", "2"]),
    );
    const timer = timerFor({
      fixed,
      startedAt: update.verifiedAt,
      assessedAt: update.verifiedAt,
      terms: TERMS,
    });
    const long = planOf([{ ...update, timer }]);
    const rendered = renderMarker(long, KEY);
    expect(rendered.length).toBeLessThanOrEqual(MARKER_LENGTH_MAX);
    expect(read(rendered, long)).toMatchObject({
      marker: { updates: [{ obligations: expect.arrayContaining([timer.obligations[0]]) }] },
    });
  });

  test("keeps the updates that are due first when there are too many", () => {
    const long = many(400, (number) => ({
      timer: timerFor({
        fixed: [finding("CVE-2026-1", [number === 399 ? "critical" : "low"], ["a", "1", "2"])],
        startedAt: builderUpdate().verifiedAt,
        assessedAt: builderUpdate().verifiedAt,
        terms: TERMS,
      }),
    }));
    const rendered = renderMarker(long, KEY);
    expect(rendered.length).toBeLessThanOrEqual(MARKER_LENGTH_MAX);
    expect(read(rendered, long)).toMatchObject({
      marker: {
        updates: expect.arrayContaining([
          expect.objectContaining({ line: { ...builderUpdate().line, tag: "t399" } }),
        ]),
      },
    });
  });
});
