import type { Distrust } from "../src/trust/policy.ts";
import type { TermsLayer } from "../src/sla/layers.ts";
import type { Profile, ProfileMode } from "../src/vendor/profile.ts";
import type { EvidencePlace } from "../src/vendor/evidence-place.ts";
import { type ImagePattern, isOverlapping, regExpOf, renderImagePattern } from "../src/vendor/pattern.ts";
import { type Fault, renderPath } from "./fault.ts";
import { type ClaimedPattern, moreExactThan, overlapFaults, type PatternPlace } from "./overlaps.ts";
import { type PolicyContext, subscriptionPolicyOf, vendorPolicyOf } from "./policies.ts";
import { insecureWarnings, vendorWarnings } from "./profile-warnings.ts";
import type { Section } from "./schema.ts";
import { lifecycleOf, tagGrammarOf } from "./tag-fields.ts";
import { vendorTermsOf } from "./terms.ts";
import type { TrustFields } from "./trust-fields.ts";
import type { VendorFile } from "./vendor-file.ts";

/** Everything profiles are made from. */
export interface ProfileSources {
  readonly vendors: readonly VendorFile[];
  readonly overrides: Section<"vendors">;
  /** undefined keeps the place of an entry that has faults of its own. */
  readonly subscriptions: readonly (Section<"subscriptions">[number] | undefined)[];
  readonly policy: Partial<Pick<Section<"policy">, "sbom">>;
  readonly distrust: Distrust;
  /** Names of the trust roots that there are. */
  readonly rootNames: readonly string[];
}

/** A profile with the patterns it was made from and where each is written. */
interface Claim {
  readonly profile: Profile;
  /** What made it: `the vendor bellsoft`, `subscriptions[0]`. */
  readonly origin: string;
  readonly places: readonly ClaimedPattern[];
  readonly evidence: readonly ConfiguredEvidence[];
  readonly isConfigured: boolean;
  readonly warnings: readonly string[];
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
  /** Those of them that the operator cares for: of subscriptions, and of vendors that are configured and still serve. */
  readonly configured: readonly ImagePattern[];
  /** Each pattern of repositories where evidence hangs, with where it is written. */
  readonly evidence: readonly PatternPlace[];
  /** What works and is likely not meant. */
  readonly warnings: readonly string[];
  readonly faults: readonly Fault[];
} {
  const vendorClaims = sources.vendors
    .filter(({ id }) => sources.overrides[id]?.enabled !== false)
    .map((vendor) => vendorClaimOf(vendor, sources));
  const subscribed = sources.subscriptions.flatMap((subscription, index) =>
    subscription === undefined
      ? []
      : [subscriptionClaimOf(subscription, renderPath(["subscriptions", index]), sources)],
  );
  const claims = [...vendorClaims, ...subscribed];
  return {
    profiles: claims.map(({ profile }) => profile),
    places: claims.flatMap(({ places }) => places),
    configured: claims
      .filter(({ isConfigured }) => isConfigured)
      .flatMap(({ places }) => places.map(({ pattern }) => pattern)),
    evidence: claims.flatMap(({ evidence }) =>
      evidence.map(({ place, path }) => ({ pattern: place.at, path: `${path}.at` })),
    ),
    warnings: claims.flatMap(({ warnings }) => warnings),
    faults: [
      ...planFaults(sources),
      ...idFaults(sources.vendors, subscribed),
      ...inputFaults(sources),
      ...endedFaults(sources),
      ...overlapFaults(claims.map(({ profile: { id }, places }) => ({ id, places }))),
      ...claims.flatMap(strayEvidenceFaults),
    ],
  };
}

function vendorClaimOf(vendor: VendorFile, sources: ProfileSources): Claim {
  const { overrides } = sources;
  const override = overrides[vendor.id];
  const own = layerOf(`your terms for ${vendor.publisher}`, override?.sla);
  const evidence = [
    ...evidenceOf(vendor.evidence, `${vendor.id}.yaml: evidence`),
    ...evidenceOf(override?.evidence ?? [], renderPath(["vendors", vendor.id, "evidence"])),
  ];
  const places = vendorPlacesOf(vendor, sources);
  const trust = vendorPolicyOf(vendor, override, policyContextOf(sources));
  const notice = vendor.discontinued?.notice;
  const profile: Profile = {
    id: vendor.id,
    name: vendor.name,
    images: places.map(({ pattern, except }) => regExpOf(pattern, except)),
    evidence: evidence.map(({ place }) => place),
    policy: trust.policy,
    ...fallbackOf(override),
    mode: vendorModeOf(vendor, override?.mode, trust.isDecided),
    ...(notice === undefined ? {} : { notice }),
    signerHint: signerHintOf(vendor, override?.inputs ?? {}),
    ...ownTermsOf(own),
    ...vendorTermsOf(vendor, override?.plan),
    ...(vendor.tags === undefined ? {} : { tags: tagGrammarOf(vendor.tags) }),
    ...(vendor.lifecycle.length === 0 ? {} : { lifecycle: lifecycleOf(vendor.lifecycle) }),
  };
  const warnings = override === undefined ? [] : vendorWarnings(profile, vendor, override);
  const isConfigured = override !== undefined && profile.mode !== "discontinued";
  return { profile, origin: originOf(vendor), places, evidence, isConfigured, warnings };
}

