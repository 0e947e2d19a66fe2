import { subscribe } from "node:diagnostics_channel";
import { z } from "zod";

/** What one round cost the process that ran it. */
export const measurementSchema = z.object({
  requests: z.int(),
  /** TCP connections that undici opened. */
  connections: z.int(),
  /** User and system time of all threads. */
  cpuMs: z.number(),
  wallMs: z.number(),
  /** The most memory the process ever held so far, its start included. */
  peakRssMb: z.number(),
  /** Bytes that Redis holds more than before; 0 without Redis. */
  redisBytes: z.number(),
  /** CPU time of the Redis server; 0 without Redis. */
  redisCpuMs: z.number(),
});
export type Measurement = z.infer<typeof measurementSchema>;

let connections = 0;
subscribe("undici:client:connected", () => (connections += 1));

/** What running this costs. `run` answers with the requests it sent. */
export async function measured(
  run: () => Promise<number>,
): Promise<Omit<Measurement, "redisBytes" | "redisCpuMs">> {
  const connectedBefore = connections;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const requests = await run();
  const wallMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    requests,
    connections: connections - connectedBefore,
    cpuMs: (cpu.user + cpu.system) / 1_000,
    wallMs,
    peakRssMb: process.resourceUsage().maxRSS / 1_024,
  };
}
