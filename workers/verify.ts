import type { Context } from "../src/context.ts";
import { CodedError, messageOf } from "../src/errors.ts";
import type { Digest } from "../src/image/digest.ts";
import { type Manifest, runnableChildrenOf } from "../src/image/manifest.ts";
import { type ImageId, renderImage, type Repository } from "../src/image/reference.ts";
import { profileNow, withoutDistrusted } from "../src/steps/distrust.ts";
import { keepVerdict } from "../src/steps/kept-verdict.ts";
import { pinsFor } from "../src/steps/pins.ts";
import type { Store, StoreEvent, VerdictRecord } from "../src/ports/store.ts";
import { ASSESS, VERIFY } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import { sbomFormatOf } from "../src/sbom/format.ts";
import { readSbom } from "../src/sbom/read.ts";
import { type Instant, later } from "../src/time.ts";
import { policyHash, signersOf } from "../src/trust/policy.ts";
import type { VerifiedStatement } from "../src/trust/verdict.ts";
import {
  type Rules,
  type SbomFindings,
  sbomOn,
  settle,
  verdictOn,
  withPlatformSbom,
} from "../src/trust/verify.ts";
import { evidencePlacesOf } from "../src/vendor/evidence-place.ts";
import { type Profile, profileOf } from "../src/vendor/profile.ts";

const NO_ROOTS: ReadonlyMap<string, string> = new Map();
/** Platform manifests whose own evidence is looked at when the index has no SBOM. */
const CHILDREN_ASKED_MAX = 4;

/** Decides who stands behind a digest, and hands on what that makes possible. */
export const verify = worker(VERIFY, async ({ image }, context, signal) => {
  const found = profileOf(context.settings.profiles, image.repository);
  if (found === undefined) return context.store.unschedule({ kind: "verify", image });
  const profile = await profileNow(found, image, context.store);

  const known = await context.store.verdict(image);
  const judged = isFinal(known, profile) ? known : await judge(image, profile, known, context, signal);
  const sound = await withoutDistrusted(judged, found, context.store);
  const record = sound === known ? known : withVerifiedAt(sound, known);
  if (record !== known) {
    for (const event of eventsOf(record, context.settings.evidence.waitMs)) await context.record(event);
    await keepVerdict(record, known, context);
  }
  await handOn(record, context);
});

/** A verified digest stays verified under the same policy; everything else is asked about again. */
function isFinal(record: VerdictRecord | undefined, { policy }: Profile): record is VerdictRecord {
  return record?.verdict.kind === "verified" && record.policyHash === policyHash(policy, NO_ROOTS);
}

/** A digest that is judged again keeps when it was first verified. */
function withVerifiedAt(record: VerdictRecord, known: VerdictRecord | undefined): VerdictRecord {
  const verifiedAt = known?.verifiedAt ?? (record.verdict.kind === "verified" ? record.checkedAt : undefined);
  return verifiedAt === undefined ? record : { ...record, verifiedAt };
}

