import { describe, expect, it } from "vitest";
import { GATES_MAX } from "../../../../src/adapters/redis/gate/constants.ts";
import { createMemoryGate, GateTime } from "../../../fakes/host-gate.ts";
import { describeHostGate } from "../../../fakes/host-gate-contract.ts";

describeHostGate("in memory", async (time) => createMemoryGate(time));

describe("the memory of a gate", () => {
  it("is bounded: the hosts that were used least lately are forgotten", async () => {
    const gate = createMemoryGate(new GateTime());
    for (let host = 0; host < GATES_MAX + 50; host++) {
      const key = { host: `host-${host}.example`, credential: "anonymous" };
      await gate.admit(key, { perSecond: 1, burst: 1 }, { kind: "check", count: 1 });
    }
    const names = (await gate.states()).map(({ host }) => host);
    expect(names).toHaveLength(GATES_MAX);
    expect(names).not.toContain("host-0.example");
    expect(names).toContain(`host-${GATES_MAX + 49}.example`);
  });
});
