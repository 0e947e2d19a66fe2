import { CodedError } from "../../errors.ts";
import type { Registry } from "../../ports/registry.ts";
import type { HeldTrustRoot } from "../../ports/trust-roots.ts";
import { judgementOn } from "../../sbom/judge.ts";
import { judge } from "../../steps/judgement.ts";
import type { JudgingContext } from "../../steps/judging.ts";
import { instantOf } from "../../time.ts";
import type { Rules } from "../../trust/verify.ts";
import type { Profile } from "../../vendor/profile.ts";
import type { Findings } from "./findings.ts";
import type { Claimant } from "./report.ts";

/** Who judges, and by what. */
export interface Bench {
  readonly profile: Profile;
  readonly rules: Rules;
  /** Those of the rules, as they are held. */
  readonly roots: readonly HeldTrustRoot[];
  /** For what was not looked at yet. */
  readonly registry: Pick<Registry, "evidenceOf" | "configOf" | "listedStatements">;
}

/** Judges an image exactly as it would be judged if its tag were watched and all waiting were over. Stores nothing. */
export async function judgedBy(
  findings: Findings,
  bench: Bench,
  signal: AbortSignal,
): Promise<Claimant["judged"]> {
  const { profile, rules, roots } = bench;
  const { repository, digest } = findings;
  try {
    const { verdict } = await judge({
      image: { repository, digest },
      profile,
      rules: { policy: rules.policy, roots, hash: "" },
      context: contextOf(findings, bench),
      signal,
      now: rules.now,
      since: instantOf(0),
    });
    return { rules, verdict };
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof CodedError)) throw thrown;
    return { fault: `${thrown.message} (${thrown.code})` };
  }
}

/** A world in which nothing was ever seen but this, and nothing is kept. */
function contextOf({ manifest, subjects }: Findings, { registry, rules }: Bench): JudgingContext {
  return {
    registry: {
      manifest: async () => manifest,
      configOf: (image, of, signal) => registry.configOf(image, of, signal),
      listedStatements: (question, signal) => registry.listedStatements(question, signal),
      async evidenceOf(image, signal, also) {
        const seen = subjects.find(({ digest }) => digest === image.digest)?.collected;
        return seen?.kind === "collected" ? seen.evidence : registry.evidenceOf(image, signal, also);
      },
    },
    verifier: {
      judge: async ({ policy: _policy, roots: _roots, now: _now, ...question }) =>
        judgementOn(question, rules),
    },
    store: {
      linesOf: async () => [],
      watch: async () => {
        throw new CodedError("record-invalid", "nothing is stored where nothing is watched");
      },
      watched: async () => ({ watches: [], poll: {} }),
      verdicts: async () => [],
      saveComponents: async () => undefined,
      saveVexDocuments: async () => undefined,
      configs: async () => new Map(),
      saveConfig: async () => undefined,
    },
    settings: { evidence: { sbomWaitMs: 0 } },
  };
}