async function judge(
  image: ImageId,
  profile: Profile,
  known: VerdictRecord | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<VerdictRecord> {
  const { registry, store, clock, settings } = context;
  const now = await clock.now();
  const since = known?.since ?? now;
  const asked = { image, policyHash: policyHash(profile.policy, NO_ROOTS), since, checkedAt: now };
  if (signersOf(profile.policy).length === 0) {
    return { ...asked, platforms: [], verdict: { kind: "unverifiable", reason: profile.signerHint } };
  }
  const manifest = await manifestOf(image, context, signal);
  if (manifest.kind === "none") {
    return { ...asked, platforms: [], verdict: { kind: "unverifiable", reason: manifest.reason } };
  }

  const platforms = manifest.kind === "index" ? runnableChildrenOf(manifest) : [];
  const evidence = await registry.evidenceOf(image, signal, evidenceElsewhere(profile, image.repository));
  const judged = verdictOn(image.digest, evidence, rulesOf(profile, now), isSbom);
  const own = judged.statements.find(({ predicateType }) => isSbom(predicateType));
  const isWithoutSbom = judged.verdict.kind === "verified" && own === undefined;
  const child = isWithoutSbom ? await childSbom(image, profile, platforms, context, signal) : undefined;
  const sbom = own === undefined ? child?.sbom : { digest: image.digest, statement: own };
  const verdict = child === undefined ? judged.verdict : withPlatformSbom(judged.verdict, child.findings);

  return {
    ...asked,
    platforms: platforms.map(({ platform }) => platform),
    verdict: settle(verdict, profile.policy, { since, now, sbomWaitMs: settings.evidence.sbomWaitMs }),
    ...(sbom === undefined ? {} : await keepComponents(sbom, store)),
  };
}

function rulesOf({ policy }: Profile, now: Instant): Rules {
  return { policy, roots: new Map(), now };
}

/** A verified SBOM, and which manifest it is about. */
interface Sbom {
  readonly digest: Digest;
  readonly platform?: string;
  readonly statement: VerifiedStatement;
}

/** Some vendors hang the SBOM on each platform's manifest. One of them is compared; the pull request says which. */
async function childSbom(
  { repository }: ImageId,
  profile: Profile,
  children: readonly { readonly digest: Digest; readonly platform: string }[],
  { registry, clock }: Context,
  signal: AbortSignal,
): Promise<{ readonly findings: SbomFindings; readonly sbom?: Sbom } | undefined> {
  const asked: SbomFindings[] = [];
  for (const { digest, platform } of children.slice(0, CHILDREN_ASKED_MAX)) {
    const elsewhere = evidenceElsewhere(profile, repository);
    const evidence = await registry.evidenceOf({ repository, digest }, signal, elsewhere);
    const findings = sbomOn(digest, evidence, rulesOf(profile, await clock.now()), isSbom);
    asked.push(findings);
    const [statement] = findings.statements;
    if (statement !== undefined) return { findings: joined(asked), sbom: { digest, platform, statement } };
  }
  return asked.length === 0 ? undefined : { findings: joined(asked) };
}

/** Some vendors, and mirrors that copy images alone, keep evidence in a repository of its own. */
function evidenceElsewhere({ evidence = [] }: Profile, repository: Repository): readonly Repository[] {
  return evidencePlacesOf(evidence, repository);
}

/** What was found on several platforms: a refusal on one is not forgotten because the next has nothing. */
function joined(all: readonly SbomFindings[]): SbomFindings {
  const refused = all.find((findings) => findings.refused !== undefined)?.refused;
  return {
    statements: all.flatMap(({ statements }) => statements),
    ...(refused === undefined ? {} : { refused }),
    results: all.flatMap(({ results }) => results),
    skipped: all.flatMap(({ skipped }) => skipped),
  };
}

async function keepComponents(
  { digest, platform, statement }: Sbom,
  store: Store,
): Promise<Pick<VerdictRecord, "components" | "sbomFault">> {
  try {
    await store.saveComponents(digest, readSbom(statement.predicateType, statement.predicate));
    return { components: { digest, ...(platform === undefined ? {} : { platform }) } };
  } catch (error) {
    // Signed and unreadable is an answer: the image is proven, its components are not known.
    if (error instanceof CodedError && error.code === "sbom-invalid") return { sbomFault: messageOf(error) };
    throw error;
  }
}

/** A manifest, or why there is none to judge: asked, and the answer is no. */
async function manifestOf(
  image: ImageId,
  { registry }: Context,
  signal: AbortSignal,
): Promise<Manifest | { readonly kind: "none"; readonly reason: string }> {
  try {
    return await registry.manifest(image, signal);
  } catch (error) {
    // Registries delete old digests; a digest that somebody still pins may be gone.
    if (error instanceof CodedError && error.code === "registry-not-found") {
      return { kind: "none", reason: "the registry no longer has this digest" };
    }
    // Its bytes match the digest, so they will never be others: no update may hang on them for ever.
    if (error instanceof CodedError && error.code === "manifest-invalid") {
      return { kind: "none", reason: error.message };
    }
    throw error;
  }
}

/** Enqueues every comparison this digest was missing for, and says when to ask again. */
async function handOn(record: VerdictRecord, { store, clock, settings, enqueue }: Context): Promise<void> {
  const { image } = record;
  let isCurrent = false;
  for (const line of await store.linesOf(image.repository)) {
    const current = (await store.watch(line)).history.at(-1)?.digest;
    if (current === undefined) continue;
    isCurrent ||= current === image.digest;
    const to = { repository: image.repository, digest: current };
    if ((await store.verdict(to))?.verdict.kind !== "verified") continue;
    for (const { digest: from } of await pinsFor(store, line)) {
      if (from === current || (image.digest !== current && image.digest !== from)) continue;
      const old = { repository: image.repository, digest: from };
      // The old side is asked about too: its component list is half of the comparison.
      if ((await store.verdict(old)) === undefined) await enqueue(VERIFY, { image: old });
      else await enqueue(ASSESS, { repository: image.repository, from, to: current });
    }
  }

  const work = { kind: "verify", image } as const;
  const isOpen = record.verdict.kind === "awaiting-evidence" || record.verdict.kind === "rejected";
  if (isOpen && isCurrent) {
    await store.schedule(work, nextAskAt(record.since, await clock.now(), settings.evidence), "set");
  } else {
    await store.unschedule(work);
  }
}

/** Vendors push the image first and sign it later: asked again at growing distances from when it was first seen. */
function nextAskAt(
  since: Instant,
  now: Instant,
  { retryMs, sbomWaitMs, waitMs }: Context["settings"]["evidence"],
): Instant {
  let elapsedMs = 0;
  const rounds = retryMs.map((waitedMs) => (elapsedMs += waitedMs));
  const next = [...rounds, sbomWaitMs, waitMs]
    .toSorted((a, b) => a - b)
    .find((offsetMs) => since + offsetMs > now);
  return next === undefined ? later(now, retryMs.at(-1) ?? waitMs) : later(since, next);
}

function eventsOf(record: VerdictRecord, waitMs: number): readonly StoreEvent[] {
  const { verdict, image, checkedAt: at, since } = record;
  const subject = renderImage(image);
  const event = (kind: StoreEvent["kind"], message: string): StoreEvent => ({
    kind,
    at,
    subject,
    message,
    key: `${kind} ${subject} ${record.policyHash} ${message}`,
  });
  switch (verdict.kind) {
    case "verified":
      return [event("verified", `signed by ${verdict.signers.map(({ name }) => name).join(", ")}`)];
    case "rejected":
      return [event("rejected", `${verdict.reason}: ${verdict.detail}`)];
    case "unverifiable":
      return [event("unverifiable", verdict.reason)];
    case "awaiting-evidence":
      return at - since < waitMs
        ? []
        : [event("evidence-overdue", `still no ${verdict.missing} that can be checked; not proposed`)];
    default:
      return verdict satisfies never;
  }
}

function isSbom(predicateType: string): boolean {
  return sbomFormatOf(predicateType) !== undefined;
}
