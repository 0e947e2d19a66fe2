import type { Instant } from "../time.ts";
import { versionsOf } from "./deadline.ts";
import type { SlaPolicy } from "./policy.ts";

/** The version of a policy that is in force at a moment; the first one where none is yet. */
export function versionAt(policy: SlaPolicy, at: Instant): SlaPolicy {
  const versions = versionsOf(policy);
  const inForce = versions.findLast(({ effectiveAt }) => effectiveAt === undefined || effectiveAt <= at);
  return inForce ?? versions[0] ?? policy;
}

/** The version that a clock runs by which started at a moment: the one in force then, or the newest that applies to what was open. */
export function versionOfClock(policy: SlaPolicy, startedAt: Instant): SlaPolicy {
  const first = versionAt(policy, startedAt);
  const versions = versionsOf(policy);
  const newer = versions.slice(versions.indexOf(first) + 1);
  return newer.findLast(({ appliesToOpen }) => appliesToOpen) ?? first;
}
