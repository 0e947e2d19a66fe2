import type { Context } from "../context.ts";
import type { Digest } from "../image/digest.ts";
import type { ImageId } from "../image/reference.ts";
import type { VerdictRecord } from "../ports/store.ts";
import type { SbomOrigin } from "../sbom/component.ts";
import type { Judgement, Question } from "../sbom/judge.ts";
import type { Instant } from "../time.ts";
import type { Evidence } from "../trust/evidence.ts";
import { evidencePlacesOf } from "../vendor/evidence-place.ts";
import type { Profile } from "../vendor/profile.ts";
import type { ConfigContext, KeptConfigs } from "./image-configs.ts";
import type { RulesInForce } from "./rules-in-force.ts";

/** What judging needs to reach: less than a worker may, so that somebody who only looks can do it as well. */
export interface JudgingContext {
  readonly registry: Pick<Context["registry"], "manifest" | "configOf" | "evidenceOf" | "listedStatements">;
  readonly verifier: Context["verifier"];
  readonly store: Pick<
    Context["store"],
    "linesOf" | "watch" | "watched" | "verdicts" | "saveComponents" | "saveVexDocuments"
  > &
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
export type Judged = Pick<
  VerdictRecord,
  "verdict" | "platforms" | "shape" | "components" | "lists" | "vex" | "sbomFault"
> &
  Partial<KeptConfigs>;

/** What is asked about one digest. */
export type Asked = Pick<Question, "digest" | "about" | "platforms">;

/** Collects what hangs on a digest, and has it judged. */
export async function answerOn(asked: Asked, judging: Judging): Promise<Judgement> {
  const { profile, rules, context, signal, now } = judging;
  const { repository } = judging.image;
  // Some vendors, and mirrors that copy images alone, keep evidence in a repository of its own.
  const elsewhere = evidencePlacesOf(profile.evidence ?? [], repository);
  const id = { repository, digest: asked.digest };
  const evidence = await context.registry.evidenceOf(id, signal, elsewhere);
  const preferred = isChoice(evidence) ? await preferredOrigin(judging) : undefined;
  const { policy, roots } = rules;
  const how = preferred === undefined ? {} : { preferred };
  return context.verifier.judge({ ...asked, ...how, evidence, policy, roots, now }, signal);
}

/** Whether there may be several SBOMs among it. */
function isChoice({ candidates }: Evidence): boolean {
  return (
    candidates.filter(({ kind }) => kind !== "cosign-signature" && kind !== "notation-signature").length > 1
  );
}

/** Digests of each tag whose lists are looked at, the newest first, and of all tags. */
const NEWEST_MAX = 5;
const DIGESTS_MAX = 50;

/** How the lists of the repository's other digests came about, the newest first: this one will be compared with one of them. */
async function preferredOrigin({ image, context: { store } }: Judging): Promise<SbomOrigin | undefined> {
  const { repository } = image;
  const { watches } = await store.watched(repository);
  const others = new Set<Digest>();
  for (const { history } of watches) {
    for (const { digest } of history.toReversed().slice(0, NEWEST_MAX)) {
      if (digest !== image.digest && others.size < DIGESTS_MAX) others.add(digest);
    }
  }
  if (others.size === 0) return undefined;
  const records = await store.verdicts([...others].map((digest) => ({ repository, digest })));
  const byDigest = new Map(records.map((record) => [record.image.digest, record]));
  for (const digest of others) {
    const list = byDigest
      .get(digest)
      ?.lists?.find(({ format }) => format !== undefined && format !== "layers");
    if (list?.format === undefined) continue;
    return { format: list.format, ...(list.tool === undefined ? {} : { tool: list.tool }) };
  }
  return undefined;
}
