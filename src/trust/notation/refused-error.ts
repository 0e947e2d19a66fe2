import { InvalidInputError } from "../../errors.ts";
import type { Refusal } from "../verdict.ts";

/** Why a signature proves nothing, on its way out of the rules; `notationOutcome` turns it into a value. */
export class RefusedError extends InvalidInputError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, detail: string) {
    super("statement-invalid", detail);
    this.name = "RefusedError";
    this.refusal = refusal;
  }
}

/** Ends the judgement of a signature. @throws {RefusedError} always */
export function refuse(refusal: Refusal, detail: string): never {
  throw new RefusedError(refusal, detail);
}

/** For what does not have the form it should have. @throws {RefusedError} `candidate-malformed`, always */
export function malformed(detail: string): never {
  throw new RefusedError("candidate-malformed", detail);
}
