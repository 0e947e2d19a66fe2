import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  createTrustRoots,
  type RunningTrustRoots,
  type TrustRootsOptions,
} from "../../../src/adapters/trust-roots/keeper.ts";
import type { LogFields } from "../../../src/ports/log.ts";
import type { TrustRootState } from "../../../src/ports/trust-roots.ts";
import { DAY_MS, instantOf } from "../../../src/time.ts";
import type { TrustRootPlace } from "../../../src/trust/root-place.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { type FakeTufRepository, startTufRepository } from "../../fakes/tuf-repository.ts";

export const NOW = instantOf(Date.UTC(2026, 10, 24, 12));

/** A line of the log. */
export interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

/** A keeper with a clock that stands, and what it said. */
export interface KeeperUnderTest extends RunningTrustRoots {
  readonly lines: readonly Line[];
  advance(byMs: number): void;
  /** The state of the root `acme`. */
  state(): TrustRootState;
  /** The document that is held for `acme`. */
  document(): string;
}

/** What differs from a keeper that updates once a day. */
export interface KeeperOptions extends Partial<Omit<TrustRootsOptions, "updateEveryMs">> {
  readonly updates?: "off";
}

/** A keeper of the root `acme`, ended when the test is. */
export async function keeperOf(place: TrustRootPlace, change: KeeperOptions = {}): Promise<KeeperUnderTest> {
  return keeperOfAll({ acme: place }, change);
}

/** A keeper of these roots, ended when the test is. All are used, and updated once a day, on the minute. */
export async function keeperOfAll(
  places: Readonly<Record<string, TrustRootPlace>>,
  { updates, ...change }: KeeperOptions = {},
): Promise<KeeperUnderTest> {
  const lines: Line[] = [];
  const say =
    (level: Line["level"]) =>
    (fields: LogFields, message: string): void =>
      void lines.push({ level, message, fields });
  let now: number = NOW;
  const keeper = await createTrustRoots({
    places: new Map(Object.entries(places)),
    used: new Set(Object.keys(places)),
    ...(updates === "off" ? {} : { updateEveryMs: DAY_MS }),
    userAgent: "hullkeeper/test",
    metrics: UNCOUNTED,
    log: { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") },
    nowMs: () => now,
    random: () => 0.5,
    sleep: async () => {
      throw new Error("nothing here runs by itself");
    },
    ...change,
  });
  onTestFinished(() => keeper.close());
  return {
    start: () => keeper.start(),
    look: () => keeper.look(),
    tryUpdate: (...given) => keeper.tryUpdate(...given),
    close: () => keeper.close(),
    held: (names) => keeper.held(names),
    states: () => keeper.states(),
    lines,
    advance(byMs) {
      now += byMs;
    },
    state() {
      const state = keeper.states().find(({ name }) => name === "acme");
      if (state === undefined) throw new Error("there is no such root");
      return state;
    },
    document() {
      const [held] = keeper.held(["acme"]);
      return held?.source.kind === "sigstore" ? held.source.json : "";
    },
  };
}

/** A repository, closed when the test is finished. */
export async function repositoryOf(
  ...given: Parameters<typeof startTufRepository>
): Promise<FakeTufRepository> {
  const repository = await startTufRepository(...given);
  onTestFinished(() => repository.close());
  return repository;
}

/** The place that leads to a repository. */
export function placeOf({ url, firstRoot }: FakeTufRepository): Extract<TrustRootPlace, { kind: "tuf" }> {
  return { kind: "tuf", url, root: firstRoot };
}

/** An empty folder, gone when the test is finished. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hullkeeper-roots-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
