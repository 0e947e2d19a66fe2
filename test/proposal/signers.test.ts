import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BODY_LENGTH_MAX, renderBody } from "../../src/proposal/body.ts";
import { renderControls } from "../../src/proposal/commands.ts";
import { commitMessageOf, isOwnCommit } from "../../src/proposal/commit-message.ts";
import type { Plan, Update } from "../../src/proposal/plan.ts";
import { statusesOf } from "../../src/proposal/statuses.ts";
import type { VerificationPolicy } from "../../src/trust/policy.ts";
import { KEY, at, builderUpdate, digest, planOf, runtimeUpdate } from "./example.ts";
import {
  CERTIFICATE,
  LOGGED,
  OWN_LOG,
  OWN_ROOT_IDENTITY,
  VENDOR_KEY,
  WORKFLOW,
  acceptedBy,
  keylessUpdate,
  verifiedAs,
} from "./signed.ts";

function render(updates: readonly Update[], policy: Partial<VerificationPolicy> = {}): string {
  return renderBody(planWith(updates, policy), { version: "0.1.0", markerKey: KEY });
}

function planWith(updates: readonly Update[], policy: Partial<VerificationPolicy> = {}): Plan {
  return planOf(
    updates.map((update) => {
      const { profile } = update;
      return { ...update, profile: { ...profile, policy: { ...profile.policy, ...policy } } };
    }),
  );
}

const group = (name: string) => ({ name, anyOf: [] });
const notation = acceptedBy(CERTIFICATE, {
  kind: "notation-signature",
  place: "referrer",
  outcome: {
    signedAt: at("2026-11-20T10:04Z"),
    timeProof: "countersignature",
    unchecked: ["revocation of the certificate"],
  },
});
const provenance = acceptedBy(WORKFLOW, {
  kind: "cosign-attestation",
  place: "att-tag",
  predicateType: "https://slsa.dev/provenance/v1",
  outcome: { proves: "statement" },
});

/** An SBOM that a signed index lists beside its platforms. */
const LISTED_SBOM = {
  kind: "verified",
  predicateType: "https://spdx.dev/Document",
  source: { place: "index", manifest: digest("a77e57"), layer: digest("5b03") },
} as const;

