import type { GateKey, GateOutcome } from "../../../ports/host-gate.ts";
import { PULLS_KEPT } from "./constants.ts";
import { nameOf } from "./local-gate.ts";
import { NOTHING_TOLD, type Told } from "./outcomes.ts";

/** Good outcomes that wait to be told with the next question: one call per request instead of two. */
export class ToldLater {
  readonly #waiting = new Map<string, { readonly key: GateKey; readonly told: Told }>();

  /** Keeps an outcome for later; false when it must be told at once. */
  keep(key: GateKey, outcome: GateOutcome): boolean {
    const name = nameOf(key);
    const told = this.#waiting.get(name)?.told ?? NOTHING_TOLD;
    switch (outcome.kind) {
      case "answered": {
        const accepted = told.accepted + (outcome.login === "accepted" ? 1 : 0);
        this.#waiting.set(name, { key, told: { ...told, answered: told.answered + 1, accepted } });
        return true;
      }
      case "pull-limit":
        this.#waiting.set(name, { key, told: { ...told, pulls: outcome } });
        return outcome.remaining >= PULLS_KEPT;
      case "rate-limited":
      case "failed":
      case "refused":
        return false;
      default:
        return outcome satisfies never;
    }
  }

  /** Hands out what waits about one host; afterwards nothing does. */
  take(key: GateKey): Told {
    const name = nameOf(key);
    const told = this.#waiting.get(name)?.told ?? NOTHING_TOLD;
    this.#waiting.delete(name);
    return told;
  }

  /** Whom anything waits to be told about. */
  keys(): readonly GateKey[] {
    return [...this.#waiting.values()].map(({ key }) => key);
  }
}
