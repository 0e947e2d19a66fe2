import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, instantOf, later, renderInstant } from "../../../src/time.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import { CLOCK_SKEW_MS } from "../../../src/trust/sigstore/hardening.ts";
import { parseTrustRoot } from "../../../src/trust/trust-root.ts";
import type { Refusal } from "../../../src/trust/verdict.ts";
import { PURPOSES } from "../../fakes/sigstore/certificate.ts";
import { octets, utf8 } from "../../fakes/sigstore/der.ts";
import type { EntryKind } from "../../fakes/sigstore/entry.ts";
import {
  type SignedParts,
  bundleDocument,
  bundleOf,
  legacyAttestationOf,
  legacySignatureOf,
} from "../../fakes/sigstore/signed-parts.ts";
import { IDENTITY, type SigningOrder, createSigstoreWorld } from "../../fakes/sigstore/world.ts";
import { type KeyKind, bundleCandidate, bytesOf, newSigningKey, trustedHalfOf } from "../../fakes/signer.ts";
import { IMAGE, type Judged, firstOutcome, judge, rootOf, rulesIn } from "./judge.ts";

/** What the library below accepts and must not be accepted. Each check is proven to be what refuses: the same without the flaw is accepted. */
const world = await createSigstoreWorld();
const key = newSigningKey();
const stranger = newSigningKey();
const signers = [world.identity, trustedHalfOf(key)];

type Order = Omit<SigningOrder, "image">;
const sign = (order: Order): Promise<SignedParts> => world.sign({ image: IMAGE, ...order });
const outcomeOf = (candidate: Candidate, judged: Judged = {}) =>
  firstOutcome(judge([candidate], rulesIn(world, { signers, ...judged })));

const logOf = (kind: EntryKind) =>
  kind.endsWith("2") && !kind.startsWith("intoto")
    ? ({ kind, inclusion: "proof", in: world.log2 } as const)
    : ({ kind, inclusion: "promise" } as const);

const timestampOf = (kind: EntryKind) => (logOf(kind).inclusion === "proof" ? "signature" : "none");

describe("an entry must name who signed", () => {
  const kinds: readonly {
    kind: EntryKind;
    claim: Order["claim"];
    form: (parts: SignedParts) => Candidate;
  }[] = [
    { kind: "hashedrekord/0.0.1", claim: "signature", form: legacySignatureOf },
    { kind: "dsse/0.0.1", claim: "statement", form: legacyAttestationOf },
    { kind: "intoto/0.0.1", claim: "statement", form: legacyAttestationOf },
    { kind: "intoto/0.0.2", claim: "statement", form: legacyAttestationOf },
    { kind: "hashedrekord/0.0.2", claim: "image-statement", form: (parts) => bundleOf(parts) },
    { kind: "dsse/0.0.2", claim: "image-statement", form: (parts) => bundleOf(parts) },
  ];
  test.each(kinds)("$kind that names the certificate or the key", async ({ kind, claim, form }) => {
    const order = { claim, log: logOf(kind), timestamp: timestampOf(kind) } as const;
    expect(outcomeOf(form(await sign(order)))).toMatchObject({ kind: "accepted" });
    expect(outcomeOf(form(await sign({ ...order, key })))).toMatchObject({ kind: "accepted" });
  });

  test.each(kinds)(
    "$kind that names another certificate of the same identity",
    async ({ kind, claim, form }) => {
      const { verifier } = await sign({ claim: "signature" });
      const order = { claim, log: { ...logOf(kind), verifier }, timestamp: timestampOf(kind) } as const;
      expect(outcomeOf(form(await sign(order)))).toMatchObject({ refusal: "log-entry-mismatch" });
    },
  );

  test.each(kinds)("$kind that names another key", async ({ kind, claim, form }) => {
    const log = { ...logOf(kind), verifier: { kind: "key", key: stranger } } as const;
    const order = { claim, log, timestamp: timestampOf(kind) } as const;
    expect(outcomeOf(form(await sign({ ...order, key })))).toMatchObject({ refusal: "log-entry-mismatch" });
    expect(outcomeOf(form(await sign(order)))).toMatchObject({ refusal: "log-entry-mismatch" });
  });
});

