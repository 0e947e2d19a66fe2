import { packedOf } from "../../src/sbom/packed.ts";
import { CodedError } from "../../src/errors.ts";
import type { Context } from "../../src/context.ts";
import type { Digest } from "../../src/image/digest.ts";
import type { VerdictRecord } from "../../src/ports/store.ts";
import type { Advisories } from "../../src/ports/advisories.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { instantOf } from "../../src/time.ts";
import { policyHash } from "../../src/trust/policy.ts";
import type { Verdict } from "../../src/trust/verdict.ts";
import { feedOf } from "../fixtures/feeds.ts";
import { osvFixtures } from "../fixtures/osv-records.ts";
import { BASE, type Bench, digest, NOW, profileOf } from "./bench.ts";

/** Facts as an earlier stage would have stored them. */

export const VERIFIED: Extract<Verdict, { kind: "verified" }> = {
  kind: "verified",
  signers: [{ kind: "key", fingerprint: "f".repeat(64), name: "BellSoft" }],
  insecure: [],
  results: [],
  skipped: [],
  sbom: {
    kind: "verified",
    predicateType: "https://cyclonedx.org/bom",
    source: { place: "att-tag", manifest: digest("a77"), layer: digest("1a7e6") },
  },
};

/** Stores a verdict on an image of the vendor, verified unless said otherwise. */
export async function judged(
  { store }: Pick<Context, "store">,
  of: Digest,
  change: Partial<VerdictRecord> = {},
): Promise<void> {
  await store.saveVerdict({
    image: { repository: BASE, digest: of },
    verdict: VERIFIED,
    policyHash: policyHash(profileOf().policy, new Map()),
    since: NOW,
    checkedAt: NOW,
    platforms: ["linux/amd64"],
    ...change,
  });
}

/** Stores a verified image with its component list. */
export async function listed(
  bench: Pick<Bench, "store">,
  of: Digest,
  list: ComponentList,
  change: Partial<VerdictRecord> = {},
): Promise<void> {
  await bench.store.saveComponents(of, packedOf(list));
  await judged(bench, of, { components: { digest: of }, ...change });
}

/** Advisories that know the records of the fixtures. */
export function advisoriesOf(asOf = instantOf(Date.parse("2026-11-24T00:00:00Z"))): Advisories & {
  readonly asked: number;
} {
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    async about(_packages, signal) {
      signal.throwIfAborted();
      asked += 1;
      const records = osvFixtures().filter(({ withdrawn }) => withdrawn === undefined);
      const feed = feedOf({ name: "fixtures", asOf, checkedAt: asOf, recordCount: records.length });
      return { feeds: [feed], records, related: [], vex: [], signals: new Map() };
    },
  };
}

/** Advisories that cannot be read. */
export const NO_ADVISORIES: Advisories = {
  about: () => Promise.reject(new CodedError("advisories-unavailable", "the directory holds no record")),
};
