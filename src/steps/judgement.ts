import type { Context } from "../context.ts";
import { CodedError } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import { type Manifest, runnableChildrenOf } from "../image/manifest.ts";
import { type ImageId, isSameRepository } from "../image/reference.ts";
import type { DigestShape } from "../image/shape.ts";
import type { VerdictRecord } from "../ports/store.ts";
import type { Judgement, Question, ReadSbom } from "../sbom/judge.ts";
import type { Instant } from "../time.ts";
import { signersOf } from "../trust/policy.ts";
import type { Requirement } from "../trust/attestations.ts";
import type { Verdict } from "../trust/verdict.ts";
import {
  type FoundSboms,
  groupsThatSigned,
  settle,
  withPlatformSbom,
  withRequired,
} from "../trust/verify.ts";
import { evidencePlacesOf } from "../vendor/evidence-place.ts";
import type { Profile } from "../vendor/profile.ts";
import { type ConfigContext, type KeptConfigs, keepConfigs } from "./image-configs.ts";
import type { RulesInForce } from "./rules-in-force.ts";

/** Platform manifests whose own evidence is looked at when the index has no SBOM. */
const CHILDREN_ASKED_MAX = 4;
/** Platform manifests whose own signatures are looked at where the policy wants each signed. */
const CHILDREN_JUDGED_MAX = 32;

/** What judging needs to reach: less than a worker may, so that somebody who only looks can do it as well. */
export interface JudgingContext {
  readonly registry: Pick<Context["registry"], "manifest" | "configOf" | "evidenceOf">;
  readonly verifier: Context["verifier"];
  readonly store: Pick<Context["store"], "linesOf" | "watch" | "verdicts" | "saveComponents"> &
    ConfigContext["store"];
  readonly settings: { readonly evidence: Pick<Context["settings"]["evidence"], "sbomWaitMs"> };
}

/** What is judged, by what, and what is asked on the way. */
export interface Judging {
  readonly image: ImageId;
  readonly profile: Profile;
  readonly rules: RulesInForce;
  readonly context: JudgingContext;
  readonly signal: AbortSignal;
  readonly now: Instant;
  /** When the digest was first asked about. */
  readonly since: Instant;
}

/** What is known of a digest after it was judged. */
export type Judged = Pick<VerdictRecord, "verdict" | "platforms" | "shape" | "components" | "sbomFault"> &
  Partial<KeptConfigs>;

/**
 * Judges a digest: collects what hangs on it, has it judged, and keeps the component list of its SBOM.
 *
 * An index covers the platforms it lists, because it names them by digest. Where the policy wants signatures on each platform, the index is
 * verified when all of them are.
 *
 * @throws {CodedError} what the registry, the verifier and the store throw: could not ask
 */
export async function judge(judging: Judging): Promise<Judged> {
  const { image, profile, rules, context, now, since } = judging;
  if (signersOf(rules.policy).length === 0) return unverifiable(profile.signerHint);
  const manifest = await manifestOf(judging);
  if (manifest.kind === "none") return unverifiable(manifest.reason);

  const children = manifest.kind === "index" ? runnableChildrenOf(manifest) : [];
  const configs = await keepConfigs(image, manifest, context, judging.signal);
  const own = await answerOn(image.digest, "image", judging);
  const signed = await signedAs(own, children, judging);
  const isCovered = signed.kind === "verified" && signed.coveredBy !== undefined;
  const carriers = isCovered ? [image] : children;
  const child = await onPlatforms(own, signed, carriers, judging);
  // The index that lists it was verified with all that is required.
  const complete = isCovered
    ? signed
    : withRequired(signed, child?.requirements ?? own.findings.requirements);
  const verdict = child === undefined ? complete : withPlatformSbom(complete, child.findings);
  const sbom = own.sbom === undefined ? child?.sbom : { digest: image.digest, read: own.sbom };
  const { sbomWaitMs } = context.settings.evidence;
  const settled = settle(verdict, rules.policy, { since, now, sbomWaitMs });
  return {
    platforms: children.map(({ platform }) => platform),
    shape: shapeOf(manifest, configs),
    verdict: settled,
    ...configs,
    // What a rejected digest says about itself is not believed.
    ...(sbom === undefined || settled.kind === "rejected" ? {} : await keep(sbom, context)),
  };
}

