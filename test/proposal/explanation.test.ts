import { describe, expect, test } from "vitest";
import { parseCommands } from "../../src/proposal/commands.ts";
import { NOTHING_TO_EXPLAIN, renderExplanation } from "../../src/proposal/explanation.ts";
import { parseTag } from "../../src/image/reference.ts";
import { builderUpdate, examplePlan, finding, planOf, runtimeUpdate } from "./example.ts";
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
  const live = text.replaceAll(/(?<!`)(`+)(?!`)(?:(?!\1(?!`))[^\n])*?(?<!`)\1(?!`)/g, "");
  expect(live).not.toMatch(/@acme|#1|<!--|<b>|evil/);
});
