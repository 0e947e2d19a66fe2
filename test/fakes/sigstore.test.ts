import { X509Certificate } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { Verifier, type VerifierOptions, toSignedEntity, toTrustMaterial } from "@sigstore/verify";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { newSigningKey } from "./signer.ts";
import { type SignedParts, bundleDocument } from "./sigstore/signed-parts.ts";
import { IDENTITY, type SigningOrder, createSigstoreWorld } from "./sigstore/world.ts";

/** What the world makes, read by the library of Sigstore's own makers. */
const world = await createSigstoreWorld();
const stranger = await createSigstoreWorld({ name: "stranger", authorityKind: "p-256" });
const image = digestOf(Buffer.from("image"));
const own = newSigningKey();
const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(world.trustedRoot)));

function signerOf(
  parts: SignedParts,
  options: VerifierOptions = {},
  version: "0.1" | "0.2" | "0.3" = "0.3",
): ReturnType<Verifier["verify"]> {
  const entity = toSignedEntity(bundleFromJSON(bundleDocument(parts, version)), Buffer.from(parts.payload));
  const { verifier } = parts;
  const trusted = {
    ...material,
    publicKey: () => ({ publicKey: own.privateKey, validFor: () => verifier.kind === "key" }),
  };
  return new Verifier(trusted, options).verify(entity);
}

const SET_IN_OLD_BUNDLE = "0.1";

test.each<{ title: string; order: Omit<SigningOrder, "image">; version?: "0.1" | "0.2" }>([
  {
    title: "a signature with a promise",
    order: { claim: "signature", log: "promise" },
    version: SET_IN_OLD_BUNDLE,
  },
  { title: "a signature with both", order: { claim: "signature", log: "promise-and-proof" } },
  { title: "a signature in a log of version 2", order: { claim: "signature", log: "v2" } },
  { title: "a statement with a promise", order: { claim: "statement", log: "promise" }, version: "0.1" },
  { title: "a statement with both", order: { claim: "statement", log: "promise-and-proof" } },
  {
    title: "a statement with both in a bundle 0.2",
    order: { claim: "statement", log: "promise-and-proof" },
    version: "0.2",
  },
  { title: "a statement in a log of version 2", order: { claim: "statement", log: "v2" } },
  {
    title: "a statement in a log of version 2, as a hash",
    order: {
      claim: "statement",
      log: { inclusion: "proof", in: world.log2, kind: "hashedrekord/0.0.2" },
      timestamp: "signature",
    },
  },
  {
    title: "a statement with an entry of in-toto",
    order: { claim: "statement", log: { inclusion: "promise-and-proof", kind: "intoto/0.0.2" } },
  },
  {
    title: "a statement with a proof and a countersignature",
    order: { claim: "statement", log: "proof", timestamp: "signature" },
  },
])("$title leads to the world's root", async ({ order, version }) => {
  const signer = signerOf(await world.sign({ image, ...order }), {}, version);
  expect(signer.identity).toMatchObject({
    subjectAlternativeName: IDENTITY.subject,
    extensions: { issuer: IDENTITY.issuer },
  });
});

test("a countersignature alone is enough where no log is asked for", async () => {
  const parts = await world.sign({ image, claim: "statement", timestamp: "signature" });
  expect(signerOf(parts, { tlogThreshold: 0 }).identity).toBeDefined();
});

test("each entry of a log has a place of its own", async () => {
  const order = { image, claim: "statement", log: "promise-and-proof" } as const;
  const all = await Promise.all(Array.from({ length: 9 }, () => world.sign(order)));
  for (const parts of all) expect(signerOf(parts).identity).toBeDefined();
  expect(new Set(all.map(({ entries: [entry] }) => entry?.logIndex)).size).toBe(all.length);
});

describe("what is not right is refused", () => {
  test.each<{
    title: string;
    change: (parts: SignedParts) => Promise<SignedParts> | SignedParts;
    code: string;
  }>([
    {
      title: "another authority",
      change: () =>
        stranger.sign({ image, claim: "statement", log: { inclusion: "promise-and-proof", in: world.log } }),
      code: "CERTIFICATE_ERROR",
    },
    {
      title: "another log of certificates",
      change: () =>
        world.sign({
          image,
          claim: "statement",
          log: "promise-and-proof",
          certificate: { logs: [stranger.certificateLog] },
        }),
      code: "CERTIFICATE_ERROR",
    },
    {
      title: "no log of certificates",
      change: () =>
        world.sign({ image, claim: "statement", log: "promise-and-proof", certificate: { logs: [] } }),
      code: "CERTIFICATE_ERROR",
    },
    {
      title: "another log of signatures",
      change: () =>
        world.sign({ image, claim: "statement", log: { inclusion: "promise-and-proof", in: stranger.log } }),
      code: "TLOG_INCLUSION_PROMISE_ERROR",
    },
    {
      title: "a proof of another log",
      change: () =>
        world.sign({
          image,
          claim: "statement",
          log: { inclusion: "proof", in: stranger.log2, kind: "dsse/0.0.2" },
          timestamp: "signature",
        }),
      code: "TLOG_INCLUSION_PROOF_ERROR",
    },
    {
      title: "another timestamp authority",
      change: ({ signature, ...parts }) => ({
        ...parts,
        signature,
        timestamps: [stranger.timestampAuthority.token(signature, world.now)],
      }),
      code: "TIMESTAMP_ERROR",
    },
    {
      title: "a countersignature over something else",
      change: (parts) => ({
        ...parts,
        timestamps: [world.timestampAuthority.token(Buffer.from("else"), world.now)],
      }),
      code: "TIMESTAMP_ERROR",
    },
    {
      title: "an entry about something else",
      change: async (parts) => ({
        ...parts,
        entries: (await world.sign({ image, claim: "statement", log: "promise-and-proof" })).entries,
      }),
      code: "TLOG_BODY_ERROR",
    },
  ])("$title", async ({ change, code }) => {
    const parts = await change(await world.sign({ image, claim: "statement", log: "promise-and-proof" }));
    expect(() => signerOf(parts)).toThrow(expect.objectContaining({ code }));
  });
});

test("certificates say what was ordered", async () => {
  const { verifier, chain } = await world.sign({ image, claim: "signature" });
  if (verifier.kind !== "certificate") throw new Error("no certificate was asked for");
  const [intermediate, root] = chain.map((der) => new X509Certificate(der));
  const leaf = new X509Certificate(verifier.certificate);
  expect(leaf).toMatchObject({
    ca: false,
    subjectAltName: `URI:${IDENTITY.subject}`,
    keyUsage: ["1.3.6.1.5.5.7.3.3"],
    validFromDate: new Date("2026-11-23T10:59:59Z"),
    validToDate: new Date("2026-11-23T11:09:59Z"),
  });
  expect(intermediate !== undefined && leaf.checkIssued(intermediate)).toBe(true);
  expect(intermediate !== undefined && leaf.verify(intermediate.publicKey)).toBe(true);
  expect(root !== undefined && intermediate?.verify(root.publicKey)).toBe(true);
});