function unverifiable(reason: string): Judged {
  return { platforms: [], verdict: { kind: "unverifiable", reason } };
}

interface Child {
  readonly digest: Digest;
  readonly platform: string;
}

/** What an SBOM may hang on, beside the digest itself. */
type Carrier = Pick<Child, "digest"> & Partial<Child>;

async function answerOn(digest: Digest, about: Question["about"], judging: Judging): Promise<Judgement> {
  const { profile, rules, context, signal, now } = judging;
  const { repository } = judging.image;
  // Some vendors, and mirrors that copy images alone, keep evidence in a repository of its own.
  const elsewhere = evidencePlacesOf(profile.evidence ?? [], repository);
  const evidence = await context.registry.evidenceOf({ repository, digest }, signal, elsewhere);
  const { policy, roots } = rules;
  return context.verifier.judge({ digest, evidence, about, policy, roots, now }, signal);
}

/** The verdict on the digest itself, on all of its platforms, or on the index that lists it, as the policy wants it. */
async function signedAs(own: Judgement, children: readonly Child[], judging: Judging): Promise<Verdict> {
  const { policy } = judging.rules;
  const verdict = verdictIn(own);
  if (verdict.kind === "rejected" && verdict.reason === "digest-distrusted") return verdict;
  if (policy.subject === "platform" && children.length > 0) {
    return signedOnPlatforms(children, judging);
  }
  if (verdict.kind === "verified" || policy.subject === "platform") return verdict;
  if (children.length > 0) {
    return policy.subject === "any" && verdict.kind === "awaiting-evidence"
      ? signedOnPlatforms(children, judging, verdict)
      : verdict;
  }
  return (await coveredBy(own, judging)) ?? verdict;
}

function verdictIn({ verdict }: Judgement): Verdict {
  if (verdict === undefined) throw new CodedError("record-invalid", "an image was judged without a verdict");
  return verdict;
}

/** Verified when every platform is; else what the first says that is not. */
async function signedOnPlatforms(
  children: readonly Child[],
  judging: Judging,
  otherwise?: Verdict,
): Promise<Verdict> {
  if (children.length > CHILDREN_JUDGED_MAX) {
    return { kind: "unverifiable", reason: `it lists more than ${CHILDREN_JUDGED_MAX} platforms` };
  }
  const verified: Extract<Verdict, { kind: "verified" }>[] = [];
  for (const { digest, platform } of children) {
    const verdict = verdictIn(await answerOn(digest, "image", judging));
    if (verdict.kind !== "verified") {
      if (otherwise !== undefined && verified.length === 0) return otherwise;
      return verdict.kind === "rejected" ? { ...verdict, detail: `${platform}: ${verdict.detail}` } : verdict;
    }
    verified.push(verdict);
  }
  const [first] = verified;
  if (first === undefined) return otherwise ?? { kind: "unverifiable", reason: "it lists no platform" };
  const times = verified.flatMap(({ trustedAt }) => trustedAt ?? []);
  const { trustedAt: _first, ...rest } = first;
  return {
    ...rest,
    results: verified.flatMap(({ results }) => results),
    skipped: verified.flatMap(({ skipped }) => skipped),
    ...(times.length < verified.length ? {} : { trustedAt: times.reduce((a, b) => (a < b ? a : b)) }),
  };
}

/** Indexes that are looked through for a platform's manifest: the newest of each tag. */
const INDEXES_MAX = 50;

/** A platform's manifest that a verified index of the same repository lists is what that index's signers signed. */
async function coveredBy(
  own: Judgement,
  { image, rules, context: { store } }: Judging,
): Promise<Verdict | undefined> {
  const digests = new Set<Digest>();
  for (const line of await store.linesOf(image.repository)) {
    for (const { digest } of (await store.watch(line)).history.toReversed()) {
      if (digests.size < INDEXES_MAX) digests.add(digest);
    }
  }
  digests.delete(image.digest);
  const { repository } = image;
  const records = await store.verdicts([...digests].map((digest) => ({ repository, digest })));
  const index = records.find(
    ({ shape, policyHash, image: of }) =>
      shape?.kind === "index" &&
      policyHash === rules.hash &&
      isSameRepository(of.repository, repository) &&
      shape.children.some(({ digest }) => digest === image.digest),
  );
  if (index?.verdict.kind !== "verified") return undefined;
  return {
    ...index.verdict,
    results: [...own.findings.results, ...index.verdict.results],
    skipped: [...own.findings.skipped, ...index.verdict.skipped],
    sbom: { kind: "missing" },
    coveredBy: index.image.digest,
  };
}

