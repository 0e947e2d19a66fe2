import { describe, expect, test } from "vitest";
import { exposureOf } from "../../src/advisory/range.ts";
import type { OsvAffected } from "../../src/advisory/osv.ts";

type Events = readonly Readonly<Record<string, string>>[];

function rangeOf(...events: Events): OsvAffected {
  return { ranges: [{ type: "ECOSYSTEM", events: events.map((event) => ({ ...event })) }] };
}

/** `no`, `yes`, or `yes, until` the version that fixes it. */
function answered(version: string, entry: OsvAffected, type = "apk"): string {
  const exposure = exposureOf(type, version, entry);
  if (exposure.kind === "unknown") return "unknown";
  if (exposure.kind === "not-affected") return "no";
  return exposure.fixedVersion === undefined ? "yes" : `yes, until ${exposure.fixedVersion}`;
}

describe("one window", () => {
  const window = [{ introduced: "2.7.1-r0" }, { fixed: "2.7.3-r0" }];
  const closed = [{ introduced: "1.0" }, { last_affected: "1.5" }];
  test.each([
    { title: "below introduced", version: "2.7.0-r9", events: window, answer: "no" },
    { title: "introduced itself", version: "2.7.1-r0", events: window, answer: "yes, until 2.7.3-r0" },
    { title: "between", version: "2.7.2-r4", events: window, answer: "yes, until 2.7.3-r0" },
    {
      title: "a pre-release of the fix",
      version: "2.7.3_rc1-r0",
      events: window,
      answer: "yes, until 2.7.3-r0",
    },
    { title: "fixed itself", version: "2.7.3-r0", events: window, answer: "no" },
    { title: "above fixed", version: "2.10.0-r0", events: window, answer: "no" },
    { title: "never fixed", version: "9-r0", events: [{ introduced: "1-r0" }], answer: "yes" },
    {
      title: "from the beginning",
      version: "0.0_alpha1",
      events: [{ introduced: "0" }, { fixed: "1" }],
      answer: "yes, until 1",
    },
    {
      title: "from the beginning, fixed",
      version: "1",
      events: [{ introduced: "0" }, { fixed: "1" }],
      answer: "no",
    },
    { title: "last affected is affected", version: "1.5", events: closed, answer: "yes" },
    { title: "above last affected", version: "1.5-r1", events: closed, answer: "no" },
    {
      title: "one version only",
      version: "1",
      events: [{ introduced: "1" }, { last_affected: "1" }],
      answer: "yes",
    },
    { title: "an empty window", version: "1", events: [{ introduced: "1" }, { fixed: "1" }], answer: "no" },
    { title: "no events", version: "1", events: [], answer: "no" },
    {
      title: "a limit says nothing about versions",
      version: "1",
      events: [{ introduced: "0" }, { limit: "1" }],
      answer: "yes",
    },
    {
      title: "both in one event",
      version: "1.5",
      events: [{ introduced: "1", fixed: "2" }],
      answer: "yes, until 2",
    },
    {
      title: "fields of no event",
      version: "1",
      events: [{ constructor: "0", __proto__: "0" }],
      answer: "no",
    },
    {
      title: "digits after a letter",
      version: "8u372_p7-r0",
      events: [{ introduced: "8u362_p9-r0" }, { fixed: "8u392_p9-r0" }],
      answer: "yes, until 8u392_p9-r0",
    },
    {
      title: "the scheme changed",
      version: "8.502_p9-r0",
      events: [{ introduced: "8u362_p9-r0" }, { fixed: "8.452_p11-r0" }],
      answer: "no",
    },
  ])("$title", ({ version, events, answer }) => {
    expect(answered(version, rangeOf(...events))).toBe(answer);
  });
});

describe("several windows", () => {
  const windows = [1, 2, 3, 4, 5, 6].flatMap((major) => [
    { introduced: `${major}.0` },
    { fixed: `${major}.5` },
  ]);
  test.each([
    { version: "0.9", answer: "no" },
    { version: "1.0", answer: "yes, until 1.5" },
    { version: "1.5", answer: "no" },
    { version: "3.4", answer: "yes, until 3.5" },
    { version: "3.7", answer: "no" },
    { version: "6.4.9", answer: "yes, until 6.5" },
    { version: "7", answer: "no" },
  ])("$version: $answer, in whatever order the events are written", ({ version, answer }) => {
    expect(answered(version, rangeOf(...windows))).toBe(answer);
    expect(answered(version, rangeOf(...windows.toReversed()))).toBe(answer);
  });

  test("any range of an entry is enough", () => {
    const entry = {
      ranges: [
        ...(rangeOf({ introduced: "5" }).ranges ?? []),
        ...(rangeOf({ introduced: "1" }, { fixed: "2" }).ranges ?? []),
      ],
    };
    expect(answered("1", entry)).toBe("yes, until 2");
    expect(answered("3", entry)).toBe("no");
  });
});

describe("listed versions", () => {
  test.each([
    { title: "is listed", version: "1-r0", entry: { versions: ["1-r0"] }, answer: "yes" },
    {
      title: "is not listed, written otherwise",
      version: "1-r00",
      entry: { versions: ["1-r0"] },
      answer: "no",
    },
    {
      title: "is listed and outside the range",
      version: "9",
      entry: { versions: ["9"], ...rangeOf({ introduced: "1" }, { fixed: "2" }) },
      answer: "yes",
    },
    { title: "nothing is said", version: "1", entry: {}, answer: "no" },
    {
      title: "a range of commits says nothing",
      version: "1",
      entry: { ranges: [{ type: "GIT", events: [{ introduced: "0" }] }] },
      answer: "no",
    },
  ])("$title", ({ version, entry, answer }) => {
    expect(answered(version, entry)).toBe(answer);
  });
});

describe("doubt is never a fix", () => {
  test.each([
    {
      title: "the installed version is malformed",
      version: "unknown",
      events: [{ introduced: "1" }, { fixed: "2" }],
      answer: "unknown",
    },
    {
      title: "there is no installed version",
      version: "",
      events: [{ introduced: "0" }, { fixed: "2" }],
      answer: "unknown",
    },
    {
      title: "the fix is malformed",
      version: "2",
      events: [{ introduced: "1" }, { fixed: "two" }],
      answer: "unknown",
    },
    {
      title: "the fix differs only where it is malformed",
      version: "2",
      events: [{ introduced: "1" }, { fixed: "2!" }],
      answer: "unknown",
    },
    {
      title: "two events that the version has reached have no order",
      version: "3",
      events: [{ introduced: "1!" }, { fixed: "1" }],
      answer: "unknown",
    },
  ])("$title", ({ version, events, answer }) => {
    expect(answered(version, rangeOf(...events))).toBe(answer);
  });

  test("the type of package has no order", () => {
    expect(answered("9", rangeOf({ introduced: "1" }, { fixed: "2" }), "conan")).toBe("unknown");
  });
});

test("what is certain in one range is not lost to the doubt in another", () => {
  const [broken, open] = [rangeOf({ introduced: "x!" }), rangeOf({ introduced: "1" })];
  expect(answered("2", { ranges: [...(broken.ranges ?? []), ...(open.ranges ?? [])] })).toBe("yes");
  expect(answered("2", { ...broken, versions: ["2"] })).toBe("yes");
  expect(answered("2", { ...broken, versions: ["3"] })).toBe("unknown");
});
