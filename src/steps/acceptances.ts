import type { ImageLine } from "../image/reference.ts";
import { renderLine } from "../image/reference.ts";
import type { TargetKey } from "../ports/clock-facts.ts";
import type { Decision } from "../ports/operators.ts";
import type { Store } from "../ports/store.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import { acceptancesOf } from "../sla/acceptance.ts";
import type { Acceptance, TargetFact } from "../sla/facts.ts";
import { type Instant, renderMoment } from "../time.ts";

/** A vulnerability in a code repository: in every line it uses, or in one. */
export interface AcceptedScope {
  readonly id: string;
  readonly codeRepository: CodeRepository;
  readonly line?: ImageLine;
}

/** An acceptance with the target it is of. */
export interface AcceptedTarget {
  readonly key: TargetKey;
  readonly acceptance: Acceptance;
}

type AcceptanceStore = Pick<
  Store,
  "targets" | "targetFacts" | "addTargetFacts" | "append" | "schedule" | "proposals"
>;

/**
 * Lets somebody bear a risk until a moment: facts of every target that is meant. What clocks say is brought up to date soon after.
 *
 * @returns the targets; empty when the code repository is not known to use such a line
 */
export async function acceptRisk(
  scope: AcceptedScope,
  until: Instant,
  { by, reason, at }: Decision,
  store: AcceptanceStore,
): Promise<readonly TargetKey[]> {
  const { id } = scope;
  const keys = await targetsOf(scope, store);
  for (const key of keys) {
    await store.addTargetFacts(key, [{ kind: "accepted", id, from: at, until, by, reason }]);
    await store.append({
      kind: "accepted",
      at,
      subject: subjectOf(key),
      message: `${by} bears the risk of ${id} until ${renderMoment(until)}: ${reason}`,
      key: `accepted ${subjectOf(key)} ${key.baseBranch} ${id} ${at} ${until}`,
    });
  }
  await refresh(keys, at, store);
  return keys;
}

/** Ends what {@link acceptRisk} began, now. @returns the targets where something ended */
export async function liftAcceptance(
  scope: AcceptedScope,
  { by, reason, at }: Decision,
  store: AcceptanceStore,
): Promise<readonly TargetKey[]> {
  const { id } = scope;
  const lifted: TargetKey[] = [];
  for (const key of await targetsOf(scope, store)) {
    const running = acceptancesOf(await store.targetFacts(key), id, at).filter(({ until }) => until > at);
    if (running.length === 0) continue;
    const facts = running.map(({ from }): TargetFact => ({ kind: "acceptance-lifted", id, from, at, by }));
    await store.addTargetFacts(key, facts);
    await store.append({
      kind: "acceptance-lifted",
      at,
      subject: subjectOf(key),
      message: `${by} no longer bears the risk of ${id}: ${reason}`,
      key: `acceptance-lifted ${subjectOf(key)} ${key.baseBranch} ${id} ${at}`,
    });
    lifted.push(key);
  }
  await refresh(lifted, at, store);
  return lifted;
}

/** Acceptances that hold, the one that ends first before the others. */
export async function acceptedRisks(
  store: Pick<Store, "targets" | "targetFacts">,
  now: Instant,
): Promise<readonly AcceptedTarget[]> {
  const accepted: AcceptedTarget[] = [];
  for (const key of await store.targets()) {
    const facts = await store.targetFacts(key);
    const ids = new Set(facts.flatMap((fact) => (fact.kind === "accepted" ? [fact.id] : [])));
    for (const id of ids) {
      const holding = acceptancesOf(facts, id, now).filter(({ until }) => until > now);
      accepted.push(...holding.map((acceptance) => ({ key, acceptance })));
    }
  }
  return accepted.toSorted((a, b) => a.acceptance.until - b.acceptance.until);
}

async function targetsOf(
  { codeRepository, line }: AcceptedScope,
  store: Pick<Store, "targets">,
): Promise<readonly TargetKey[]> {
  const isMeant = (key: TargetKey): boolean =>
    nameOf(key.codeRepository) === nameOf(codeRepository) &&
    (line === undefined || renderLine(key.line) === renderLine(line));
  return (await store.targets()).filter(isMeant);
}

/** Pull requests of these targets say it soon. */
async function refresh(
  keys: readonly TargetKey[],
  at: Instant,
  store: Pick<Store, "proposals" | "schedule">,
): Promise<void> {
  if (keys.length === 0) return;
  await store.schedule({ kind: "sla" }, at, "sooner");
  const names = new Set(keys.map((key) => `${nameOf(key.codeRepository)} ${key.baseBranch}`));
  for (const { codeRepository, baseBranch, group, state } of await store.proposals()) {
    if (state !== "open" || !names.has(`${nameOf(codeRepository)} ${baseBranch}`)) continue;
    await store.schedule({ kind: "propose", proposal: { codeRepository, baseBranch, group } }, at, "sooner");
  }
}

function subjectOf({ codeRepository, line }: TargetKey): string {
  return `${codeRepository.owner}/${codeRepository.name} ${renderLine(line)}`;
}

function nameOf({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`.toLowerCase();
}
