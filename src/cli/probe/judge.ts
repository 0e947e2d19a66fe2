import { instantOf } from "../../time.ts";
import { sbomFormatOf } from "../../sbom/format.ts";
import { signersOf } from "../../trust/policy.ts";
import type { CandidateResult, Verdict } from "../../trust/verdict.ts";
import {
  groupsThatSigned,
  type Rules,
  sbomOn,
  settle,
  verdictOn,
  withPlatformSbom,
} from "../../trust/verify.ts";
import type { Findings, Subject, SubjectSeen } from "./findings.ts";

/** What a profile's policy makes of an image as it is now: nothing is waited for. */
export interface Judgement {
  readonly kind: "accepted" | "refused" | "unknown";
  /** A sentence. */
  readonly reason: string;
  /** What became of each piece of evidence, by the digest it is about. */
  readonly results: ReadonlyMap<string, readonly CandidateResult[]>;
}

/** Judges an image and its platforms by a policy. */
export function judge(
  { subjects, platforms }: Pick<Findings, "subjects" | "platforms">,
  rules: Rules,
): Judgement {
  const failed = subjects.find(({ collected }) => collected.kind === "failed");
  const [root, ...children] = subjects.map((seen) => ({ ...seen, verdict: verdictOf(seen, rules) }));
  const results = new Map(subjects.map((seen) => [seen.digest, resultsOf(seen, rules)] as const));
  if (failed?.collected.kind === "failed") {
    const reason = `evidence could not be read: ${failed.collected.message}`;
    return { kind: "unknown", reason, results };
  }
  if (root === undefined) return { kind: "unknown", reason: "nothing was looked at", results };
  const ofRoot = withSbomsOf(root.verdict, subjects, rules);
  const missing = platforms.length - children.length;
  const { policy } = rules;
  const perPlatform = firstNot(children) ?? (missing === 0 ? undefined : notAsked(missing));
  const outcome = ((): Omit<Judgement, "results"> => {
    switch (policy.subject) {
      case "index":
        return inWords(ofRoot);
      case "platform":
        return children.length === 0 ? inWords(ofRoot) : (perPlatform ?? everyPlatform(children));
      case "any":
        return ofRoot.kind === "verified" || children.length === 0 || perPlatform !== undefined
          ? inWords(ofRoot)
          : everyPlatform(children);
      default:
        return policy.subject satisfies never;
    }
  })();
  return { ...outcome, results };
}

type Judged = Subject & { readonly verdict: Verdict };

function verdictOf({ digest, collected }: SubjectSeen, rules: Rules): Verdict {
  const evidence =
    collected.kind === "collected" ? collected.evidence : { digest, candidates: [], skipped: [] };
  return settled(verdictOn(digest, evidence, rules, isSbom).verdict, rules);
}

function resultsOf(seen: SubjectSeen, rules: Rules): readonly CandidateResult[] {
  const { collected, digest } = seen;
  if (collected.kind === "failed" || signersOf(rules.policy).length === 0) return [];
  return sbomOn(digest, collected.evidence, rules, { isSbom, signedBy: [] }).results;
}

/** An SBOM that hangs on a platform counts for the index that lists it, if a group signed it that signed the index. */
function withSbomsOf(verdict: Verdict, [root, ...children]: readonly SubjectSeen[], rules: Rules): Verdict {
  if (root === undefined || root.collected.kind === "failed") return verdict;
  const bare = verdictOn(root.digest, root.collected.evidence, rules, isSbom).verdict;
  if (bare.kind !== "verified") return verdict;
  const signedBy = groupsThatSigned(bare.results);
  const joined = children.reduce<Verdict>(
    (so, { digest, collected }) =>
      collected.kind === "failed"
        ? so
        : withPlatformSbom(so, sbomOn(digest, collected.evidence, rules, { isSbom, signedBy })),
    bare,
  );
  return settled(joined, rules);
}

/** As if all waiting were over. */
function settled(verdict: Verdict, { policy, now }: Rules): Verdict {
  return settle(verdict, policy, { since: instantOf(0), now, sbomWaitMs: 0 });
}

function firstNot(children: readonly Judged[]): Omit<Judgement, "results"> | undefined {
  const other = children.find(({ verdict }) => verdict.kind !== "verified");
  if (other === undefined) return undefined;
  const { kind, reason } = inWords(other.verdict);
  return { kind, reason: `${other.platform ?? other.digest}: ${reason}` };
}

function notAsked(count: number): Omit<Judgement, "results"> {
  return { kind: "unknown", reason: `each platform must be signed, and ${count} were not looked at` };
}

function everyPlatform(children: readonly Judged[]): Omit<Judgement, "results"> {
  const [first] = children;
  const reason = first === undefined ? "" : `: ${inWords(first.verdict).reason}`;
  return { kind: "accepted", reason: `each of ${children.length} platforms${reason}` };
}

function inWords(verdict: Verdict): Omit<Judgement, "results"> {
  switch (verdict.kind) {
    case "verified": {
      const names = verdict.signers.map(({ name }) => name).join(", ");
      const sbom = verdict.sbom.kind === "verified" ? "with a verified SBOM" : "without an SBOM";
      return { kind: "accepted", reason: `signed by ${names}, ${sbom}` };
    }
    case "rejected":
      return { kind: "refused", reason: `${verdict.reason}: ${verdict.detail}` };
    case "awaiting-evidence":
      return { kind: "refused", reason: `there is no ${verdict.missing} that proves it` };
    case "unverifiable":
      return { kind: "unknown", reason: verdict.reason };
    default:
      return verdict satisfies never;
  }
}

function isSbom(predicateType: string): boolean {
  return sbomFormatOf(predicateType) !== undefined;
}
