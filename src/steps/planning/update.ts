import type { Assessment } from "../../assess/assessment.ts";
import type { Digest } from "../../image/digest.ts";
import type { ApprovalRecord } from "../../ports/operators.ts";
import type { ProposalRecord, Store, VerdictRecord } from "../../ports/store.ts";
import { targetLineOf, type Update } from "../../proposal/plan.ts";
import { UPDATE_ID } from "../../sla/obligation.ts";
import type { Timer } from "../../sla/timer.ts";
import { evaluateVendor, type VendorEvaluation } from "../../sla/vendor.ts";
import type { Instant } from "../../time.ts";
import { endingOf } from "../../vendor/lifecycle.ts";
import type { Clocks } from "../clocks/clocks.ts";
import type { PinnedPlaces } from "./pins.ts";
import { entryOf, type Target } from "./target.ts";

/** Everything that an update is put together from. */
export interface UpdateFacts extends PinnedPlaces {
  readonly target: Target;
  readonly clocks: Clocks;
  readonly open: ProposalRecord | undefined;
  readonly policy: Update["policy"];
  readonly now: Instant;
}

/** What is proposed for a pin; undefined while it is not assessed, and for a step backwards that nobody approved of. */
export async function updateOf(
  facts: UpdateFacts,
  store: Pick<Store, "assessment">,
): Promise<Update | undefined> {
  const { line, from, places, profile, policy, target, clocks, open } = facts;
  const { timer } = clocks;
  const { record, verdict, history, approval, toTag, returned } = target;
  const to = record.image.digest;
  const verifiedAt = record.verifiedAt ?? record.checkedAt;
  const assessment = await store.assessment(line.repository, from, to);
  if (assessment === undefined) return undefined;
  if (assessment.class === "moved-backwards" && approval === undefined) return undefined;

  const observedAt = (digest: Digest) =>
    history.find((observation) => observation.digest === digest)?.firstSeenAt ?? record.since;
  const before = entryOf(open, facts);
  const superseded = before?.superseded ?? [];
  const moved = toTag === undefined ? {} : { toTag };
  const endOfLife = endingOf(targetLineOf({ line, ...moved }), profile, facts.now);
  return {
    line,
    from,
    to,
    ...moved,
    places,
    platforms: record.platforms,
    verdict,
    verifiedAt,
    observedAt: observedAt(to),
    ...(endOfLife === undefined ? {} : { endOfLife }),
    ...packagesOf(record),
    profile,
    policy,
    assessment,
    timer: timer?.state === "open" ? timer : unboundTimer(verifiedAt),
    vendorClocks: vendorClocksOf(assessment, facts),
    ...(approval === undefined ? {} : { stepBack: approvedStep(approval, assessment) }),
    ...(returned === undefined ? {} : { returned }),
    superseded:
      before === undefined || before.to === to
        ? superseded
        : [...superseded, { digest: before.to, observedAt: observedAt(before.to) }],
  };
}

/** Those of what the new digest fixes or has, so that what was fixed long ago is not told with every update. */
function vendorClocksOf(
  { vulnerabilities }: Assessment,
  { clocks: { line }, profile: { vendorPromise }, now }: UpdateFacts,
): readonly VendorEvaluation[] {
  if (vendorPromise === undefined || vulnerabilities.kind === "not-assessed") return [];
  const { fixed, remaining, introduced, indeterminate } = vulnerabilities.delta;
  const ids = new Set([...fixed, ...remaining, ...introduced, ...indeterminate].map(({ id }) => id));
  return evaluateVendor(line, vendorPromise, now).filter(({ id }) => ids.has(id));
}

function approvedStep(
  { by, reason, at }: ApprovalRecord,
  { stepBack, class: kind }: Assessment,
): NonNullable<Update["stepBack"]> {
  const otherwise =
    kind === "regression"
      ? "it brings back a grave vulnerability"
      : "a digest that this pull request had left";
  return { why: stepBack ?? otherwise, by, reason, at };
}

/** Where the packages of a digest were read. */
export function packagesOf({
  components,
  lists,
}: VerdictRecord): Pick<Update, "sbomPlatform" | "packagesFrom"> {
  if (lists?.some(({ format }) => format === "layers") === true) return { packagesFrom: "layers" };
  if (components?.platform === undefined) return {};
  const { digest, platform } = components;
  const others = (lists ?? []).flatMap((list) => list.platform ?? []).filter((name) => name !== platform);
  return { sbomPlatform: { digest, platform, ...(others.length === 0 ? {} : { others }) } };
}

/** Of an update that no policy gives a deadline. */
function unboundTimer(startedAt: Instant): Timer {
  return { obligations: [{ id: UPDATE_ID, severity: "none", startedAt }], state: "open" };
}
