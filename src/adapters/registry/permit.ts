import type { Admission } from "../../ports/host-gate.ts";

/** Requests that are paid for by one question to the gate, at most. */
const BATCH_MAX = 8;

/**
 * Checks that belong together, paid for several at a time: a question to the gate for each costs as much as the request itself. What is paid
 * for and not used is lost.
 */
export class Permit {
  #expected: number;
  #paid = 0;
  #flight: Promise<Admission> | undefined;

  /** @param expected how many requests will be made with it, about */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** Uses one that is paid for, if there is one. */
  take(): boolean {
    if (this.#paid === 0) return false;
    this.#paid -= 1;
    this.#expected -= 1;
    return true;
  }

  /** Asks for more, once for all who wait for it. A wait is the same for all of them: they are one caller to the gate. */
  pay(admit: (count: number) => Promise<Admission>): Promise<Admission> {
    this.#flight ??= this.#pay(admit).finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /** Gives up what is paid for: the gate is to be asked again, because the host is not well. */
  forfeit(): void {
    this.#paid = 0;
  }

  async #pay(admit: (count: number) => Promise<Admission>): Promise<Admission> {
    const admission = await admit(Math.min(BATCH_MAX, Math.max(1, this.#expected)));
    if (admission.kind === "admitted") this.#paid += admission.count;
    return admission;
  }
}
