import { z } from "zod";
import type { HostLimits } from "../../src/ports/host-gate.ts";
import { startRedis } from "../../test/tools/redis.ts";
import type { Aim } from "../table.ts";
import { startChild } from "./child.ts";

const PROCESSES = 4;
const LIMITS: HostLimits = { perSecond: 50, burst: 10 };
const LASTS_MS = 20_000;
/** Until all processes are there. */
const AHEAD_MS = 3_000;

/** What several processes were granted of one budget, against what it allows. */
export interface SharedBudget {
  readonly granted: number;
  readonly allowed: number;
}

/** Lets processes spend one budget as fast as they may, all at once. */
export async function measureSharedBudget(): Promise<SharedBudget> {
  const redis = await startRedis();
  const program = new URL("programs/gate.ts", import.meta.url);
  const children = Array.from({ length: PROCESSES }, () => startChild(program));
  try {
    const startAt = Date.now() + AHEAD_MS;
    const question = { redisPath: redis.url, limits: LIMITS, startAt, endAt: startAt + LASTS_MS };
    const grants = await Promise.all(
      children.map((child) => child.ask(question, z.object({ granted: z.int() }))),
    );
    return {
      granted: grants.reduce((sum, { granted }) => sum + granted, 0),
      allowed: LIMITS.burst + (LIMITS.perSecond * LASTS_MS) / 1_000,
    };
  } finally {
    await Promise.all(children.map((child) => child.end()));
    await redis.close();
  }
}

export function budgetAimOf({ granted, allowed }: SharedBudget): Aim {
  return {
    title: `error of a budget that ${PROCESSES} processes share: ${granted} of ${allowed} granted`,
    measured: Math.abs(granted / allowed - 1) * 100,
    most: 3,
    unit: "%",
  };
}
