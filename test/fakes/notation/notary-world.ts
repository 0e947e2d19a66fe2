import { type KeyObject, X509Certificate } from "node:crypto";
import { digestOf } from "../../../src/image/digest.ts";
import { instantOf } from "../../../src/time.ts";
import type { NotationOutcome } from "../../../src/trust/notation/verify.ts";
import { notationOutcome } from "../../../src/trust/notation/verify.ts";
import type { TrustedNotary } from "../../../src/trust/policy.ts";
import type { TrustRoot } from "../../../src/trust/trust-root.ts";
import {
  certificate,
  type CertificateContents,
  type Holder,
  nameDer,
  type NameParts,
  newNotaryKey,
  type NotaryKey,
  PROFILES,
} from "./certificates.ts";
import { attributesFor, type EnvelopeContents, notationEnvelope, payloadFor } from "./envelopes.ts";
import { timestampToken, type TokenContents } from "./timestamps.ts";

/** When the tests take place, and when signatures were made. */
export const NOW = instantOf(Date.UTC(2026, 10, 23, 12));
export const SIGNED_AT = instantOf(Date.UTC(2026, 9, 1, 8, 30));

/** The image of the tests. */
export const IMAGE = digestOf(Buffer.from("an image"));

export const ACME: NameParts = [
  ["C", "US"],
  ["ST", "WA"],
  ["L", "Redmond"],
  ["O", "Acme"],
  ["CN", "Acme Signing"],
];

/** A subject with this common name. */
export function named(commonName: string): Buffer {
  return nameDer([
    ["C", "US"],
    ["ST", "WA"],
    ["O", "Acme"],
    ["CN", commonName],
  ]);
}

/** A signer: the certificate first, then its issuers to the root. */
export interface ChainHolder {
  readonly key: KeyObject;
  readonly leaf: Holder;
  readonly chain: readonly Buffer[];
}

/** Authorities, signers of every kind of key, and a timestamp authority, all under own roots. */
export interface NotaryWorld {
  readonly root: Holder;
  readonly intermediate: Holder;
  readonly tsaRoot: Holder;
  readonly tsaIntermediate: Holder;
  readonly tsa: TokenContents["tsa"];
  readonly trustRoot: TrustRoot;
  readonly notary: TrustedNotary;
  /** A signer under the authorities; its certificate as it should be, unless said otherwise. */
  signer(kind?: NotaryKey, contents?: Partial<CertificateContents>): ChainHolder;
  /** A countersignature by the timestamp authority. */
  timestamp(signature: Uint8Array, contents?: Partial<TokenContents>): Buffer;
}

export function newNotaryWorld(): NotaryWorld {
  const root = issue({ subject: named("Acme Root"), extensions: PROFILES.authority() });
  const intermediate = issue({
    subject: named("Acme Issuing"),
    issuer: root,
    extensions: PROFILES.authority(0),
  });
  const tsaRoot = issue({ subject: named("Clock Root"), extensions: PROFILES.authority() });
  const tsaIntermediate = issue({
    subject: named("Clock Issuing"),
    issuer: tsaRoot,
    extensions: PROFILES.authority(0),
  });
  const tsa = tsaHolder(tsaIntermediate, {});
  const keys = new Map<NotaryKey, KeyObject>();
  const keyOf = (kind: NotaryKey): KeyObject => {
    const key = keys.get(kind) ?? newNotaryKey(kind);
    keys.set(kind, key);
    return key;
  };
  return {
    root,
    intermediate,
    tsaRoot,
    tsaIntermediate,
    tsa,
    trustRoot: trustRootOf({ authorities: [root.der], timestampAuthorities: [tsaRoot.der] }),
    notary: { kind: "notation", name: "Acme", identities: ["C=US, ST=WA, O=Acme"], root: "acme" },
    signer: (kind = "p-256", contents = {}) => {
      const leaf = issue({
        key: keyOf(kind),
        subject: nameDer(ACME),
        issuer: intermediate,
        extensions: PROFILES.leaf(),
        ...contents,
      });
      return { key: leaf.key, leaf, chain: [leaf.der, intermediate.der, root.der] };
    },
    timestamp: (signature, contents = {}) =>
      timestampToken({
        tsa,
        certificates: [tsa.der, tsaIntermediate.der, tsaRoot.der],
        signature,
        at: SIGNED_AT,
        ...contents,
      }),
  };
}

/** A certificate with a key of its own, unless it is given one. */
export function issue(contents: Omit<CertificateContents, "key"> & { readonly key?: KeyObject }): Holder {
  return certificate({ key: newNotaryKey("p-256"), ...contents });
}

let tsaSerial = 500_000;

/** The certificate of a timestamp authority, with what a token needs to name it. */
export function tsaHolder(
  issuer: Holder,
  contents: Partial<CertificateContents>,
  key: KeyObject = newNotaryKey("p-256"),
): TokenContents["tsa"] {
  tsaSerial += 1;
  const holder = issue({
    subject: named("Clock"),
    issuer,
    serial: tsaSerial,
    extensions: PROFILES.timestamps(),
    key,
    ...contents,
  });
  return { ...holder, issuer: issuer.subject, serial: tsaSerial };
}

/** A trust root of these certificates. */
export function trustRootOf({
  authorities,
  timestampAuthorities = [],
  signingAuthorities,
}: {
  readonly authorities: readonly Uint8Array[];
  readonly timestampAuthorities?: readonly Uint8Array[];
  readonly signingAuthorities?: readonly Uint8Array[];
}): TrustRoot {
  return {
    name: "acme",
    version: "0".repeat(64),
    sigstore: { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] },
    authorities: certificatesOf(authorities),
    timestampAuthorities: certificatesOf(timestampAuthorities),
    ...(signingAuthorities === undefined ? {} : { signingAuthorities: certificatesOf(signingAuthorities) }),
  };
}

function certificatesOf(ders: readonly Uint8Array[]): readonly X509Certificate[] {
  return ders.map((bytes) => new X509Certificate(bytes));
}

/** What an envelope is made from when nothing else is said: Notation's ordinary signature of the image. */
export function contentsOf(
  signer: ChainHolder,
  more: Partial<EnvelopeContents> & Pick<EnvelopeContents, "form">,
): EnvelopeContents {
  return {
    key: signer.key,
    attributes: attributesFor(signer.key, "notary.x509", { signedAt: SIGNED_AT }),
    payload: payloadFor(IMAGE),
    chain: signer.chain,
    ...more,
  };
}

/** Judges an envelope in a world. */
export function judged(
  world: NotaryWorld,
  form: "jws" | "cose",
  envelope: Uint8Array,
  {
    digest = IMAGE,
    now = NOW,
    trustRoot = world.trustRoot,
    trusted = [world.notary],
  }: {
    readonly digest?: typeof IMAGE;
    readonly now?: typeof NOW;
    readonly trustRoot?: TrustRoot;
    readonly trusted?: readonly TrustedNotary[];
  } = {},
): NotationOutcome {
  return notationOutcome(digest, { form, envelope }, trusted, { roots: new Map([["acme", trustRoot]]), now });
}

/** Signs in one form and judges it. */
export function judgedContents(
  world: NotaryWorld,
  contents: EnvelopeContents,
  more: Parameters<typeof judged>[3] = {},
): NotationOutcome {
  return judged(world, contents.form, notationEnvelope(contents), more);
}
