import { loadConfig } from "../../config/load.ts";
import { CodedError, messageOf } from "../errors.ts";
import { compose, composeCodeHooks, composePush } from "../main.ts";
import type { Process } from "../process.ts";
import { QUEUE_NAMES } from "../queues.ts";
import { VERSION } from "../version.ts";
import { createWeb } from "../web/app.ts";
import { serveWeb } from "../web/server.ts";
import type { Command } from "./arguments.ts";
import { openRedis } from "./redis.ts";
import { untilAskedToEnd } from "./signals.ts";

/** Works on all queues and shows the web pages, until asked to end. */
export async function serve(
  { config: path }: Extract<Command, { kind: "serve" }>,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  const ending = untilAskedToEnd();
  const redis = await openRedis(config, environment);
  try {
    const ours = await compose(config, redis.address);
    const push = composePush(config, ours);
    const codeHooks = composeCodeHooks(config, ours);
    const web = await serveWeb(
      createWeb({
        store: ours.store,
        gate: ours.gate,
        profiles: config.profiles,
        policies: config.policies,
        trustRoots: ours.trustRoots,
        clock: ours.context.clock,
        metrics: ours.metrics,
        ready: () => readiness(ours),
        version: VERSION,
        dueSoonMs: config.dueSoonMs,
        push,
        ...(codeHooks === undefined ? {} : { codeHooks }),
        onFault: (thrown, page) => ours.log.error({ error: messageOf(thrown), page }, "page failed"),
      }),
      config.web,
    );
    await ours.startSchedule();
    await ours.refreshSubscriptions();
    ours.work(QUEUE_NAMES);
    ours.log.info({ url: web.url, queues: QUEUE_NAMES }, "serving");
    process.stdout.write(`Hullkeeper ${VERSION} serves ${web.url}\n`);

    const reason = await Promise.race([ending, redis.ended.then(() => "its private Redis ended" as const)]);
    await web.close();
    await push.close();
    if (reason === "its private Redis ended") throw new CodedError("redis-unavailable", reason);
    await ours.close();
  } finally {
    await redis.close();
  }
  return 0;
}

/** What keeps this process from doing its work; empty when nothing does. */
async function readiness(ours: Process): Promise<readonly { name: string; fault?: string }[]> {
  try {
    await ours.ping();
    return [{ name: "redis" }];
  } catch (error) {
    return [{ name: "redis", fault: messageOf(error) }];
  }
}
