import { describe, expect, test } from "vitest";
import { parseCommands } from "../../src/proposal/commands.ts";
import { NOTHING_TO_EXPLAIN, renderExplanation } from "../../src/proposal/explanation.ts";
import { NO_PINS_TO_EXPLAIN, renderPinsExplanation } from "../../src/proposal/first-pins/explanation.ts";
import { parseTag } from "../../src/image/reference.ts";
import { builderUpdate, examplePlan, finding, planOf, runtimeUpdate } from "./example.ts";
import { examplePins, pinOf, pinsPlanOf } from "./pins-example.ts";
import { upgraded } from "../fixtures/deltas.ts";

describe("an explanation", () => {
  const text = renderExplanation(examplePlan());

  test("says of each update what moved, when that was seen and verified, and by whom it is signed", () => {
    expect(text.match(/ is pinned to /g)).toHaveLength(2);
    expect(text).toMatch(/first seen .* UTC\.\n {2}That was verified .* UTC, signed by /);
    expect(text).toContain("It fixes known vulnerabilities.");
  });

  test("says what decides the deadline, since when, by which evidence", () => {
    expect(text).toMatch(/\*\*\w{3} \d+ \w{3} \d{4}, \d\d:\d\d UTC\*\*, set by CVE-\d+-\d+ \(critical\)/);
    expect(text).toMatch(/The clock started on .* UTC and gives /);
    expect(text).toMatch(/The evidence: CVE-\d+-\d+ in `\w+` `.*` → `.*`, record /);
    expect(text).toContain("### Clocks");
  });

  test("is the same for the same plan, and asks for nothing itself", () => {
    expect(renderExplanation(examplePlan())).toBe(text);
    expect(parseCommands(text)).toEqual([]);
    expect(parseCommands(NOTHING_TO_EXPLAIN)).toEqual([]);
  });
});

describe("an explanation of first pins", () => {
  const text = renderPinsExplanation(examplePins());

  test("says of each tag where it stands alone, at which digest it was seen, when that was verified, and by whom it is signed", () => {
    expect(text.match(/ stands alone in `/g)).toHaveLength(3);
    expect(text).toMatch(
      /stands alone in `chart\/values\.yaml:4`; the tag was first seen at `[0-9a-f]{12}` .* UTC\.\n {2}That was verified .* UTC, signed by /,
    );
  });

  test("says what stays as it is, and why", () => {
    expect(text).toContain("### What stays as it is\n\n- `tools/Dockerfile:3` has ");
    expect(text).toContain("its digest is not verified: no signature that can be checked is there");
  });

  test("says nothing of what stays where nothing does", () => {
    const whole = renderPinsExplanation(pinsPlanOf([pinOf(runtimeUpdate())]));
    expect(whole).not.toContain("stays as it is");
  });

  test("says that a tag has moved on to what is not verified, where it has", () => {
    const left = renderPinsExplanation(pinsPlanOf([{ ...pinOf(runtimeUpdate()), isLeft: true }]));
    expect(left).toContain("It has moved on since to what is not verified");
    expect(text).not.toContain("It has moved on since");
  });

  test("is the same for the same plan, and asks for nothing itself", () => {
    expect(renderPinsExplanation(examplePins())).toBe(text);
    expect(parseCommands(text)).toEqual([]);
    expect(parseCommands(NO_PINS_TO_EXPLAIN)).toEqual([]);
  });

  test("of very many tags and places is bounded", () => {
    const [place] = runtimeUpdate().places;
    const pins = Array.from({ length: 500 }, (_, index) => ({
      ...pinOf(runtimeUpdate()),
      line: { ...runtimeUpdate().line, tag: parseTag(`t${index}`) },
      places: Array.from({ length: 500 }, () => ({ line: 1, ...place, path: "d".repeat(4_000) })),
    }));
    const staying = Array.from({ length: 500 }, () => ({
      path: "p".repeat(4_000),
      line: 1,
      raw: "r".repeat(4_000),
      reason: "x".repeat(4_000),
    }));
    const long = renderPinsExplanation(pinsPlanOf(pins, staying));
    expect(long).toContain("and 480 more tags");
    expect(long).toContain("and 480 more places");
    expect(long.length).toBeLessThan(60_000);
  });

  test("of hostile text does nothing", () => {
    const nasty = "@acme Fixes #1 <!-- x --> <b>|\n# h https://evil.example";
    const { places } = runtimeUpdate();
    const shown = renderPinsExplanation(
      pinsPlanOf(
        [{ ...pinOf(runtimeUpdate()), places: places.map((place) => ({ ...place, path: nasty })) }],
        [{ path: nasty, line: 1, raw: nasty, reason: nasty }],
      ),
    );
    expect(liveTextOf(shown)).not.toMatch(/@acme|#1|<!--|<b>|https:\/\/evil/);
  });
});

test("of very many updates is bounded", () => {
  const updates = Array.from({ length: 500 }, (_, index) => ({
    ...runtimeUpdate(),
    line: { ...runtimeUpdate().line, tag: parseTag(`t${index}`) },
  }));
  const text = renderExplanation(planOf(updates));
  expect(text).toContain("and 490 more updates");
  expect(text.length).toBeLessThan(30_001);
});

test("of hostile text does nothing", () => {
  const nasty = "@acme Fixes #1 <!-- x --> <b>|\n# h https://evil.example";
  const update = runtimeUpdate();
  const found = finding("CVE-2026-31337", ["critical"], ["expat", "1", "2"]);
  const text = renderExplanation(
    planOf([
      builderUpdate(),
      {
        ...update,
        assessment: {
          ...update.assessment,
          vulnerabilities:
            update.assessment.vulnerabilities.kind === "assessed"
              ? {
                  kind: "assessed",
                  delta: {
                    ...update.assessment.vulnerabilities.delta,
                    fixed: upgraded([
                      { ...found, packageName: nasty, recordId: nasty, installedVersion: nasty },
                    ]),
                  },
                }
              : update.assessment.vulnerabilities,
        },
      },
    ]),
  );
  expect(liveTextOf(text)).not.toMatch(/@acme|#1|<!--|<b>|evil/);
});

/** What GitHub makes something of: all that is not in a code span. */
function liveTextOf(markdown: string): string {
  return markdown.replaceAll(/(?<!`)(`+)(?!`)(?:(?!\1(?!`))[^\n])*?(?<!`)\1(?!`)/g, "");
}
