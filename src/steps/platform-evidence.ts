import type { Digest } from "../image/digest.ts";
import type { ImageIndex } from "../image/manifest.ts";
import type { ImageId } from "../image/reference.ts";
import type { ReadSbom } from "../sbom/choice.ts";
import type { Judgement } from "../sbom/judge.ts";
import type { PackedVex } from "../sbom/vex-documents.ts";
import type { Requirement } from "../trust/attestations.ts";
import type { ListedBy } from "../trust/listed.ts";
import type { Verdict } from "../trust/verdict.ts";
import { type FoundSboms, groupsThatSigned } from "../trust/verify.ts";
import { answerOn, type Judging } from "./judging.ts";

/** Platform manifests whose own evidence is looked at. */
export const CHILDREN_MAX = 32;

export interface Child {
  readonly digest: Digest;
  readonly platform: string;
}

/** What evidence may hang on, beside the digest itself. */
export type Carrier = Pick<Child, "digest"> & Partial<Child>;

/** A verified SBOM, and which manifest it is about. */
export interface Sbom extends Carrier {
  readonly read: ReadSbom;
}

/** Verified VEX documents, and which manifest they are about. */
export interface Vex {
  readonly digest: Digest;
  readonly packed: PackedVex;
}

/** The index that lists platforms, where who signed it stands behind what it lists. */
export interface Listing {
  readonly image: ImageId;
  readonly manifest: ImageIndex;
  readonly by: ListedBy;
}

/** What is looked for on platforms, and where. */
export interface OnPlatforms {
  readonly own: Judgement;
  readonly signed: Verdict;
  readonly carriers: readonly Carrier[];
  readonly listing: Listing | undefined;
}

export interface FoundOnPlatforms {
  readonly findings: FoundSboms;
  readonly requirements: readonly Requirement[];
  /** One for each platform that has one. */
  readonly sboms: readonly Sbom[];
  readonly vex: readonly Vex[];
}

/** Whether an SBOM says what packages there are. One that lists images only says nothing of what is in them. */
export function isTelling(read: ReadSbom | undefined): boolean {
  return read?.kind === "read" && read.says === "packages";
}

/**
 * What hangs on platforms' manifests, where the digest itself lacks it: some vendors hang everything there, and an SBOM of an index may list
 * nothing but its platforms. A statement that the policy requires has to be there for every one.
 */
export async function onPlatforms(
  { own, signed, carriers, listing }: OnPlatforms,
  judging: Judging,
): Promise<FoundOnPlatforms | undefined> {
  const isIncomplete = own.findings.requirements.some(({ kind }) => kind === "missing");
  const isSbomSought = !isTelling(own.sbom) && judging.rules.policy.sbom !== "none";
  if (signed.kind !== "verified" || (!isSbomSought && !isIncomplete)) return undefined;
  const groups = groupsThatSigned(signed.results);
  const answers: PlatformAnswer[] = [];
  for (const carrier of carriers.slice(0, CHILDREN_MAX)) {
    const hanging = await answerOn({ digest: carrier.digest, about: { kind: "platform", groups } }, judging);
    const isListedSought = isSbomSought && !isTelling(hanging.sbom) && listing !== undefined;
    const listed = isListedSought ? await listedAnswer(carrier.digest, listing, judging) : undefined;
    answers.push({ carrier, hanging, ...(listed === undefined ? {} : { listed }) });
  }
  if (answers.length === 0) return undefined;
  const isCut = carriers.length > CHILDREN_MAX;
  const requirements = own.findings.requirements.map((requirement, at) =>
    requirement.kind === "missing" && !isCut ? onEvery(answers, at) : requirement,
  );
  return {
    findings: joined(answers.flatMap(findingsIn)),
    requirements,
    sboms: isSbomSought ? answers.flatMap(sbomIn) : [],
    vex: answers.flatMap(vexIn),
  };
}

/** What is known of one platform: by what hangs on its manifest, and by what the index lists about it. */
interface PlatformAnswer {
  readonly carrier: Carrier;
  readonly hanging: Judgement;
  readonly listed?: Judgement;
}

async function listedAnswer(
  platform: Digest,
  { image, manifest, by }: Listing,
  judging: Judging,
): Promise<Judgement | undefined> {
  const { context, rules, signal, now } = judging;
  const listed = await context.registry.listedStatements({ image, manifest, platform }, signal);
  if (listed.statements.length === 0) return undefined;
  const { policy, roots } = rules;
  const evidence = { digest: platform, candidates: [], skipped: [] };
  const about = { kind: "listed", listed, by } as const;
  return context.verifier.judge({ digest: platform, about, evidence, policy, roots, now }, signal);
}

/** Whether what the index lists is used: what is signed itself comes first. */
function isListedUsed({ hanging, listed }: PlatformAnswer): boolean {
  return listed?.sbom !== undefined && (hanging.sbom === undefined || isTelling(listed.sbom));
}

/** Of several, the first is named in the verdict. */
function findingsIn(answer: PlatformAnswer): readonly FoundSboms[] {
  const { hanging, listed } = answer;
  if (listed === undefined) return [hanging.findings];
  return isListedUsed(answer) ? [listed.findings, hanging.findings] : [hanging.findings, listed.findings];
}

function sbomIn(answer: PlatformAnswer): readonly Sbom[] {
  const read = isListedUsed(answer) ? answer.listed?.sbom : answer.hanging.sbom;
  return read === undefined ? [] : [{ ...answer.carrier, read }];
}

function vexIn({ carrier: { digest }, hanging, listed }: PlatformAnswer): readonly Vex[] {
  const packed = hanging.vex ?? listed?.vex;
  return packed === undefined ? [] : [{ digest, packed }];
}

/** What a requirement amounts to that every platform has to meet. What an index lists unsigned meets none. */
function onEvery(answers: readonly PlatformAnswer[], at: number): Requirement {
  const each = answers.map(
    ({ hanging }): Requirement => hanging.findings.requirements[at] ?? { kind: "missing" },
  );
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