describe("a certificate must be one that signs code", () => {
  test.each<{ title: string; certificate: NonNullable<Order["certificate"]>; refusal: Refusal }>([
    {
      title: "purpose server",
      certificate: { purposes: [PURPOSES.serverAuth] },
      refusal: "certificate-invalid",
    },
    { title: "no purpose", certificate: { purposes: [] }, refusal: "certificate-invalid" },
    {
      title: "an unknown critical extension",
      certificate: {
        more: [{ oid: "1.3.6.1.4.1.99999.1", criticality: "critical", value: octets(Buffer.from("x")) }],
      },
      refusal: "certificate-invalid",
    },
    {
      title: "an extension twice",
      certificate: {
        more: [1, 2].map(() => ({ oid: "1.3.6.1.4.1.99999.1", criticality: "optional", value: utf8("x") })),
      },
      refusal: "certificate-invalid",
    },
    {
      title: "an authority's own",
      certificate: { constraints: "authority" },
      refusal: "certificate-invalid",
    },
    { title: "no name", certificate: { names: [] }, refusal: "certificate-invalid" },
    {
      title: "two names, the first the right one",
      certificate: {
        names: [
          { type: "url", value: IDENTITY.subject },
          { type: "email", value: "somebody@vendor.example" },
        ],
      },
      refusal: "certificate-invalid",
    },
    {
      title: "a name that is neither URI nor address",
      certificate: { names: [{ type: "dns", value: "vendor.example" }] },
      refusal: "certificate-invalid",
    },
    {
      title: "an issuer that the older extension does not confirm",
      certificate: {
        issuerIn: ["v2"],
        more: [
          {
            oid: "1.3.6.1.4.1.57264.1.1",
            criticality: "optional",
            value: Buffer.from("https://issuer.example"),
          },
        ],
      },
      refusal: "certificate-invalid",
    },
    { title: "no issuer", certificate: { issuerIn: [] }, refusal: "certificate-invalid" },
    { title: "no log of certificates", certificate: { logs: [] }, refusal: "certificate-invalid" },
  ])("$title", async ({ certificate, refusal }) => {
    const parts = await sign({ claim: "signature", log: "promise", certificate });
    expect(outcomeOf(legacySignatureOf(parts))).toMatchObject({ kind: "refused", refusal });
  });

  test("an optional extension that is unknown changes nothing", async () => {
    const more = [{ oid: "1.3.6.1.4.1.99999.1", criticality: "optional", value: utf8("x") }] as const;
    const parts = await sign({ claim: "signature", log: "promise", certificate: { more } });
    expect(outcomeOf(legacySignatureOf(parts))).toMatchObject({ kind: "accepted" });
  });

  test("a log of certificates that the trust root does not know", async () => {
    const other = await createSigstoreWorld({ name: "other" });
    const parts = await sign({
      claim: "signature",
      log: "promise",
      certificate: { logs: [other.certificateLog] },
    });
    expect(outcomeOf(legacySignatureOf(parts))).toMatchObject({ refusal: "trust-root-outdated" });
  });

  test("where the trust root knows no log of certificates, none is asked for and none is believed", async () => {
    const { ctlogs: _ctlogs, ...document } = JSON.parse(world.trustedRoot);
    const roots = [rootOf({ name: world.name, trustedRoot: JSON.stringify(document) })];
    for (const logs of [[], [world.certificateLog]]) {
      const parts = await sign({ claim: "signature", log: "promise", certificate: { logs } });
      expect(outcomeOf(legacySignatureOf(parts), { roots })).toMatchObject({ kind: "accepted" });
    }
  });
});

describe("nothing was signed in the future", () => {
  const ahead = later(world.now, CLOCK_SKEW_MS + MINUTE_MS);
  const slightlyAhead = later(world.now, CLOCK_SKEW_MS - MINUTE_MS);

  test.each<{ title: string; order: Order; form: (parts: SignedParts) => Candidate; refusal: Refusal }>([
    {
      title: "says the log",
      order: { claim: "signature", log: "promise", at: ahead },
      form: legacySignatureOf,
      refusal: "log-entry-invalid",
    },
    {
      title: "says the log about a key's signature",
      order: { claim: "signature", log: "promise", at: ahead, key },
      form: legacySignatureOf,
      refusal: "log-entry-invalid",
    },
    {
      title: "says the countersignature",
      order: { claim: "image-statement", log: "v2", at: ahead },
      form: (parts) => bundleOf(parts),
      refusal: "timestamp-invalid",
    },
  ])("$title", async ({ order, form, refusal }) => {
    expect(outcomeOf(form(await sign(order)))).toMatchObject({ refusal });
    expect(outcomeOf(form(await sign({ ...order, at: slightlyAhead })))).toMatchObject({ kind: "accepted" });
  });
});

test("a trust root without a start of validity is none", () => {
  const parsed = JSON.parse(world.trustedRoot);
  const without = {
    ...parsed,
    tlogs: parsed.tlogs.map((log: object) => ({
      ...log,
      publicKey: { ...Object(log).publicKey, validFor: {} },
    })),
  };
  expect(() => parseTrustRoot({ name: "x", kind: "sigstore", json: JSON.stringify(without) })).toThrow(/x/);
});

describe("keys of certificates are those that may sign", () => {
  test.each<{ keyKind: KeyKind; hash?: "sha384" | "sha512"; expected: object }>([
    { keyKind: "p-256", expected: { kind: "accepted" } },
    { keyKind: "p-384", expected: { kind: "accepted" } },
    { keyKind: "p-384", hash: "sha384", expected: { kind: "accepted" } },
    { keyKind: "p-521", expected: { kind: "accepted" } },
    { keyKind: "p-521", hash: "sha512", expected: { kind: "accepted" } },
    { keyKind: "ed25519", expected: { kind: "accepted" } },
    { keyKind: "rsa-2048", expected: { kind: "accepted" } },
    { keyKind: "rsa-1024", expected: { refusal: "algorithm-unsupported" } },
    { keyKind: "secp256k1", expected: { refusal: "algorithm-unsupported" } },
  ])("$keyKind $hash", async ({ keyKind, hash, expected }) => {
    const signing = hash === undefined ? {} : { hash };
    const order = { log: "promise", certificate: { keyKind }, signing } as const;
    const signature = await sign({ ...order, claim: "signature" });
    const statement = await sign({ ...order, claim: "statement" });
    expect(outcomeOf(legacySignatureOf(signature))).toMatchObject(expected);
    expect(outcomeOf(legacyAttestationOf(statement))).toMatchObject(expected);
  });
});

