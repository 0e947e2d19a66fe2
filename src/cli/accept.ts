import { loadConfig } from "../../config/load.ts";
import { InvalidInputError } from "../errors.ts";
import { originOf } from "../image/mirror.ts";
import { renderLine } from "../image/reference.ts";
import type { TargetKey } from "../ports/clock-facts.ts";
import type { Store } from "../ports/store.ts";
import { acceptanceFaults } from "../sla/acceptance.ts";
import { type AcceptedTarget, acceptedRisks, acceptRisk, liftAcceptance } from "../steps/acceptances.ts";
import { type Instant, renderMoment } from "../time.ts";
import type { AcceptAction } from "./accept-arguments.ts";
import type { Command } from "./arguments.ts";
import { printable } from "./printable.ts";
import { decisionOf, withStore } from "./with-store.ts";

/** Lets somebody bear the risk of a vulnerability for a time, takes that back, or lists who does. */
export async function acceptRisks(
  { config: path, action }: Extract<Command, { kind: "accept" }>,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  // A mirror's name means what it mirrors: that is what is watched.
  const meant =
    action.kind === "list" || action.line === undefined
      ? action
      : {
          ...action,
          line: { ...action.line, repository: originOf(config.mirrors, action.line.repository).repository },
        };
  process.stdout.write(await withStore(config, environment, (store, now) => answerTo(meant, store, now)));
  return 0;
}

async function answerTo(action: AcceptAction, store: Store, now: Instant): Promise<string> {
  switch (action.kind) {
    case "list":
      return renderAccepted(await acceptedRisks(store, now));
    case "accept": {
      const decision = decisionOf(action, now);
      const faults = acceptanceFaults({ ...action, by: decision.by }, now);
      if (faults.length > 0)
        throw new InvalidInputError("usage-invalid", `not accepted: ${faults.join("; ")}`);
      const keys = await acceptRisk(action, action.until, decision, store);
      return renderOutcome(keys, `${action.id} is accepted until ${renderMoment(action.until)}`);
    }
    case "lift":
      return renderOutcome(
        await liftAcceptance(action, decisionOf(action, now), store),
        `${action.id} is no longer accepted`,
      );
    default:
      return action satisfies never;
  }
}

function renderOutcome(keys: readonly TargetKey[], what: string): string {
  if (keys.length === 0) return "Nothing changed: no such line is known there, or nothing was accepted.\n";
  return `${printable(what)}:\n${keys.map((key) => `  ${nameOf(key)}\n`).join("")}`;
}

function renderAccepted(accepted: readonly AcceptedTarget[]): string {
  if (accepted.length === 0) return "No risk is accepted.\n";
  return accepted
    .map(({ key, acceptance: { id, until, by, reason } }) => {
      return `${printable(id)} until ${renderMoment(until)}, ${nameOf(key)}\n  ${printable(reason)} (${printable(by)})\n`;
    })
    .join("");
}

function nameOf({ codeRepository: { owner, name }, baseBranch, line }: TargetKey): string {
  return printable(`${owner}/${name} ${baseBranch} ${renderLine(line)}`);
}
