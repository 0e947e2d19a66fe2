import type { HeldTrustRoot } from "../../ports/trust-roots.ts";
import type { VerifyQuestion } from "../../ports/verifier.ts";
import { type Judgement, judgementOn } from "../../sbom/judge.ts";
import { parseTrustRoot, type TrustRoot } from "../../trust/trust-root.ts";

/** Trust roots that are kept read: a handful in use, and those they replace. */
const ROOTS_MAX = 32;

/**
 * Judges where it is called. Reading a trust root costs more than many a signature, so each version is read once.
 *
 * @throws {InvalidInputError} `trust-root-invalid`
 */
export function createJudge(): (question: VerifyQuestion) => Judgement {
  const read = new Map<string, TrustRoot>();
  const rootOf = ({ source, version }: HeldTrustRoot): TrustRoot => {
    const key = `${version} ${source.name}`;
    const root = read.get(key) ?? parseTrustRoot(source);
    // The one that was not used for longest goes first.
    read.delete(key);
    read.set(key, root);
    const [oldest] = read.keys();
    if (read.size > ROOTS_MAX && oldest !== undefined) read.delete(oldest);
    return root;
  };
  return ({ policy, roots, now, ...question }) => {
    const byName = new Map(roots.map((held) => [held.source.name, rootOf(held)]));
    return judgementOn(question, { policy, roots: byName, now });
  };
}
