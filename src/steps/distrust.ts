import type { ImageId } from "../image/reference.ts";
import type { Store, VerdictRecord } from "../ports/store.ts";
import { distrustOf, joinedDistrust, relevantDistrust, withdrawn } from "../trust/distrust.ts";
import { type Distrust, NO_DISTRUST } from "../trust/policy.ts";
import type { Profile } from "../vendor/profile.ts";

/** What the configuration distrusts, for any vendor. */
export function configuredDistrust(profiles: readonly Profile[]): Distrust {
  return profiles.reduce((all, { policy }) => joinedDistrust(all, policy.distrust), NO_DISTRUST);
}

/** What operators said is no longer trusted, beside the configuration. */
export async function storedDistrust(store: Pick<Store, "distrusted">): Promise<Distrust> {
  return distrustOf((await store.distrusted()).map(({ subject }) => subject));
}

/**
 * A profile as it judges one image now: its policy leaves out what the configuration distrusts, and what operators did since. What does not
 * concern the image is not named, so that the policy's hash stays what it was for all that is not touched.
 */
export async function profileNow(
  profile: Profile,
  image: Pick<ImageId, "digest">,
  store: Pick<Store, "distrusted">,
): Promise<Profile> {
  return profileUnder(profile, image, await storedDistrust(store));
}

/** The same, with what operators said at hand. */
export function profileUnder(
  profile: Profile,
  { digest }: Pick<ImageId, "digest">,
  stored: Distrust,
): Profile {
  const { policy } = profile;
  const distrust = relevantDistrust(joinedDistrust(policy.distrust, stored), policy, [digest]);
  return { ...profile, policy: { ...policy, distrust } };
}

/**
 * A verdict that rests on nothing that is distrusted, however and whenever it was reached: the same one where it does not.
 *
 * @param profile as it is configured
 */
export async function withoutDistrusted(
  record: VerdictRecord,
  { policy }: Pick<Profile, "policy">,
  store: Pick<Store, "distrusted">,
): Promise<VerdictRecord> {
  const distrust = joinedDistrust(policy.distrust, await storedDistrust(store));
  const verdict = withdrawn(record.image.digest, record.verdict, { ...policy, distrust });
  return verdict === undefined ? record : { ...record, verdict };
}