/** Nothing that nobody has confirmed decides by itself; whoever says who signs has decided. */
function vendorModeOf(
  { discontinued, status }: VendorFile,
  chosen: "observed" | "enforced" | undefined,
  isDecided: boolean,
): ProfileMode {
  if (discontinued !== undefined) return "discontinued";
  return chosen ?? (isDecided || status === "active" ? "enforced" : "observed");
}

function signerHintOf(
  { id, signature, needs }: VendorFile,
  inputs: Readonly<Record<string, string>>,
): string {
  const missing = Object.entries(needs)
    .filter(([name]) => !Object.hasOwn(inputs, name))
    .map(([name, { hint }]) => `${renderPath(["vendors", id, "inputs", name])}: ${hint}`);
  return [signature.signerHint, ...missing].join(" ");
}

function vendorPlacesOf(
  vendor: VendorFile,
  { vendors, overrides }: ProfileSources,
): readonly ClaimedPattern[] {
  // Also what a disabled vendor names is not another's.
  const others = vendors.filter(({ id }) => id !== vendor.id).flatMap(({ images }) => images);
  return [
    ...vendor.images.map((pattern, index) => ({
      pattern,
      path: `${vendor.id}.yaml: images[${index}]`,
      except: moreExactThan(pattern, others),
    })),
    ...(overrides[vendor.id]?.images ?? []).map((pattern, index) => ({
      pattern,
      path: renderPath(["vendors", vendor.id, "images", index]),
      except: [],
    })),
  ];
}

function policyContextOf({ rootNames, distrust, policy }: ProfileSources): PolicyContext {
  return { rootNames, distrust, ...(policy.sbom === undefined ? {} : { sbom: policy.sbom }) };
}

function subscriptionClaimOf(
  entry: Section<"subscriptions">[number],
  path: string,
  sources: ProfileSources,
): Claim {
  const name = entry.name ?? entry.image.components.join("/");
  const own = layerOf(`your terms for ${name}`, entry.sla);
  const profile: Profile = {
    id: idOf(name),
    name,
    images: [regExpOf(entry.image)],
    evidence: entry.evidence,
    policy: subscriptionPolicyOf(entry, { id: idOf(name), name }, policyContextOf(sources)),
    ...fallbackOf(entry),
    mode: entry.mode ?? "enforced",
    signerHint: `Say under ${path} who signs these images.`,
    ...ownTermsOf(own),
  };
  return {
    profile,
    origin: path,
    places: [{ pattern: entry.image, path: `${path}.image`, except: [] }],
    evidence: evidenceOf(entry.evidence, `${path}.evidence`),
    isConfigured: true,
    warnings: insecureWarnings(profile, path),
  };
}

function evidenceOf(places: readonly EvidencePlace[], path: string): readonly ConfiguredEvidence[] {
  return places.map((place, index) => ({ place, path: `${path}[${index}]` }));
}

function originOf({ id }: VendorFile): string {
  return `the vendor ${id}`;
}

function fallbackOf(fields: Pick<TrustFields, "sbomFallback"> = {}): Pick<Profile, "sbomFallback"> {
  return fields.sbomFallback === "layers" ? { sbomFallback: "layers" } : {};
}

function layerOf(owner: string, terms: TermsLayer["terms"] | undefined): readonly TermsLayer[] {
  return terms === undefined ? [] : [{ owner, terms }];
}

function ownTermsOf([layer]: readonly TermsLayer[]): Pick<Profile, "ownTerms"> {
  return layer === undefined ? {} : { ownTerms: layer };
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

/** What no profile asks for: most likely a name is written wrong. */
function inputFaults({ vendors, overrides }: ProfileSources): readonly Fault[] {
  return vendors.flatMap(({ id, needs }) =>
    Object.keys(overrides[id]?.inputs ?? {})
      .filter((name) => !Object.hasOwn(needs, name))
      .map((name) => ({
        path: renderPath(["vendors", id, "inputs", name]),
        reason: `unknown input; known here: ${Object.keys(needs).join(", ") || "none"}`,
      })),
  );
}

function endedFaults({ vendors, overrides }: ProfileSources): readonly Fault[] {
  return vendors
    .filter(({ id, discontinued }) => discontinued !== undefined && overrides[id]?.mode !== undefined)
    .map(({ id, publisher }) => ({
      path: renderPath(["vendors", id, "mode"]),
      reason: `${publisher} has ended this: its images are reported and not watched`,
    }));
}
