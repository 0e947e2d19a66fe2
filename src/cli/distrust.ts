import { loadConfig } from "../../config/load.ts";
import type { Store } from "../ports/store.ts";
import { affectedImages } from "../steps/affected.ts";
import { distrust, liftDistrust } from "../steps/decisions.ts";
import { configuredDistrust, storedDistrust } from "../steps/distrust.ts";
import type { Instant } from "../time.ts";
import { distrustOf, joinedDistrust } from "../trust/distrust.ts";
import type { Profile } from "../vendor/profile.ts";
import type { Command } from "./arguments.ts";
import type { DistrustAction } from "./decision-arguments.ts";
import {
  renderAffected,
  renderDistrusted,
  renderForConfiguration,
  renderSubject,
} from "./decision-report.ts";
import { decisionOf, withStore } from "./with-store.ts";

/** Takes trust away, gives it back, or lists what is distrusted; with whom that affects. */
export async function distrustSubjects(
  { config: path, action }: Extract<Command, { kind: "distrust" }>,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  const answer = await withStore(config, environment, (store, now) =>
    answerTo(action, { store, now, profiles: config.profiles }),
  );
  process.stdout.write(answer);
  return 0;
}

interface Asked {
  readonly store: Store;
  readonly now: Instant;
  readonly profiles: readonly Profile[];
}

async function answerTo(action: DistrustAction, { store, now, profiles }: Asked): Promise<string> {
  switch (action.kind) {
    case "list": {
      const configured = configuredDistrust(profiles);
      const all = joinedDistrust(configured, await storedDistrust(store));
      const records = await store.distrusted();
      const affected = await affectedImages(all, store);
      return `${renderDistrusted(records, configured)}\n${renderAffected(affected)}${renderForConfiguration(records)}`;
    }
    case "distrust": {
      const record = { subject: action.subject, ...decisionOf(action, now) };
      // Read before anybody takes it back: then it says what rests on it.
      const affected = await affectedImages(distrustOf([action.subject]), store);
      const outcome = await distrust(record, store);
      const head = `${renderSubject(action.subject)} is distrusted ${outcome === "done" ? "now" : "already"}.`;
      return `${head}\n\n${renderAffected(affected)}${renderForConfiguration(await store.distrusted())}`;
    }
    case "lift": {
      const outcome = await liftDistrust(action.subject, decisionOf(action, now), store);
      const name = renderSubject(action.subject);
      return outcome === "done"
        ? `${name} is no longer distrusted here: what had lost its proof is judged anew.\nWhere the configuration names it too, it stays distrusted until that entry is gone.\n`
        : `${name} was not distrusted here. Where the configuration names it, take that entry out.\n`;
    }
    default:
      return action satisfies never;
  }
}
