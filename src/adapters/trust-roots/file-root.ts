import type { Instant } from "../../time.ts";
import { type FilePlace, readSource, stampOf } from "./files.ts";
import type { Holding } from "./holding.ts";

/** A root that lies in files: read again as soon as one of them changes. */
export class FileRoot {
  readonly holding: Holding;
  readonly #place: FilePlace;
  #stamp: string | undefined;

  constructor(holding: Holding, place: FilePlace) {
    this.holding = holding;
    this.#place = place;
  }

  /** Looks at the files; a root that cannot be read changes nothing but the fault that is told. */
  async look(at: Instant): Promise<void> {
    try {
      // Before the files are read: what changes meanwhile is seen next time.
      const stamp = await stampOf(this.#place);
      if (stamp === this.#stamp) return this.holding.confirm(at);
      this.holding.take(await readSource(this.holding.name, this.#place), { origin: "file", at });
      this.#stamp = stamp;
    } catch (thrown) {
      this.#stamp = undefined;
      this.holding.fail(thrown);
    }
  }
}
