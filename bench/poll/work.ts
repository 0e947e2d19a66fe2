import { z } from "zod";
import { populationSchema } from "./population.ts";

/** What a client process is to do, round after round. */
export const assignmentSchema = z.object({
  /** `heads`: undici alone. `survey`: the registry client alone. `cycle`: jobs, worker, client and store. */
  level: z.enum(["heads", "survey", "cycle"]),
  scheme: z.enum(["http", "https"]),
  /** `127.0.0.1:20123`, as it stands in references. */
  host: z.string(),
  population: populationSchema,
  /** What kind of registry it is: Google's has a list that tells of all tags at once, and the raw registry answers like it. */
  lists: z.enum(["generic", "google"]),
  /** Unix socket of the Redis that the cycle's facts are in. */
  redisPath: z.string().optional(),
});
export type Assignment = z.infer<typeof assignmentSchema>;
export type Level = Assignment["level"];

/** Work that was prepared: what it costs to prepare is not measured. */
export interface Work {
  /** Does all of it once, and answers with the requests that were sent. @throws {Error} when something was not done */
  readonly run: () => Promise<number>;
  /** What Redis holds and has spent so far; absent without Redis. */
  readonly redis?: () => Promise<{ readonly bytes: number; readonly cpuMs: number }>;
  readonly close: () => Promise<void>;
}

/** Repositories that are asked about at the same time: as many as one process runs poll jobs. */
export const REPOSITORIES_AT_A_TIME = 8;