/** A verified SBOM, and which manifest it is about. */
interface Sbom {
  readonly digest: Digest;
  readonly platform?: string;
  readonly read: ReadSbom;
}

interface OnPlatforms {
  readonly findings: FoundSboms;
  readonly requirements: readonly Requirement[];
  readonly sbom?: Sbom;
}

/**
 * What hangs on platforms' manifests, where the digest itself lacks it: some vendors hang everything there. The first SBOM is compared, and
 * the pull request says of which platform it is; a statement that the policy requires has to be there for every one.
 */
async function onPlatforms(
  own: Judgement,
  signed: Verdict,
  carriers: readonly Carrier[],
  judging: Judging,
): Promise<OnPlatforms | undefined> {
  const isIncomplete = own.findings.requirements.some(({ kind }) => kind === "missing");
  const isSbomSought = own.sbom === undefined && judging.rules.policy.sbom !== "none";
  if (signed.kind !== "verified" || (!isSbomSought && !isIncomplete)) return undefined;
  const groups = groupsThatSigned(signed.results);
  const most = isIncomplete ? CHILDREN_JUDGED_MAX : CHILDREN_ASKED_MAX;
  const asked: FoundSboms[] = [];
  let sbom: Sbom | undefined;
  for (const { digest, platform } of carriers.slice(0, most)) {
    const answer = await answerOn(digest, { kind: "platform", groups }, judging);
    asked.push(answer.findings);
    const about = { digest, ...(platform === undefined ? {} : { platform }) };
    if (answer.sbom !== undefined) sbom ??= { ...about, read: answer.sbom };
    if (sbom !== undefined && !isIncomplete) break;
  }
  if (asked.length === 0) return undefined;
  const isCut = carriers.length > most;
  const requirements = own.findings.requirements.map((requirement, at) =>
    requirement.kind === "missing" && !isCut ? onEvery(asked, at) : requirement,
  );
  return { findings: joined(asked), requirements, ...(sbom === undefined ? {} : { sbom }) };
}

/** What a requirement amounts to that every platform has to meet. */
function onEvery(asked: readonly FoundSboms[], at: number): Requirement {
  const each = asked.map(({ requirements }): Requirement => requirements[at] ?? { kind: "missing" });
  const refused = each.find(({ kind }) => kind === "refused");
  return refused ?? each.find(({ kind }) => kind === "missing") ?? { kind: "met" };
}

/** What was found on several platforms: a refusal on one is not forgotten because the next has nothing. */
function joined(all: readonly FoundSboms[]): FoundSboms {
  const refused = all.find((findings) => findings.refused !== undefined)?.refused;
  return {
    statements: all.flatMap(({ statements }) => statements),
    requirements: [],
    ...(refused === undefined ? {} : { refused }),
    results: all.flatMap(({ results }) => results),
    skipped: all.flatMap(({ skipped }) => skipped),
  };
}

async function keep(
  { digest, platform, read }: Sbom,
  { store }: JudgingContext,
): Promise<Pick<VerdictRecord, "components" | "sbomFault">> {
  if (read.kind === "unreadable") return { sbomFault: read.reason };
  await store.saveComponents(digest, read.components);
  return { components: { digest, ...(platform === undefined ? {} : { platform }) } };
}

/** What kind of digest it is: one kind is never replaced by another. */
function shapeOf(manifest: Manifest, { configs: [config] }: KeptConfigs): DigestShape {
  if (manifest.kind === "index") return { kind: "index", children: runnableChildrenOf(manifest) };
  const platform = config?.platform;
  return { kind: "image", ...(platform === undefined ? {} : { platform }) };
}

/** A manifest, or why there is none to judge: asked, and the answer is no. */
async function manifestOf({
  image,
  context: { registry },
  signal,
}: Judging): Promise<Manifest | { readonly kind: "none"; readonly reason: string }> {
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
