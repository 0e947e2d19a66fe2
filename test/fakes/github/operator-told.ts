import type { HookWatch } from "./hook-watch.ts";
import type { Operator } from "./operator.ts";
import type { TalkOperator } from "./operator-talk.ts";
import type { DeliveryState, WebhookTarget } from "./webhooks.ts";
import type { World } from "./world.ts";

/** Webhooks of a double, and what became of them. */
export interface HookOperator {
  /** From now on what happens is told there, signed; undefined: nowhere. An App, an organisation or a repository tells it the same way. */
  sendWebhooks(target: WebhookTarget | undefined): Promise<void>;
  /** Attempts to send a webhook, oldest first. */
  readonly deliveries: readonly DeliveryState[];
  /** Ends when everything that happened so far was told, or could not be. */
  told(): Promise<void>;
}

/** Login of whoever does what people do. */
export const PERSON = "a-person";

/** The webhooks of a world. */
export function createHookOperator(world: World, watch: HookWatch): HookOperator {
  return {
    sendWebhooks: async (target) => watch.point(target),
    deliveries: world.webhooks.deliveries,
    async told() {
      await watch.look(PERSON);
      await world.webhooks.settled();
    },
  };
}

/** The same deeds, told by webhooks. */
export function toldBy<Both extends Operator & TalkOperator>(operator: Both, watch: HookWatch): Both {
  const after =
    <Args extends readonly unknown[], Result>(deed: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const result = await deed(...args);
      await watch.look(PERSON);
      return result;
    };
  return {
    ...operator,
    createRepository: after(async (...args: Parameters<Operator["createRepository"]>) =>
      operator.createRepository(...args),
    ),
    commitFile: after(async (...args: Parameters<Operator["commitFile"]>) => operator.commitFile(...args)),
    deleteBranch: after(async (...args: Parameters<Operator["deleteBranch"]>) =>
      operator.deleteBranch(...args),
    ),
    closePullRequest: after(async (...args: Parameters<Operator["closePullRequest"]>) =>
      operator.closePullRequest(...args),
    ),
    reopenPullRequest: after(async (...args: Parameters<Operator["reopenPullRequest"]>) =>
      operator.reopenPullRequest(...args),
    ),
    mergePullRequest: after(async (...args: Parameters<Operator["mergePullRequest"]>) =>
      operator.mergePullRequest(...args),
    ),
    editPullRequest: after(async (...args: Parameters<Operator["editPullRequest"]>) =>
      operator.editPullRequest(...args),
    ),
    changeRepository: after(async (...args: Parameters<Operator["changeRepository"]>) =>
      operator.changeRepository(...args),
    ),
    install: after(async (...args: Parameters<Operator["install"]>) => operator.install(...args)),
    changeInstallation: after(async (...args: Parameters<Operator["changeInstallation"]>) =>
      operator.changeInstallation(...args),
    ),
    report(...args) {
      operator.report(...args);
      void watch.look(PERSON);
    },
    runCheck(...args) {
      operator.runCheck(...args);
      void watch.look(PERSON);
    },
    say(...args) {
      const id = operator.say(...args);
      void watch.look(PERSON);
      return id;
    },
  };
}
