import { NO_DISTRUST } from "../src/trust/policy.ts";
import type { Profile } from "../src/vendor/profile.ts";
import { ConfigError } from "./fault.ts";
import { profilesOf } from "./profiles.ts";
import { readerOf } from "./reader.ts";
import { PUBLIC_GOOD } from "./signer-fields.ts";
import { loadVendorFiles, VENDORS_DIRECTORY } from "./vendor-file.ts";

/**
 * The built-in profiles as they are where nothing is configured.
 *
 * @throws {ConfigError} with everything that is wrong in their files
 */
export async function builtInProfiles(): Promise<readonly Profile[]> {
  const reader = readerOf(VENDORS_DIRECTORY, {}, () => undefined);
  const { vendors, faults } = await loadVendorFiles(VENDORS_DIRECTORY, reader);
  const { profiles, ...claimed } = profilesOf({
    vendors,
    overrides: {},
    subscriptions: [],
    policy: {},
    distrust: NO_DISTRUST,
    rootNames: [PUBLIC_GOOD],
  });
  if (faults.length + claimed.faults.length > 0) {
    throw new ConfigError(VENDORS_DIRECTORY, [...faults, ...claimed.faults]);
  }
  return profiles;
}
