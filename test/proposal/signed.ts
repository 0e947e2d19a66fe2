import type { Update } from "../../src/proposal/plan.ts";
import type { EvidenceSource } from "../../src/trust/evidence.ts";
import type { CertificateSigner, IdentitySigner, KeySigner, Signer } from "../../src/trust/signer.ts";
import type { Accepted, CandidateResult, Verdict } from "../../src/trust/verdict.ts";
import { at, digest, runtimeUpdate } from "./example.ts";

/** Updates of images that were signed in every way there is. Names of vendors are real, everything else is invented. */

export const VENDOR_KEY: KeySigner = {
  kind: "key",
  fingerprint: "92abd5c1f7b9e04d5a6c8831f0a9d2e47bb6103c5d8e9f00a1b2c3d4e5f60718",
  name: "BellSoft",
};

export const WORKFLOW: IdentitySigner = {
  kind: "identity",
  issuer: "https://token.actions.githubusercontent.com",
  subject: "https://github.com/chainguard-images/images/.github/workflows/release.yaml@refs/heads/main",
  root: "public-good",
  name: "Chainguard",
};

export const OWN_ROOT_IDENTITY: IdentitySigner = {
  kind: "identity",
  issuer: "https://issuer.acme.example",
  subject: "https://ci.acme.example/images",
  root: "Acme Sigstore",
  name: "Acme platform",
};

export const CERTIFICATE: CertificateSigner = {
  kind: "certificate",
  subject: "CN=Microsoft SCD Products RSA Signing, O=Microsoft Corporation, L=Redmond, ST=WA, C=US",
  root: "microsoft-supply-chain",
  name: "Microsoft",
};

export const PUBLIC_LOG = {
  logId: "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d",
  index: "1234567890",
};

export const OWN_LOG = { logId: "77".repeat(32), index: "42" };

/** A result that counts. */
export function acceptedBy(
  signer: Signer,
  result: Partial<Omit<CandidateResult, "outcome">> & {
    readonly outcome?: Partial<Accepted>;
    readonly place?: EvidenceSource["place"];
  } = {},
): CandidateResult & { readonly outcome: Accepted } {
  const { place = "sig-tag", outcome = {}, ...rest } = result;
  return {
    kind: "cosign-signature",
    source: {
      place,
      manifest: digest("aa"),
      layer: digest(`${signer.name.length}${place}`.replaceAll(/[^0-9a-f]/g, "0")),
    },
    ...rest,
    outcome: { kind: "accepted", signer, groups: ["vendor"], proves: "image", ...outcome },
  };
}

/** Signed at a time that a log promised. */
export const LOGGED = {
  signedAt: at("2026-11-20T10:03Z"),
  timeProof: "log-promise",
  log: PUBLIC_LOG,
} as const satisfies Partial<Accepted>;

/** The runtime image with this verdict. */
export function verifiedAs(
  results: readonly CandidateResult[],
  more: Partial<Extract<Verdict, { kind: "verified" }>> = {},
): Update {
  const signers = results.flatMap(({ outcome }) =>
    outcome.kind === "accepted" && outcome.proves === "image" ? [outcome.signer] : [],
  );
  return {
    ...runtimeUpdate(),
    verdict: {
      kind: "verified",
      signers,
      results,
      skipped: [],
      sbom: { kind: "missing" },
      insecure: [],
      ...more,
    },
  };
}

/** A keyless image with everything: logged signature, SBOM and provenance as bundles. */
export function keylessUpdate(): Update {
  const bundle = (predicateType: string, layer: string): CandidateResult =>
    acceptedBy(WORKFLOW, {
      kind: "sigstore-bundle",
      source: {
        place: "referrer",
        manifest: digest(`b${layer}`),
        layer: digest(`c${layer}`),
        subject: runtimeUpdate().to,
      },
      predicateType,
      outcome: { proves: "statement", ...LOGGED, timeProof: "log-proof" },
    });
  const sbom = bundle("https://spdx.dev/Document", "1");
  return verifiedAs(
    [acceptedBy(WORKFLOW, { outcome: LOGGED }), sbom, bundle("https://slsa.dev/provenance/v1", "2")],
    {
      trustedAt: LOGGED.signedAt,
      sbom: { kind: "verified", predicateType: "https://spdx.dev/Document", source: sbom.source },
    },
  );
}
