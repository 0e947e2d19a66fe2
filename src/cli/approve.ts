import { loadConfig } from "../../config/load.ts";
import { originOf } from "../image/mirror.ts";
import type { Store } from "../ports/store.ts";
import { approve, withdrawApproval } from "../steps/decisions.ts";
import type { Instant } from "../time.ts";
import type { Command } from "./arguments.ts";
import type { ApproveAction } from "./decision-arguments.ts";
import { renderApprovals, renderApproved } from "./decision-report.ts";
import { decisionOf, withStore } from "./with-store.ts";

/** Approves of a step backwards, takes that back, or lists what was approved. */
export async function approveSteps(
  { config: path, action }: Extract<Command, { kind: "approve" }>,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  // A mirror's name means what it mirrors: that is what is watched.
  const meant =
    action.kind === "list"
      ? action
      : {
          ...action,
          line: {
            ...action.line,
            repository: originOf(config.mirrors, action.line.repository).repository,
          },
        };
  const answer = await withStore(config, environment, (store, now) => answerTo(meant, store, now));
  process.stdout.write(answer);
  return 0;
}

async function answerTo(action: ApproveAction, store: Store, now: Instant): Promise<string> {
  switch (action.kind) {
    case "list":
      return renderApprovals(await store.approvals());
    case "approve": {
      const { line, digest } = action;
      const record = { line, digest, ...decisionOf(action, now) };
      const outcome = await approve(record, store);
      const watch = await store.watch(line);
      return renderApproved({ ...action, outcome, watch });
    }
    case "withdraw": {
      const { line, digest } = action;
      const outcome = await withdrawApproval(line, digest, decisionOf(action, now), store);
      return renderApproved({ ...action, outcome, watch: await store.watch(line) });
    }
    default:
      return action satisfies never;
  }
}