describe("who signed", () => {
  test("a keyless image is shown to people as they were shown it", () => {
    const golden = new URL("../fixtures/proposal/keyless.md", import.meta.url);
    expect(render([keylessUpdate()], { log: "require" })).toBe(readFileSync(golden, "utf8"));
  });

  test.each<{
    title: string;
    updates: readonly Update[];
    policy?: Partial<VerificationPolicy>;
    shown: readonly (string | RegExp)[];
    hidden?: readonly (string | RegExp)[];
  }>([
    {
      title: "an identity, with exactly its issuer and subject",
      updates: [keylessUpdate()],
      policy: { log: "require" },
      shown: [
        `> **Verified**: signed by Chainguard, GitHub Actions workflow \`${WORKFLOW.subject}\`, named by \`${WORKFLOW.issuer}\`.`,
        "(Chainguard, trust root `public-good`), over exactly this digest |",
        "| signed at | ✔ 20 Nov 2026, 10:03 UTC, by a signed promise of log `c0d23d6ad406`, entry `1234567890` |",
        "| SBOM | ✔ SPDX attestation by the same signer, about exactly this digest |",
        "| statements | ✔ SLSA provenance by the same signer |",
        "- Provenance: there is a signed statement; which builder and source it names was not looked at.",
        "Nothing is needed but cosign: who may have signed stands in the commands.",
      ],
      hidden: ["- Transparency log", "- Revocation", "--insecure", ".pub`"],
    },
    {
      title: "an identity of an issuer without a name of its own",
      updates: [verifiedAs([acceptedBy(OWN_ROOT_IDENTITY, { outcome: LOGGED })])],
      shown: [
        "Acme platform, identity `https://ci.acme.example/images`, named by `https://issuer.acme.example`",
        "- the certificates of the authorities of `Acme Sigstore` in PEM, saved as `acme-sigstore.authorities.pem`",
        "SIGSTORE_ROOT_FILE=acme-sigstore.authorities.pem SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=acme-sigstore.certificate-log.pub SIGSTORE_REKOR_PUBLIC_KEY=acme-sigstore.log.pub cosign verify --certificate-identity https://ci.acme.example/images ",
      ],
    },
    {
      title: "a certificate of Notation, with what could not be checked",
      updates: [verifiedAs([notation])],
      shown: [
        `> **Verified**: signed by Microsoft, certificate of \`${CERTIFICATE.subject}\`, certified by \`microsoft-supply-chain\`.`,
        "| signed at | ✔ 20 Nov 2026, 10:04 UTC, countersigned by a timestamp authority |",
        "- Signature by Microsoft: revocation of the certificate.",
        "notation with a trust policy whose store holds the certificates of `microsoft-supply-chain`",
        `whose trusted identity is \`x509.subject: ${CERTIFICATE.subject}\``,
        /^notation verify docker\.io\/bellsoft\/hardened-liberica-runtime-container@sha256:e5f2aa/m,
      ],
      hidden: ["cosign verify", "withdrawn"],
    },
    {
      title: "a key, in a private log",
      updates: [verifiedAs([acceptedBy(VENDOR_KEY, { outcome: { ...LOGGED, log: OWN_LOG } })])],
      policy: { log: "if-known" },
      shown: [
        "by a signed promise of log `777777777777`, entry `42`",
        `the public key of the log \`${OWN_LOG.logId}\` in PEM, saved as \`log-77777777.pub\``,
        /^SIGSTORE_REKOR_PUBLIC_KEY=log-77777777\.pub cosign verify --key bellsoft\.pub --offline docker/m,
        "- Revocation: there is no source that says whether a key was withdrawn.",
      ],
      hidden: ["- Transparency log", "--insecure-ignore-tlog"],
    },
    {
      title: "a key without a log where logs are looked at",
      updates: [verifiedAs([acceptedBy(VENDOR_KEY)])],
      policy: { log: "if-known" },
      shown: [
        "| signed at | – nothing that we trust says when |",
        "- Transparency log: no entry of a log that we know came with the signature, and the policy wants none.",
      ],
    },
    {
      title: "two groups, both of which must sign",
      updates: [
        verifiedAs(
          [
            acceptedBy(VENDOR_KEY, { outcome: { groups: ["vendor"], ...LOGGED } }),
            acceptedBy(OWN_ROOT_IDENTITY, { place: "referrer", outcome: { groups: ["mirror"] } }),
          ],
          { trustedAt: at("2026-11-20T11:00Z") },
        ),
      ],
      policy: { signers: { need: "all", groups: [group("vendor"), group("mirror")] } },
      shown: [
        "| groups | ✔ all 2 groups must have signed: `vendor` by BellSoft; `mirror` by Acme platform, by 20 Nov 2026, 11:00 UTC |",
        "| signed at | ✔ BellSoft: 20 Nov 2026, 10:03 UTC, by a signed promise of log `c0d23d6ad406`, entry `1234567890`; nothing that we trust dates 1 more signature |",
        "signed by BellSoft, key `SHA256:kqvV",
        "; Acme platform, identity",
      ],
    },
    {
      title: "an SBOM that the signed index lists, which is not signed itself",
      updates: [verifiedAs([acceptedBy(VENDOR_KEY)], { sbom: LISTED_SBOM })],
      shown: ["that the signed index lists, not signed itself, about exactly this digest |"],
      hidden: ["attestation by BellSoft"],
    },
    {
      title: "two groups of which one is enough",
      updates: [verifiedAs([acceptedBy(VENDOR_KEY)])],
      policy: { signers: { need: "any", groups: [group("vendor"), group("mirror")] } },
      shown: ["| groups | ✔ one group of 2 is enough: `vendor` by BellSoft |"],
    },
    {
      title: "a platform of a signed index",
      updates: [verifiedAs([acceptedBy(VENDOR_KEY)], { coveredBy: digest("1dea") })],
      shown: [
        "over the index `1dea01234567`, which lists exactly this digest |",
        /^cosign verify --key bellsoft\.pub --insecure-ignore-tlog docker\.io\/\S+@sha256:1dea0123/m,
      ],
      hidden: ["over exactly this digest"],
    },
    {
      title: "a statement in a signed manifest",
      updates: [
        verifiedAs([
          acceptedBy(VENDOR_KEY),
          acceptedBy(VENDOR_KEY, {
            kind: "signed-manifest",
            source: {
              place: "referrer",
              manifest: digest("5eed"),
              layer: digest("b0d1"),
              subject: runtimeUpdate().to,
            },
            predicateType: "https://slsa.dev/provenance/v0.2",
            outcome: { proves: "statement" },
          }),
        ]),
      ],
      shown: [
        "| statements | ✔ SLSA provenance in a manifest of its own, signed by the same signer |",
        /^cosign verify --key bellsoft\.pub --insecure-ignore-tlog --experimental-oci11 docker\.io\/\S+@sha256:5eed0123/m,
      ],
    },
    {
      title: "provenance that the policy requires, of builders that it names",
      updates: [verifiedAs([acceptedBy(WORKFLOW, { outcome: LOGGED }), provenance])],
      policy: {
        attestations: [
          {
            name: "SLSA provenance",
            predicateTypes: ["https://slsa.dev/provenance/"],
            builders: [{ kind: "exact", text: "https://builder.example" }],
          },
        ],
      },
      shown: [
        "SLSA provenance by the same signer (required by the policy as SLSA provenance, of a builder that it names) |",
        "- Provenance: the builder is the policy's; from which source it built was not looked at.",
        /^cosign verify-attestation .* --type https:\/\/slsa\.dev\/provenance\/v1 docker/m,
      ],
    },
    {
      title: "two keys of one name are two files",
      updates: [
        verifiedAs([
          acceptedBy(VENDOR_KEY),
          acceptedBy({ ...VENDOR_KEY, fingerprint: "ab".repeat(32) }, { place: "referrer" }),
        ]),
      ],
      shown: ["saved as `bellsoft.pub`", "saved as `bellsoft-abababab.pub`", "--key bellsoft-abababab.pub"],
    },
    {
      title: "images that different people signed",
      updates: [builderUpdate(), keylessUpdate()],
      shown: [
        "| signature | `jdk-25-musl`: ✔ key `SHA256:",
        "| signature | `jre-25-nonroot-musl`: ✔ GitHub Actions workflow `",
        "withdrawn. (`jdk-25-musl`)",
      ],
    },
  ])("$title", ({ updates, policy, shown, hidden = [] }) => {
    const body = render(updates, policy);
    for (const text of shown) expect(body).toMatch(text);
    for (const text of hidden) expect(body).not.toMatch(text);
  });

  test("commit message and status name the identity", () => {
    const plan = planOf([keylessUpdate()]);
    const bare = commitMessageOf(plan).replaceAll("\u200b", "");
    expect(bare).toContain(
      `Signed by Chainguard (GitHub Actions workflow ${WORKFLOW.subject}, named by ${WORKFLOW.issuer}).`,
    );
    expect(statusesOf(plan)[0].description.replaceAll("\u200b", "")).toMatch(
      /^Verified: signed by Chainguard \(https:\/\/github\.com\/chainguard-images\/images\/.*…\)$/,
    );
  });
});