const rewritten = (parts: SignedParts, rewrite: (material: Record<string, unknown>) => object): Candidate => {
  const { verificationMaterial, ...rest } = bundleDocument(parts);
  const material = rewrite(Object(verificationMaterial));
  return bundleCandidate(IMAGE, bytesOf({ ...rest, verificationMaterial: material }));
};

describe("what cannot be read is refused and nothing else", () => {
  test.each<{ title: string; rewrite: (material: Record<string, unknown>) => object }>([
    { title: "a certificate of nothing", rewrite: (m) => ({ ...m, certificate: { rawBytes: "" } }) },
    { title: "a certificate of noise", rewrite: (m) => ({ ...m, certificate: { rawBytes: "MAMBAf8=" } }) },
    { title: "a certificate that is a number", rewrite: (m) => ({ ...m, certificate: { rawBytes: 1 } }) },
    { title: "entries that are no list", rewrite: (m) => ({ ...m, tlogEntries: {} }) },
    { title: "an entry of nothing", rewrite: (m) => ({ ...m, tlogEntries: [{}] }) },
    {
      title: "too many entries",
      rewrite: (m) => ({ ...m, tlogEntries: Array.from({ length: 9 }, () => [m["tlogEntries"]].flat()[0]) }),
    },
    {
      title: "a length instead of bytes",
      rewrite: (m) => ({ ...m, certificate: { rawBytes: { length: 1e9 } } }),
    },
    {
      title: "a countersignature of noise",
      rewrite: (m) => ({
        ...m,
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: "MAMBAf8=" }] },
      }),
    },
    {
      title: "a countersignature that is a list",
      rewrite: (m) => ({
        ...m,
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: [1] }] },
      }),
    },
  ])("$title", async ({ rewrite }) => {
    const parts = await sign({ claim: "image-statement", log: "promise-and-proof", timestamp: "signature" });
    expect(outcomeOf(rewritten(parts, (material) => material))).toMatchObject({ kind: "accepted" });
    expect(outcomeOf(rewritten(parts, rewrite))).toMatchObject({ kind: "refused" });
  });
});

describe("where no log is looked at", () => {
  test("a broken entry and a broken countersignature of a key's signature are no fault", async () => {
    const parts = await sign({ claim: "image-statement", key });
    const { verificationMaterial, ...rest } = bundleDocument(parts);
    const broken = { ...Object(verificationMaterial), tlogEntries: 7, timestampVerificationData: "?" };
    const candidate = bundleCandidate(IMAGE, bytesOf({ ...rest, verificationMaterial: broken }));
    expect(outcomeOf(candidate, { log: "ignore" })).toMatchObject({ kind: "accepted" });
    expect(outcomeOf(candidate, { log: "if-known" })).toMatchObject({ refusal: "candidate-malformed" });
  });

  test("an identity's entry gives no time either", async () => {
    const parts = await sign({ claim: "image-statement", log: "promise-and-proof" });
    expect(outcomeOf(bundleOf(parts), { log: "ignore" })).toMatchObject({ refusal: "trusted-time-missing" });
  });
});

describe("an entry is one proof", () => {
  test("and not two", async () => {
    const parts = await sign({ claim: "image-statement", log: "promise-and-proof" });
    const twice = { ...parts, entries: [...parts.entries, ...parts.entries] };
    expect(outcomeOf(bundleOf(twice))).toMatchObject({ refusal: "log-entry-invalid" });
  });

  test("of the signature it is about", async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(() => sign({ claim: "image-statement", log: "promise-and-proof", key })),
    );
    if (one === undefined || other === undefined) throw new Error("nothing was signed");
    const swapped = { ...one, entries: other.entries };
    expect(outcomeOf(bundleOf(swapped))).toMatchObject({ refusal: "log-entry-mismatch" });
  });
});

test("a log that was not in use when something was countersigned proves nothing", async () => {
  const document = JSON.parse(world.trustedRoot);
  const ended = renderInstant(instantOf(world.now - 2 * HOUR_MS));
  const start = renderInstant(instantOf(world.now - 1_000 * HOUR_MS));
  const tlogs = document.tlogs.map((log: object) => ({
    ...log,
    publicKey: { ...Object(log).publicKey, validFor: { start, end: ended } },
  }));
  const roots = [rootOf({ name: world.name, trustedRoot: JSON.stringify({ ...document, tlogs }) })];
  const parts = await sign({ claim: "image-statement", log: "v2" });
  expect(outcomeOf(bundleOf(parts))).toMatchObject({ kind: "accepted" });
  expect(outcomeOf(bundleOf(parts), { roots })).toMatchObject({ refusal: "log-entry-invalid" });
});
