import { describe, expect, test } from "vitest";
import type { Assessment } from "../../src/assess/assessment.ts";
import type { Severity } from "../../src/advisory/severity.ts";
import { CodedError } from "../../src/errors.ts";
import { type ImageLine, renderLine } from "../../src/image/reference.ts";
import type { ProposalKey } from "../../src/ports/store.ts";
import { HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { emptyDelta } from "../fixtures/deltas.ts";
import { type Bench, createBench, digest, dockerfile, GLIBC, KEY, lineOf, MUSL, SHOP } from "./bench.ts";
import { FIXES, NEXT, OLD, PATH, ready, THIRD } from "./propose-bench.ts";
import { tick } from "./first-pins-bench.ts";
import { pullRules } from "./pull-rules.ts";

/** So many writes in an hour and no more, the most urgent first. */

const JRE = lineOf("jre");
/** An assessment is of two digests, whatever the line: each has its own here. */
const FROM = new Map([MUSL, GLIBC, JRE].map((line, n) => [line, digest(`01d${n}`)]));
const TO = new Map([MUSL, GLIBC, JRE].map((line, n) => [line, digest(`4e3${n}`)]));
const from = (line: ImageLine) => FROM.get(line) ?? OLD;
const to = (line: ImageLine) => TO.get(line) ?? NEXT;
const keyOf = (line: ImageLine): ProposalKey => ({ ...KEY, group: `line:${renderLine(line)}` });
const due = ({ store }: Bench, line: ImageLine) => store.dueAt({ kind: "propose", proposal: keyOf(line) });
const titles = ({ codeHost }: Bench) => codeHost.pulls(SHOP).map(({ title }) => title);

/** An update that fixes one vulnerability of that severity, and leaves one where it says so. */
function fixing(severity: Severity, what: "all" | "half" = "all"): Assessment {
  const { vulnerabilities } = FIXES;
  const known = vulnerabilities.kind === "assessed" ? vulnerabilities.delta.fixed : [];
  const fixed = known.map((finding) => ({ ...finding, severity }));
  const remaining = what === "all" ? [] : known.map((finding) => ({ ...finding, id: "CVE-2026-40000" }));
  const delta = emptyDelta({ fixed, remaining });
  return { ...FIXES, vulnerabilities: { kind: "assessed", delta } };
}

/** One pull request for each line, and so many writes in an hour. */
async function lined(
  lines: readonly (readonly [line: ImageLine, severity: Severity])[],
  perHour = 1,
): Promise<Bench> {
  const bench = createBench({ policies: pullRules({ group: "line", perHour }, { content: "now" }) });
  bench.codeHost.create(SHOP, { [PATH]: dockerfile(...lines.map(([line]) => [line, from(line)] as const)) });
  await bench.run(discover, { codeRepository: SHOP });
  for (const [line, severity] of lines) await ready(bench, line, from(line), to(line), fixing(severity));
  bench.take();
  return bench;
}

describe("so many are written in an hour", () => {
  test("the next waits, as due work, and is told once", async () => {
    const bench = await lined([
      [MUSL, "high"],
      [GLIBC, "high"],
    ]);
    await bench.run(propose, keyOf(MUSL));
    bench.clock.advance(10 * MINUTE_MS);
    await bench.run(propose, keyOf(GLIBC));
    await bench.run(propose, keyOf(GLIBC));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
    expect(due(bench, GLIBC)).toBe(later(bench.clock.at, 50 * MINUTE_MS));
    expect(await bench.messages("proposal-waiting")).toEqual([
      expect.stringMatching(
        /^waits until 24 Nov 2026, 13:00 UTC at least: 1 of 1 this hour are written: .*glibc/,
      ),
    ]);
    bench.clock.advance(50 * MINUTE_MS);
    await tick(bench);
    expect(titles(bench)).toEqual([expect.stringContaining("musl"), expect.stringContaining("glibc")]);
  });

  test("the earliest deadline is written first, whoever came first", async () => {
    const bench = await lined([
      [JRE, "high"],
      [MUSL, "low"],
      [GLIBC, "high"],
    ]);
    for (const line of [JRE, MUSL, GLIBC]) await bench.run(propose, keyOf(line));
    bench.clock.advance(HOUR_MS);
    await bench.run(propose, keyOf(MUSL));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
    await bench.run(propose, keyOf(GLIBC));
    expect(titles(bench).at(-1)).toContain("glibc");
    bench.clock.advance(HOUR_MS);
    await tick(bench);
    expect(titles(bench).at(-1)).toContain("musl");
  });

  test("what fixes something grave does not wait, and counts", async () => {
    const bench = await lined([
      [MUSL, "high"],
      [GLIBC, "critical"],
      [JRE, "high"],
    ]);
    await bench.run(propose, keyOf(MUSL));
    bench.clock.advance(MINUTE_MS);
    await bench.run(propose, keyOf(GLIBC));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(2);
    await bench.run(propose, keyOf(JRE));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(2);
    expect(due(bench, JRE)).toBe(later(bench.clock.at, HOUR_MS));
  });

  test("a write that failed is tried again, and is one", async () => {
    const bench = await lined(
      [
        [MUSL, "high"],
        [GLIBC, "high"],
      ],
      2,
    );
    bench.codeHost.fail("propose", new CodedError("code-host-unavailable", "proposing answered 502"));
    for (const _ of ["once", "twice"]) {
      await expect(bench.run(propose, keyOf(MUSL))).rejects.toMatchObject({ code: "code-host-unavailable" });
    }
    bench.codeHost.heal("propose");
    await bench.run(propose, keyOf(MUSL));
    await bench.run(propose, keyOf(GLIBC));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(2);
  });

  test("two that come in the same moment are not both written", async () => {
    const bench = await lined([
      [MUSL, "high"],
      [GLIBC, "high"],
    ]);
    await Promise.all([MUSL, GLIBC].map((line) => bench.run(propose, keyOf(line))));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
  });
});

/** An open pull request, and something newer ten minutes later. */
const moved = async (): Promise<Bench> => {
  const bench = await lined([[MUSL, "high"]]);
  await bench.run(propose, keyOf(MUSL));
  bench.clock.advance(10 * MINUTE_MS);
  await ready(bench, MUSL, from(MUSL), THIRD, fixing("high"));
  return bench;
};
const text = ({ codeHost }: Bench) => {
  const [pull] = codeHost.pulls(SHOP);
  return codeHost.read(SHOP, pull?.head ?? "")[PATH];
};

describe("an open pull request, where no more may be written in this hour,", () => {
  test("waits with what is newer, is looked at meanwhile, and gets it", async () => {
    const bench = await moved();
    await bench.run(propose, keyOf(MUSL));
    expect(text(bench)).toContain(to(MUSL));
    expect(due(bench, MUSL)).toBe(later(bench.clock.at, bench.context.settings.proposalsMs));
    bench.clock.advance(50 * MINUTE_MS);
    await tick(bench);
    expect(text(bench)).toContain(THIRD);
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
  });

  test("says what is new about it all the same", async () => {
    const bench = await lined([[MUSL, "high"]]);
    await bench.run(propose, keyOf(MUSL));
    const known = { ...fixing("high", "half"), assessedAt: bench.clock.at };
    await bench.store.saveAssessment(MUSL.repository, from(MUSL), to(MUSL), known);
    expect(bench.codeHost.pulls(SHOP)[0]?.body).not.toContain("CVE-2026-40000");
    await bench.run(propose, keyOf(MUSL));
    expect(bench.codeHost.pulls(SHOP)[0]?.body).toContain("CVE-2026-40000");
    expect(await bench.messages("proposal-waiting")).toEqual([]);
  });

  test("is made anew when a person asks for it", async () => {
    const bench = await moved();
    bench.codeHost.roles.set("alex", "write");
    bench.codeHost.answers.writtenAt = bench.clock.at;
    bench.codeHost.say(SHOP, 1, { author: "alex", body: "/hullkeeper rebase", createdAt: bench.clock.at });
    await bench.store.noteDelivery({ id: "a", at: bench.clock.at, looks: [], wishes: [keyOf(MUSL)] });
    await bench.run(propose, keyOf(MUSL));
    expect(text(bench)).toContain(THIRD);
  });
});

test("without a limit nothing is counted", async () => {
  const bench = createBench({ policies: pullRules({ group: "line" }) });
  const lines = [MUSL, GLIBC, JRE];
  bench.codeHost.create(SHOP, { [PATH]: dockerfile(...lines.map((line) => [line, from(line)] as const)) });
  await bench.run(discover, { codeRepository: SHOP });
  for (const line of lines) await ready(bench, line, from(line), to(line), fixing("high"));
  for (const line of lines) await bench.run(propose, keyOf(line));
  expect(bench.codeHost.pulls(SHOP)).toHaveLength(3);
});
