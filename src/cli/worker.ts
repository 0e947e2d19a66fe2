import { loadConfig } from "../../config/load.ts";
import { CodedError } from "../errors.ts";
import { compose } from "../main.ts";
import type { Command } from "./arguments.ts";
import { configuredRedis } from "./redis.ts";
import { untilAskedToEnd } from "./signals.ts";

/** Works on some queues until asked to end. */
export async function work(
  { config: path, queues }: Extract<Command, { kind: "worker" }>,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  const address = configuredRedis(config);
  if (address === undefined) {
    throw new CodedError(
      "redis-unusable",
      "a worker shares its Redis with other processes: name it by REDIS_URL or redis.url",
    );
  }
  const ending = untilAskedToEnd();
  const processOfOurs = await compose(config, address);
  await processOfOurs.startSchedule();
  if (queues.includes("repositories")) await processOfOurs.refreshSubscriptions();
  processOfOurs.work(queues);
  processOfOurs.log.info({ queues }, "working");

  await ending;
  await processOfOurs.close();
  return 0;
}