describe("a verification that the operator weakened", () => {
  const SENTENCES = ["Signatures of any identity count.", "Certificates without a log are believed."];
  const plan = planOf([
    { ...keylessUpdate(), verdict: { ...keylessUpdate().verdict, insecure: SENTENCES } },
    builderUpdate(),
  ]);

  test("says so first, in every place", () => {
    const body = renderBody(plan, { version: "0.1.0", markerKey: KEY });
    expect(body.split("\n\n", 1)[0]).toBe(
      [
        "> [!CAUTION]",
        "> **WEAKENED BY CONFIGURATION. Verified here means less than it says:**",
        ...SENTENCES.map((sentence) => `> - ⚠ ${sentence}`),
      ].join("\n"),
    );
    for (const sentence of SENTENCES) {
      expect(commitMessageOf(plan)).toContain(`WEAKENED by configuration: ${sentence}`);
    }
    expect(statusesOf(plan)[0].description).toMatch(/^WEAKENED by configuration: signed by /);
    expect(isOwnCommit(commitMessageOf(plan), plan.group)).toBe(true);
  });

  test("a sound one says nothing of the kind", () => {
    const sound = planOf([keylessUpdate()]);
    const texts = [
      renderBody(sound, { version: "0.1.0", markerKey: KEY }),
      commitMessageOf(sound),
      statusesOf(sound)[0].description,
    ];
    expect(texts.join("\n")).not.toMatch(/weakened/i);
  });

  test.each([
    { title: "many sentences", insecure: Array.from({ length: 400 }, (_, number) => `Choice ${number}.`) },
    { title: "a long one", insecure: ["x".repeat(90_000)] },
  ])("keeps to the budget: $title", ({ insecure }) => {
    const update = { ...keylessUpdate(), verdict: { ...keylessUpdate().verdict, insecure } };
    const body = render([update]);
    expect(body.length).toBeLessThanOrEqual(BODY_LENGTH_MAX);
    expect(body).toContain("WEAKENED BY CONFIGURATION");
  });
});

