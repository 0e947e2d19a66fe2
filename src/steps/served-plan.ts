import type { Context } from "../context.ts";
import { CodedError } from "../errors.ts";
import { type ImageId, type ImageLine, renderImage, renderLine } from "../image/reference.ts";
import type { ProposalRecord, StoreEvent } from "../ports/store.ts";
import { type Plan, type ProvenImage, targetLineOf, type Update } from "../proposal/plan.ts";
import { later } from "../time.ts";
import { proposalKeyOf } from "./current-proposal.ts";
import { rulesNow } from "./held.ts";
import { planWithout } from "./plan.ts";

/**
 * A plan without what mirrors that code names do not serve: nobody could build with that. Where a mirror is behind, its origin is
 * looked at again soon, and everything that follows from that look. Undefined when nothing is left to propose.
 *
 * @throws {CodedError} `registry-*` when a mirror could not be asked: that is no answer
 */
export async function servedPlan(
  plan: Plan,
  current: ProposalRecord | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<Plan | undefined> {
  const { store, settings } = context;
  const unserved = await unservedOf(plan, context, signal);
  if (unserved.size === 0) return plan;
  const rules = await rulesNow(plan, context);
  const facts = { key: proposalKeyOf(plan), profiles: settings.profiles, current, store, rules };
  return (await planWithout(unserved, facts)).plan;
}

/**
 * What mirrors do not serve of the digests that are to be written under their names, as {@link renderImage} writes it. Their origins are
 * looked at again soon.
 *
 * @throws {CodedError} `registry-*` when a mirror could not be asked: that is no answer
 */
export async function unservedOf(
  plan: MirroredPlan,
  context: Context,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const behind = await mirrorsBehind(plan, context, signal);
  if (behind.length === 0) return new Set();
  const { store, clock, settings } = context;
  const at = later(await clock.now(), settings.proposalsMs);
  for (const mirror of behind) {
    await context.record(await behindEvent(mirror, context));
    await store.schedule({ kind: "poll", repository: mirror.line.repository }, at, "sooner");
  }
  return new Set(behind.map(({ image }) => renderImage(image)));
}

interface MirroredPlan {
  readonly updates: readonly (Pick<ProvenImage, "line" | "to" | "places"> & Pick<Update, "toTag">)[];
}

/** A mirror that does not have what its origin's tag points at. */
interface BehindMirror {
  readonly image: ImageId;
  /** Where it should have it from. */
  readonly line: ImageLine;
}

/** Mirrors without a digest that is planned under their name. Each is asked for the manifest by digest; its bytes are hashed. */
async function mirrorsBehind(
  { updates }: MirroredPlan,
  { registry }: Context,
  signal: AbortSignal,
): Promise<readonly BehindMirror[]> {
  const asked = new Map<string, BehindMirror>();
  for (const update of updates) {
    for (const { mirror } of update.places) {
      if (mirror === undefined) continue;
      const image = { repository: mirror, digest: update.to };
      asked.set(renderImage(image), { image, line: targetLineOf(update) });
    }
  }
  const behind: BehindMirror[] = [];
  for (const candidate of asked.values()) {
    if (!(await isServed(candidate.image, registry, signal))) behind.push(candidate);
  }
  return behind;
}

async function isServed(
  image: ImageId,
  registry: Context["registry"],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await registry.manifest(image, signal);
    return true;
  } catch (error) {
    if (error instanceof CodedError && error.code === "registry-not-found") return false;
    throw error;
  }
}

/** Told once for each mirror and digest, however often it is asked again. */
async function behindEvent({ image, line }: BehindMirror, { clock }: Context): Promise<StoreEvent> {
  const subject = renderImage(image);
  return {
    kind: "mirror-behind",
    at: await clock.now(),
    subject,
    message: `the mirror does not have the digest of ${renderLine(line)}: places that name it wait`,
    key: `mirror-behind ${subject}`,
  };
}
