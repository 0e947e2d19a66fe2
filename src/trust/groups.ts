import type { Instant } from "../time.ts";
import type { VerificationPolicy } from "./policy.ts";
import type { Accepted } from "./verdict.ts";

/** What good signatures of one thing amount to under a policy. */
export interface Signing {
  /** Names of the groups of which somebody signed, in the policy's order. */
  readonly groups: readonly string[];
  /** Names of the groups that are needed and of which nobody did. */
  readonly missing: readonly string[];
  readonly isEnough: boolean;
  /** The earliest time at which it was enough, by clocks we trust; absent if no clock says so of a group that was needed. */
  readonly trustedAt?: Instant;
}

/** Counts good signatures by groups. */
export function signingBy(
  signatures: readonly Pick<Accepted, "groups" | "signedAt">[],
  { signers: { need, groups } }: Pick<VerificationPolicy, "signers">,
): Signing {
  const signed = groups.flatMap(({ name }) => {
    const own = signatures.filter((signature) => signature.groups.includes(name));
    return own.length === 0 ? [] : [{ name, at: earliest(own.map(({ signedAt }) => signedAt)) }];
  });
  const names = signed.map(({ name }) => name);
  const absent = groups.map(({ name }) => name).filter((name) => !names.includes(name));
  const times = signed.map(({ at }) => at);
  switch (need) {
    case "any":
      return {
        groups: names,
        missing: signed.length > 0 ? [] : absent,
        isEnough: signed.length > 0,
        ...timed(earliest(times)),
      };
    case "all":
      return {
        groups: names,
        missing: absent,
        isEnough: signed.length > 0 && absent.length === 0,
        ...timed(absent.length === 0 ? latest(times) : undefined),
      };
    default:
      return need satisfies never;
  }
}

function timed(trustedAt: Instant | undefined): Pick<Signing, "trustedAt"> {
  return trustedAt === undefined ? {} : { trustedAt };
}

/** The earliest of those that are known. */
function earliest(times: readonly (Instant | undefined)[]): Instant | undefined {
  return times
    .filter((at) => at !== undefined)
    .toSorted((one, other) => one - other)
    .at(0);
}

/** The latest, if all are known. */
function latest(times: readonly (Instant | undefined)[]): Instant | undefined {
  const known = times.filter((at) => at !== undefined).toSorted((one, other) => one - other);
  return known.length === times.length ? known.at(-1) : undefined;
}