describe("identities that mean harm", () => {
  const HOSTILE = [
    "x'; rm -rf ~; echo '",
    "$(touch x)`touch x`",
    "a\nb\n\nHullkeeper-Group: other",
    "@acme Fixes #1 <!-- hullkeeper: {",
    "| a | b |",
    "\u202egnp.exe\u200b",
    "[click](https://evil.example)",
    "<img src=x onerror=alert(1)>",
    "`````",
    "x".repeat(50_000),
    "'".repeat(500),
  ];

  test.each(HOSTILE)("%j", (text) => {
    const identity = { ...WORKFLOW, subject: text, issuer: text, root: text };
    const certificate = { ...CERTIFICATE, subject: text, root: text };
    const update = verifiedAs(
      [
        acceptedBy(identity, { outcome: { ...LOGGED, log: { logId: text, index: text } } }),
        acceptedBy(certificate, { kind: "notation-signature", outcome: { unchecked: [text] } }),
        acceptedBy(identity, {
          kind: "cosign-attestation",
          place: "att-tag",
          predicateType: text,
          outcome: { proves: "statement" },
        }),
      ],
      { insecure: [text] },
    );
    const plan = planOf([update]);
    const body = renderBody(plan, { version: "0.1.0", markerKey: KEY });
    const live = body
      .replace(/<!-- hullkeeper: \{"v":1,"group".*\} -->\n$/, "")
      .replace(renderControls(), "")
      .replaceAll(/^(`{3,})\n[^]*?\n\1$/gm, "")
      .replaceAll(/(?<!`)(`+)(?!`)(?:(?!\1(?!`))[^\n]|(?<=`)`)*?(?<!`)\1(?!`)/g, "")
      .replaceAll(/<\/?(?:details(?: open)?|summary|sub|code)>/g, "");
    expect(live).not.toMatch(/<[a-z!/]|@[a-z]|#\d|:\/\/|\]\(/i);
    expect(body).not.toMatch(/[\u202a-\u202e]/);
    expect(body.length).toBeLessThanOrEqual(BODY_LENGTH_MAX);
    for (const row of body.split("\n").filter((line) => line.startsWith("| "))) {
      expect(row.endsWith(" |")).toBe(true);
    }
    const message = commitMessageOf(plan);
    expect(message.split("\n\n")).toHaveLength(3);
    expect(isOwnCommit(message, plan.group)).toBe(true);
    expect(isOwnCommit(message, "other")).toBe(false);
    expect(statusesOf(plan)[0].description.length).toBeLessThanOrEqual(140);
  });
});
