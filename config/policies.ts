import type { Distrust, LogMode, TrustedSigner, VerificationPolicy } from "../src/trust/policy.ts";
import { type ConfiguredSigner, PUBLIC_GOOD } from "./signer-fields.ts";
import { signersIn, type TrustFields } from "./trust-fields.ts";
import { inputsIn, type VendorFile } from "./vendor-file.ts";

/** What policies are made from beside what is said of their own images. */
export interface PolicyContext {
  /** Names of the trust roots that there are. */
  readonly rootNames: readonly string[];
  readonly distrust: Distrust;
  /** What the organisation demands of all images. */
  readonly sbom?: VerificationPolicy["sbom"];
}

/** What is known of signatures before the operator says anything. */
type Known = Pick<VerificationPolicy, "signers" | "attestations" | "subject" | "sbom"> & {
  readonly log: VendorFile["log"];
};

/** Whose policy it is: `bellsoft`, `BellSoft`. */
export interface PolicyOwner {
  readonly id: string;
  readonly name: string;
}

/** The policy of a subscription: nothing is known of it but what the operator says. */
export function subscriptionPolicyOf(
  fields: TrustFields,
  owner: PolicyOwner,
  context: PolicyContext,
): VerificationPolicy {
  const known: Known = {
    signers: { need: "any", groups: [] },
    log: "none",
    attestations: [],
    subject: "any",
    sbom: "expected",
  };
  return policyOf(fields, known, owner, context);
}

/** The policy of a vendor, and whether the operator said who signs. */
export function vendorPolicyOf(
  vendor: VendorFile,
  override: (TrustFields & { readonly inputs?: Readonly<Record<string, string>> }) | undefined,
  context: PolicyContext,
): { readonly policy: VerificationPolicy; readonly isDecided: boolean } {
  const { id, publisher, log, attestations, subject, sbom } = vendor;
  const inputs = override?.inputs ?? {};
  const signers = builtInSigners(vendor, inputs, context.rootNames);
  const groups = signers.length === 0 ? [] : [{ name: id, anyOf: signers }];
  const known: Known = { signers: { need: "any", groups }, log, attestations, subject, sbom };
  const own = override === undefined ? undefined : ownSigners(override, { id, name: publisher });
  const isGiven = signers.length > 0 && Object.keys(inputs).length > 0;
  return {
    policy: policyOf(override ?? {}, known, { id, name: publisher }, context),
    isDecided: own !== undefined || isGiven,
  };
}

function policyOf(
  fields: TrustFields,
  known: Known,
  owner: PolicyOwner,
  { distrust, sbom }: PolicyContext,
): VerificationPolicy {
  const own = ownSigners(fields, owner);
  const signers = own ?? known.signers;
  const trusted = signers.groups.flatMap(({ anyOf }) => anyOf);
  const log = logOf(fields, known.log, own === undefined ? [] : trusted);
  const isLogKnown = log !== "ignore" && trusted.some(({ kind }) => kind === "key");
  return {
    signers,
    log,
    logRoots: fields.logRoots ?? (isLogKnown ? [PUBLIC_GOOD] : []),
    sbom: fields.sbom ?? sbom ?? known.sbom,
    attestations: fields.attestations ?? known.attestations,
    subject: fields.subject ?? known.subject,
    distrust,
    insecure: insecureOf(fields),
  };
}

/** What logs count. Whoever names identities gets the log that these are watched by, unless they say otherwise. */
function logOf({ log, logRoots }: TrustFields, known: Known["log"], own: readonly TrustedSigner[]): LogMode {
  if (log !== undefined) return log === "insecure-ignore" ? "ignore" : log;
  if (own.some(({ kind }) => kind === "identity")) return "require";
  if (known !== "none") return known;
  return logRoots === undefined ? "ignore" : "if-known";
}

function ownSigners(
  fields: TrustFields,
  { id, name }: PolicyOwner,
): VerificationPolicy["signers"] | undefined {
  const { signers } = fields;
  if (signers !== undefined) {
    const groups = signers.groups.map((group) => ({
      name: group.name,
      anyOf: signersIn(group).map((signer) => called(signer, name)),
    }));
    return { need: signers.need, groups };
  }
  const single = signersIn(fields).map((signer) => called(signer, name));
  return single.length === 0 ? undefined : { need: "any", groups: [{ name: id, anyOf: single }] };
}

function called({ signer, isNamed }: ConfiguredSigner, name: string): TrustedSigner {
  if (isNamed) return signer;
  return signer.kind === "key" ? { ...signer, signer: { ...signer.signer, name } } : { ...signer, name };
}

/** The profile's own signers, as far as nothing is missing that only the operator has. */
function builtInSigners(
  { signature, publisher }: VendorFile,
  inputs: Readonly<Record<string, string>>,
  rootNames: readonly string[],
): readonly TrustedSigner[] {
  const known =
    signature.kind === "keys"
      ? signature.keys
      : signature.kind === "identities"
        ? signature.identities.flatMap((identity) => filledIn(identity, inputs))
        : signature.kind === "notation"
          ? [signature.notation]
          : [];
  return known
    .map((signer) => called(signer, publisher))
    .filter((signer) => signer.kind === "key" || rootNames.includes(signer.root));
}

/** An identity with what the operator gave in place of the braces; none while something is missing. */
function filledIn(
  identity: ConfiguredSigner,
  inputs: Readonly<Record<string, string>>,
): readonly ConfiguredSigner[] {
  const { signer } = identity;
  if (signer.kind !== "identity" || signer.subject.kind !== "exact") return [identity];
  if (inputsIn(identity).some((name) => !Object.hasOwn(inputs, name))) return [];
  const text = signer.subject.text.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => inputs[name] ?? "");
  return [{ ...identity, signer: { ...signer, subject: { kind: "exact", text } } }];
}

function insecureOf(fields: TrustFields): readonly string[] {
  const { log, signers } = fields;
  const configured = signers === undefined ? signersIn(fields) : signers.groups.flatMap(signersIn);
  const ofLog =
    log === "insecure-ignore"
      ? ["No transparency log is looked at (log: insecure-ignore): nobody sees what a stolen key signs."]
      : [];
  return [...new Set([...configured.flatMap(({ insecure }) => insecure), ...ofLog])];
}
