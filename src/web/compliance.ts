import { renderLine } from "../image/reference.ts";
import { complianceOf, scorecardOf } from "../sla/compliance.ts";
import type { Evaluation } from "../sla/evaluation.ts";
import { evaluateVendor, type VendorEvaluation } from "../sla/vendor.ts";
import type { TargetClocks } from "../steps/obligations.ts";
import type { Instant } from "../time.ts";
import type { ComplianceData } from "./pages/compliance.ts";

/** What all clocks add up to: of each code repository, of all together, and of each vendor that owes something. */
export async function readCompliance(
  targets: AsyncIterable<TargetClocks>,
  now: Instant,
): Promise<ComplianceData> {
  const all: Evaluation[] = [];
  const byRepository = new Map<string, Evaluation[]>();
  const byLine = new Map<
    string,
    { readonly vendor: string; readonly evaluations: readonly VendorEvaluation[] }
  >();
  for await (const { key, places, line, profile } of targets) {
    const { owner, name } = key.codeRepository;
    const repository = `${owner}/${name}`;
    const evaluations = places.flatMap(({ obligations }) => obligations);
    for (const evaluation of evaluations) all.push(evaluation);
    const known = byRepository.get(repository) ?? [];
    for (const evaluation of evaluations) known.push(evaluation);
    byRepository.set(repository, known);
    const promise = profile?.vendorPromise;
    // A line that several pin is one clock of its vendor.
    if (profile === undefined || promise === undefined || byLine.has(renderLine(key.line))) continue;
    byLine.set(renderLine(key.line), {
      vendor: profile.name,
      evaluations: evaluateVendor(line, promise, now),
    });
  }
  const vendors = [...byLine.values()].flatMap(({ vendor, evaluations }) =>
    evaluations.map((evaluation) => ({ vendor, evaluation })),
  );
  return {
    now,
    all: complianceOf(all, now),
    repositories: [...byRepository]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([repository, evaluations]) => ({ repository, compliance: complianceOf(evaluations, now) })),
    scorecard: scorecardOf(vendors),
  };
}
