import type { Digest } from "../../src/image/digest.ts";
import type { ProposalKey } from "../../src/ports/store.ts";
import { PINS_GROUP } from "../../src/proposal/group.ts";
import { DISCOVER, POLL, PROPOSE, SCHEDULE } from "../../src/queues.ts";
import { DEFAULT_POLICIES, type Policies } from "../../src/vendor/policies.ts";
import type { Pinning } from "../../src/vendor/pull-rules.ts";
import type { FakePull } from "../fakes/code-host-world.ts";
import { BASE, type Bench, createBench, KEY, MUSL, purl, release, SHOP } from "./bench.ts";
import { createWrittenStore } from "./stored.ts";

/** Code whose tags have no digest, through all workers. */

export const PINS: ProposalKey = { ...KEY, group: PINS_GROUP };
export const PINS_BRANCH = "hullkeeper/_pins";
export const TAGGED = "bellsoft/hardened-base:musl";

/** Policies that want this of tags without a digest, and propose everything else at once. */
export function pinning(pin: Pinning): Policies {
  const { otherwise } = DEFAULT_POLICIES;
  const propose = { ...otherwise.propose, content: "now", rebuild: "now" } as const;
  return { ...DEFAULT_POLICIES, otherwise: { ...otherwise, propose, pulls: { ...otherwise.pulls, pin } } };
}

export type Files = Readonly<Record<string, string>>;

/** A code repository with these files, read; the tag has a first release, which is the answer's second part. */
export async function unpinned(
  files: Files = { Dockerfile: `FROM ${TAGGED}\n` },
  change: Parameters<typeof createBench>[0] = {},
): Promise<{ readonly bench: Bench; readonly first: Digest }> {
  const bench = createBench({ store: createWrittenStore(), policies: pinning("propose"), ...change });
  const first = release(bench, { name: "1", purls: [purl("expat", "2.7.1-r0")] });
  bench.registry.point(MUSL, first);
  bench.codeHost.create(SHOP, files);
  await read(bench);
  return { bench, first };
}

/** The code repository is read, and what follows from that done. */
export async function read(bench: Bench): Promise<void> {
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await tick(bench);
}

/** Everything that is due now, and all that follows from it. */
export async function tick(bench: Bench): Promise<void> {
  await bench.drain();
  await bench.context.enqueue(SCHEDULE, {});
  await bench.drain();
}

/** A vendor pushes behind the tag, and the registry is asked. */
export async function published(
  bench: Bench,
  name: string,
  rest: Partial<Parameters<typeof release>[1]> = {},
): Promise<Digest> {
  const pushed = release(bench, { name, purls: [purl("expat", "2.7.3-r0")], ...rest });
  bench.registry.point(MUSL, pushed);
  await bench.context.enqueue(POLL, { repository: BASE });
  await tick(bench);
  return pushed;
}

/** The open look at pull requests grows old, and everything due is done. */
export async function later(bench: Bench): Promise<void> {
  bench.clock.advance(bench.context.settings.proposalsMs);
  await bench.context.enqueue(PROPOSE, PINS);
  await tick(bench);
}

/** Pull requests of first pins, oldest first. */
export function pinPulls({ codeHost }: Bench): readonly FakePull[] {
  return codeHost.pulls(SHOP).filter(({ head }) => head === PINS_BRANCH);
}

/** The newest pull request of first pins. */
export function pinPull(bench: Bench): FakePull {
  const pull = pinPulls(bench).at(-1);
  if (pull === undefined) throw new Error("no pull request of first pins");
  return pull;
}

/** What is written on its branch. */
export function pinnedText({ codeHost }: Bench, path = "Dockerfile"): string | undefined {
  return codeHost.read(SHOP, PINS_BRANCH)[path];
}
