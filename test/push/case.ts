import type { Provider } from "../../src/push/provider.ts";
import { bodyOf, changed, linesRead, reading } from "./fixture.ts";

/** A call, and what is to be read in it. */
export interface Case {
  readonly title: string;
  readonly provider: Provider;
  readonly name?: string;
  /** Texts that stand in the fixture, and what stands there instead. */
  readonly change?: readonly (readonly [from: string, to: string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly registry?: string | undefined;
  readonly read: readonly string[] | string;
}

/** What is read in a call. */
export function readCase({ provider, name, change = [], ...scope }: Case): readonly string[] | string {
  const body = change.reduce((text, [from, to]) => changed(text, from, to), bodyOf(provider, name));
  return linesRead(reading(provider, body, scope));
}
