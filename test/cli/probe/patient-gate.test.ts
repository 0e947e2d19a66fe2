import { expect, test } from "vitest";
import { patientGate } from "../../../src/cli/probe/patient-gate.ts";
import type { Admission, WaitReason } from "../../../src/ports/host-gate.ts";
import { OpenGate } from "../../fakes/host-gate.ts";

const KEY = { host: "docker.io", credential: "anonymous" };
const LIMITS = { perSecond: 1, burst: 1 };
const wait = (waitMs: number, reason: WaitReason = "budget"): Admission => ({ kind: "wait", waitMs, reason });

async function admitted(
  answers: readonly Admission[],
): Promise<{ readonly admission: Admission; readonly slept: readonly number[] }> {
  const slept: number[] = [];
  const gate = patientGate(new OpenGate(answers), async (ms) => void slept.push(ms));
  return { admission: await gate.admit(KEY, LIMITS, { kind: "check", count: 1 }), slept };
}

test("waits where only our own budget is spent", async () => {
  expect(await admitted([wait(3_000), wait(2_500)])).toEqual({
    admission: { kind: "admitted", count: 1 },
    slept: [3_000, 2_500],
  });
});

test.each(["penalty", "pull-limit", "breaker", "suspended"] as const)(
  "does not wait for: %s",
  async (reason) => {
    expect(await admitted([wait(10, reason)])).toEqual({ admission: wait(10, reason), slept: [] });
  },
);

test("does not wait for more than a minute", async () => {
  const { admission, slept } = await admitted(Array.from({ length: 10 }, () => wait(25_000)));
  expect(admission).toEqual(wait(25_000));
  expect(slept).toEqual([25_000, 25_000]);
});

test("tells the gate behind it what became of a request, and shows its states", async () => {
  const open = new OpenGate();
  const gate = patientGate(open);
  gate.report(KEY, { kind: "answered" });
  expect(open.outcomes).toEqual([{ key: KEY, outcome: { kind: "answered" } }]);
  expect(await gate.states()).toEqual([]);
});
