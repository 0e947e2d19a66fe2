import { NO_DISTRUST, type TrustedKey, type VerificationPolicy } from "../src/trust/policy.ts";
import type { Profile } from "../src/vendor/profile.ts";
import type { EvidencePlace } from "../src/vendor/evidence-place.ts";
import { type ImagePattern, isOverlapping, regExpOf, renderImagePattern } from "../src/vendor/pattern.ts";
import { type Fault, renderPath } from "./fault.ts";
import type { ConfiguredKey } from "./fields.ts";
import type { Section } from "./schema.ts";
import { DEFAULT_TERMS, joinTerms, type TermsLayer } from "./terms.ts";
import type { VendorFile } from "./vendor-file.ts";

/** Everything profiles are made from. */
export interface ProfileSources {
  readonly vendors: readonly VendorFile[];
  readonly overrides: Section<"vendors">;
  /** undefined keeps the place of an entry that has faults of its own. */
  readonly subscriptions: readonly (Section<"subscriptions">[number] | undefined)[];
  readonly policy: Pick<Section<"policy">, "sla" | "sbom">;
}

/** A pattern, and where it is written. */
export interface PatternPlace {
  readonly pattern: ImagePattern;
  readonly path: string;
}

/** A profile with the patterns it was made from and where each is written. */
interface Claim {
  readonly profile: Profile;
  /** What made it: `the vendor bellsoft`, `subscriptions[0]`. */
  readonly origin: string;
  readonly places: readonly PatternPlace[];
  readonly evidence: readonly ConfiguredEvidence[];
}

/** A place of evidence, and where it is written. */
interface ConfiguredEvidence {
  readonly place: EvidencePlace;
  readonly path: string;
}

/** The profiles in force. Two that claim one image, or have one id, are a fault that names both. */
export function profilesOf(sources: ProfileSources): {
  readonly profiles: readonly Profile[];
  /** Each pattern of images in force, with where it is written. */
  readonly places: readonly PatternPlace[];
  /** Each pattern of repositories where evidence hangs, with where it is written. */
  readonly evidence: readonly PatternPlace[];
  readonly faults: readonly Fault[];
} {
  const vendorClaims = sources.vendors
    .filter(({ id }) => sources.overrides[id]?.enabled !== false)
    .map((vendor) => vendorClaimOf(vendor, sources));
  const subscribed = sources.subscriptions.flatMap((subscription, index) =>
    subscription === undefined
      ? []
      : [subscriptionClaimOf(subscription, renderPath(["subscriptions", index]), sources.policy)],
  );
  const claims = [...vendorClaims, ...subscribed];
  return {
    profiles: claims.map(({ profile }) => profile),
    places: claims.flatMap(({ places }) => places),
    evidence: claims.flatMap(({ evidence }) =>
      evidence.map(({ place, path }) => ({ pattern: place.at, path: `${path}.at` })),
    ),
    faults: [
      ...planFaults(sources),
      ...idFaults(sources.vendors, subscribed),
      ...overlapFaults(claims),
      ...claims.flatMap(strayEvidenceFaults),
    ],
  };
}

function vendorClaimOf(vendor: VendorFile, { overrides, policy }: ProfileSources): Claim {
  const override = overrides[vendor.id];
  const own = { owner: `${vendor.publisher}'s terms`, terms: vendor.sla?.terms ?? {} };
  const layers = [
    ...layerOf(`your terms for ${vendor.publisher}`, override?.sla),
    ...layerOf("your policy", policy.sla),
    own,
  ];
  const evidence = [
    ...evidenceOf(vendor.evidence, `${vendor.id}.yaml: evidence`),
    ...evidenceOf(override?.evidence ?? [], renderPath(["vendors", vendor.id, "evidence"])),
  ];
  const { sla } = vendor;
  const isPromised = sla !== undefined && (sla.plan === undefined || sla.plan === override?.plan);
  const profile: Profile = {
    id: vendor.id,
    name: vendor.name,
    images: [...vendor.images, ...(override?.images ?? [])].map(regExpOf),
    evidence: evidence.map(({ place }) => place),
    policy: keyPolicyOf(
      vendor.id,
      keysOf(override?.keys ?? vendor.signature.keys, vendor.publisher),
      policy.sbom ?? vendor.sbom,
    ),
    mode: "enforced",
    signerHint: vendor.signature.signerHint,
    sla: joinTerms(layers, DEFAULT_TERMS),
    promise: isPromised
      ? joinTerms([], {
          owner: `${vendor.publisher}'s ${sla.plan === undefined ? "promise" : `${sla.plan} plan`}`,
          terms: sla.terms,
        })
      : undefined,
  };
  const places = [
    ...vendor.images.map((pattern, index) => ({ pattern, path: `${vendor.id}.yaml: images[${index}]` })),
    ...(override?.images ?? []).map((pattern, index) => ({
      pattern,
      path: renderPath(["vendors", vendor.id, "images", index]),
    })),
  ];
  return { profile, origin: originOf(vendor), places, evidence };
}

