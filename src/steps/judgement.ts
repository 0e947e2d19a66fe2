import { CodedError } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import { type Manifest, runnableChildrenOf } from "../image/manifest.ts";
import { isSameRepository } from "../image/reference.ts";
import type { DigestShape } from "../image/shape.ts";
import type { ListPlace, VerdictRecord } from "../ports/store.ts";
import type { Judgement } from "../sbom/judge.ts";
import { signersOf } from "../trust/policy.ts";
import type { Verdict } from "../trust/verdict.ts";
import { groupsThatSigned, settle, withPlatformSbom, withRequired } from "../trust/verify.ts";
import { type KeptConfigs, keepConfigs } from "./image-configs.ts";
import { answerOn, type Judged, type Judging } from "./judging.ts";
import { keepLists, keepVex, sbomsOf } from "./kept-sboms.ts";
import { type Child, CHILDREN_MAX, isTelling, type Listing, onPlatforms } from "./platform-evidence.ts";

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
  const platforms = [...new Set(children.map(({ platform }) => platform))];
  const own = await answerOn({ digest: image.digest, about: "image", platforms }, judging);
  const { verdict: signed, index } = await signedAs(own, children, judging);
  const listing = await listingOf(manifest, { own, signed }, judging);
  const carriers = index === undefined ? children : [image];
  const child = await onPlatforms({ own, signed, carriers, listing }, judging);
  // The index that lists it was verified with all that is required.
  const complete =
    index === undefined ? withRequired(signed, child?.requirements ?? own.findings.requirements) : signed;
  const sboms = sbomsOf({ image, own, child, children });
  const inherited = sboms.length > 0 ? undefined : inheritedFrom(index, image.digest);
  const verdict =
    child === undefined
      ? complete
      : withPlatformSbom(isTelling(own.sbom) ? complete : withoutSbom(complete, child.sboms), child.findings);
  const { sbomWaitMs } = context.settings.evidence;
  const settled = settle(withSbomOf(verdict, inherited && index), rules.policy, { since, now, sbomWaitMs });
  const base = {
    platforms: children.map(({ platform }) => platform),
    shape: shapeOf(manifest, configs),
    verdict: settled,
    ...configs,
  };
  // What a rejected digest says about itself is not believed.
  if (settled.kind === "rejected") return base;
  const vex = [
    ...(own.vex === undefined ? [] : [{ digest: image.digest, packed: own.vex }]),
    ...(child?.vex ?? []),
  ];
  return {
    ...base,
    ...(inherited === undefined
      ? await keepLists(sboms, context)
      : { components: inherited, lists: [inherited] }),
    ...(await keepVex(vex, index, context)),
  };
}

function unverifiable(reason: string): Judged {
  return { platforms: [], verdict: { kind: "unverifiable", reason } };
}

/** The verdict on the digest itself, on all of its platforms, or on the index that lists it, as the policy wants it. */
async function signedAs(own: Judgement, children: readonly Child[], judging: Judging): Promise<SignedAs> {
  const { policy } = judging.rules;
  const verdict = verdictIn(own);
  if (verdict.kind === "rejected" && verdict.reason === "digest-distrusted") return { verdict };
  if (policy.subject === "platform" && children.length > 0) {
    return { verdict: await signedOnPlatforms(children, judging) };
  }
  if (verdict.kind === "verified" || policy.subject === "platform") return { verdict };
  if (children.length > 0) {
    return policy.subject === "any" && verdict.kind === "awaiting-evidence"
      ? { verdict: await signedOnPlatforms(children, judging, verdict) }
      : { verdict };
  }
  return (await coveredBy(own, judging)) ?? { verdict };
}

interface SignedAs {
  readonly verdict: Verdict;
  /** The verified index that lists the digest, where that carries the signature. */
  readonly index?: VerdictRecord;
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
  if (children.length > CHILDREN_MAX) {
    return { kind: "unverifiable", reason: `it lists more than ${CHILDREN_MAX} platforms` };
  }
  const verified: Extract<Verdict, { kind: "verified" }>[] = [];
  for (const { digest, platform } of children) {
    const verdict = verdictIn(await answerOn({ digest, about: "image" }, judging));
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
): Promise<SignedAs | undefined> {
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
  const verdict: Verdict = {
    ...index.verdict,
    results: [...own.findings.results, ...index.verdict.results],
    skipped: [...own.findings.skipped, ...index.verdict.skipped],
    sbom: { kind: "missing" },
    coveredBy: index.image.digest,
  };
  return { verdict, index };
}

/** The index that lists platforms, where somebody signed the index itself: then what it lists is what they signed. */
async function listingOf(
  manifest: Manifest,
  { own, signed }: { readonly own: Judgement; readonly signed: Verdict },
  judging: Judging,
): Promise<Listing | undefined> {
  const { image, context, signal } = judging;
  if (signed.kind !== "verified") return undefined;
  const [signer] = signed.signers;
  if (signer === undefined) return undefined;
  const by = { signer, groups: groupsThatSigned(signed.results) };
  if (manifest.kind === "index")
    return own.verdict?.kind === "verified" ? { image, manifest, by } : undefined;
  if (signed.coveredBy === undefined || own.sbom !== undefined) return undefined;
  const index = { ...image, digest: signed.coveredBy };
  const above = await context.registry.manifest(index, signal);
  return above.kind === "index" ? { image: index, manifest: above, by } : undefined;
}

/** The list that an index had of one platform, in an SBOM that covers several. */
function inheritedFrom(index: VerdictRecord | undefined, platform: Digest): ListPlace | undefined {
  return index?.lists?.find(({ digest }) => digest === platform);
}

function withSbomOf(verdict: Verdict, index: VerdictRecord | undefined): Verdict {
  return index?.verdict.kind === "verified" && verdict.kind === "verified"
    ? { ...verdict, sbom: index.verdict.sbom }
    : verdict;
}

/** An SBOM that says nothing of packages gives way to those of the platforms. */
function withoutSbom(verdict: Verdict, sboms: readonly unknown[]): Verdict {
  return verdict.kind === "verified" && sboms.length > 0
    ? { ...verdict, sbom: { kind: "missing" } }
    : verdict;
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