function subscriptionClaimOf(
  entry: Section<"subscriptions">[number],
  path: string,
  policy: ProfileSources["policy"],
): Claim {
  const name = entry.name ?? entry.image.components.join("/");
  const layers = [...layerOf(`your terms for ${name}`, entry.sla), ...layerOf("your policy", policy.sla)];
  const profile: Profile = {
    id: idOf(name),
    name,
    images: [regExpOf(entry.image)],
    evidence: entry.evidence,
    policy: keyPolicyOf(idOf(name), keysOf(entry.keys, name), policy.sbom ?? "expected"),
    mode: "enforced",
    signerHint: `Pin the key that signs these images under ${path}.keys.`,
    sla: joinTerms(layers, DEFAULT_TERMS),
    promise: undefined,
  };
  return {
    profile,
    origin: path,
    places: [{ pattern: entry.image, path: `${path}.image` }],
    evidence: evidenceOf(entry.evidence, `${path}.evidence`),
  };
}

function evidenceOf(places: readonly EvidencePlace[], path: string): readonly ConfiguredEvidence[] {
  return places.map((place, index) => ({ place, path: `${path}[${index}]` }));
}

function originOf({ id }: VendorFile): string {
  return `the vendor ${id}`;
}

function layerOf(owner: string, terms: TermsLayer["terms"] | undefined): readonly TermsLayer[] {
  return terms === undefined ? [] : [{ owner, terms }];
}

function keyPolicyOf(
  name: string,
  keys: readonly TrustedKey[],
  sbom: VerificationPolicy["sbom"],
): VerificationPolicy {
  return {
    signers: { need: "any", groups: keys.length === 0 ? [] : [{ name, anyOf: keys }] },
    log: "ignore",
    logRoots: [],
    sbom,
    attestations: [],
    subject: "any",
    distrust: NO_DISTRUST,
    insecure: [],
  };
}

function keysOf(keys: readonly ConfiguredKey[], owner: string): readonly TrustedKey[] {
  return keys.map(({ key, isNamed }) => (isNamed ? key : { ...key, signer: { ...key.signer, name: owner } }));
}

/** `Acme base` and `acme/base` become `acme-base`. */
function idOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

function planFaults({ vendors, overrides }: ProfileSources): readonly Fault[] {
  return vendors
    .filter(({ id, sla }) => overrides[id]?.plan !== undefined && overrides[id].plan !== sla?.plan)
    .map(({ id, publisher }) => ({
      path: renderPath(["vendors", id, "plan"]),
      reason: `no such plan of ${publisher} is known`,
    }));
}

/** An id names a group of pull requests and their branch: it is one profile's, and a vendor's even while it is disabled. */
function idFaults(vendors: readonly VendorFile[], subscribed: readonly Claim[]): readonly Fault[] {
  const owners = new Map(vendors.map((vendor) => [vendor.id, originOf(vendor)]));
  return subscribed.flatMap(({ profile: { id }, origin }) => {
    const path = `${origin}.name`;
    if (id === "") return [{ path, reason: "needs a letter or digit" }];
    const owner = owners.get(id);
    owners.set(id, owner ?? origin);
    return owner === undefined ? [] : [{ path, reason: `${id} is ${owner} already: give it another name` }];
  });
}

/** Evidence about images that the profile does not claim would never be looked for. */
function strayEvidenceFaults({ profile, places, evidence }: Claim): readonly Fault[] {
  return evidence
    .filter(({ place }) => !places.some(({ pattern }) => isOverlapping(pattern, place.images)))
    .map(({ place, path }) => ({
      path: `${path}.images`,
      reason: `${renderImagePattern(place.images)} is no image of ${profile.id}: nothing is looked for there`,
    }));
}

function overlapFaults(claims: readonly Claim[]): readonly Fault[] {
  return claims.flatMap((later, index) =>
    claims.slice(0, index).flatMap((earlier) =>
      later.places.flatMap(({ pattern, path }) =>
        earlier.places
          .filter((other) => isOverlapping(pattern, other.pattern))
          .map((other) => ({
            path,
            reason:
              `${renderImagePattern(pattern)} is claimed by two profiles, ${earlier.profile.id} ` +
              `(${renderImagePattern(other.pattern)}, ${other.path}) and ${later.profile.id}`,
          })),
      ),
    ),
  );
}
