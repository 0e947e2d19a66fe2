import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf, hexOf } from "../../../src/image/digest.ts";
import {
  attestationArtifact,
  bundleArtifact,
  bytesOf,
  referrersArtifact,
  signatureOver,
  preAuthEncoding,
  statementPayload,
} from "../../fakes/signer.ts";
import { type SignedParts, bundleDocument } from "../../fakes/sigstore/signed-parts.ts";
import type { SigningOrder } from "../../fakes/sigstore/world.ts";
import { missingTools } from "../../tools/tool.ts";
import {
  type Duel,
  type Row,
  attestationLayerOf,
  attestations,
  answersOnStatement,
  openDuel,
  referring,
  signed,
} from "./duel.ts";
import { type StagedImage, subjectOf } from "./stage.ts";

const missing = missingTools("docker-registry", "cosign");
const OTHER = { digest: digestOf(Buffer.from("another image")) };
const SPDX = "https://spdx.dev/Document";

/** An attestation whose statement has these subjects, or other members. */
async function about(
  image: StagedImage,
  duel: Duel,
  options: Parameters<typeof statementPayload>[1],
): Promise<SignedParts> {
  return signed(image, duel, "statement", { payload: statementPayload(image.digest, options) });
}

/** A second signature over the same statement, by a stranger's key. */
function withStrangers(parts: SignedParts, duel: Duel, place: "first" | "last"): SignedParts {
  const { envelope } = parts;
  if (envelope === undefined) throw new Error("there is no envelope");
  const bytes = preAuthEncoding(envelope.payloadType, Buffer.from(envelope.payload, "base64"));
  const stranger = { keyid: "", sig: signatureOver(bytes, duel.otherKey).toString("base64") };
  const own = envelope.signatures;
  return {
    ...parts,
    envelope: { ...envelope, signatures: place === "first" ? [stranger, ...own] : [...own, stranger] },
  };
}

const ATTESTATIONS: readonly Row[] = [
  {
    title: "a good one",
    hang: async (image, duel) => [attestations(image, await signed(image, duel, "statement"))],
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "none",
    hang: async () => [],
    ours: "missing",
    cosign: "fails",
  },
  {
    title: "an in-toto entry of old",
    hang: async (image, duel) => {
      const log = { inclusion: "promise", kind: "intoto/0.0.1" } as const;
      return [attestations(image, await signed(image, duel, "statement", { log }))];
    },
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "about another digest",
    hang: async (image, duel) => {
      const parts = await signed(OTHER, duel, "statement");
      return [attestations(image, parts)];
    },
    ours: "subject-mismatch",
    cosign: "fails",
  },
  {
    title: "about a digest of another kind only",
    hang: async (image, duel) => [
      attestations(
        image,
        await about(image, duel, { subjects: [{ name: "x", digest: { sha512: hexOf(image.digest) } }] }),
      ),
    ],
    ours: "subject-mismatch",
    cosign: "fails",
  },
  {
    title: "about nothing",
    hang: async (image, duel) => [attestations(image, await about(image, duel, { subjects: [] }))],
    ours: "subject-mismatch",
    cosign: "fails",
  },
  {
    title: "about two, the second of which is ours",
    hang: async (image, duel) => {
      const subjects = [OTHER, image].map(({ digest }) => ({ name: "x", digest: { sha256: hexOf(digest) } }));
      return [attestations(image, await about(image, duel, { subjects }))];
    },
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "of another type than its annotation says",
    hang: async (image, duel) => [
      attestations(image, await about(image, duel, { predicateType: "https://example.org/other" })),
    ],
    ours: "missing",
    cosign: "fails",
  },
  {
    title: "with an annotation that says another type",
    hang: async (image, duel) => {
      const { bytes, annotations } = attestationLayerOf(await signed(image, duel, "statement"));
      return [
        attestationArtifact(image.digest, [{ bytes, annotations: { ...annotations, predicateType: SPDX } }]),
      ];
    },
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "in an envelope of another kind",
    hang: async (image, duel) => [
      attestations(image, await signed(image, duel, "statement", { payloadType: "application/json" })),
    ],
    ours: "claim-type-unknown",
    cosign: "fails",
  },
  {
    title: "with another statement under its signature",
    hang: async (image, duel) => {
      const { envelope, ...parts } = await signed(image, duel, "statement");
      if (envelope === undefined) throw new Error("there is no envelope");
      const payload = statementPayload(image.digest, { predicate: { bomFormat: "CycloneDX", evil: true } });
      const swapped = { ...envelope, payload: payload.toString("base64") };
      return [attestations(image, { ...parts, envelope: swapped })];
    },
    ours: "signature-invalid",
    cosign: "fails",
  },
  {
    title: "a stranger's beside a good one",
    hang: async (image, duel) => [
      attestations(
        image,
        await signed(image, { ...duel, world: duel.stranger }, "statement"),
        await signed(image, duel, "statement"),
      ),
    ],
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "a stranger's alone",
    hang: async (image, duel) => [
      attestations(image, await signed(image, { ...duel, world: duel.stranger }, "statement")),
    ],
    ours: "trust-root-outdated",
    cosign: "fails",
  },
  {
    title: "another attestation's entry",
    hang: async (image, duel) => {
      const { entries } = await about(image, duel, { predicate: { bomFormat: "CycloneDX", other: 1 } });
      return [attestations(image, { ...(await signed(image, duel, "statement")), entries })];
    },
    ours: "log-entry-mismatch",
    cosign: "fails",
  },
  {
    title: "countersigned, in no log",
    hang: async (image, duel) => {
      const order = { log: "none", timestamp: "envelope" } as const;
      return [attestations(image, await signed(image, duel, "statement", order))];
    },
    log: "ignore",
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "countersigned over its signature, where cosign countersigns the envelope",
    hang: async (image, duel) => {
      const order = { log: "none", timestamp: "signature" } as const;
      return [attestations(image, await signed(image, duel, "statement", order))];
    },
    log: "ignore",
    ours: "timestamp-invalid",
    cosign: "fails",
  },
  {
    title: "by a key, with a stranger's signature first",
    hang: async (image, duel) => {
      const parts = await signed(image, duel, "statement", { key: duel.vendor, log: "none" });
      return [attestations(image, withStrangers(parts, duel, "first"))];
    },
    trusted: "key",
    log: "ignore",
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "by another key",
    hang: async (image, duel) => {
      const parts = await signed(image, duel, "statement", { key: duel.otherKey, log: "none" });
      return [attestations(image, parts)];
    },
    trusted: "key",
    log: "ignore",
    ours: "signature-key-unknown",
    cosign: "fails",
  },
];

const PROVEN: Partial<SigningOrder> = { log: "promise-and-proof" };
const KEYED: Partial<Row> = { trusted: "key", log: "ignore" };

/** The printed command looks at bundles. */
function bundled(rows: readonly Row[]): readonly Row[] {
  return rows.map((row) => ({ ...row, command: { kind: "sigstore-bundle" } }));
}

const BUNDLES = bundled([
  {
    title: "a good one",
    hang: async (image, duel) =>
      referring(image, bundleDocument(await signed(image, duel, "statement", PROVEN))),
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "about another digest than what it hangs on",
    hang: async (image, duel) =>
      referring(image, bundleDocument(await signed(OTHER, duel, "statement", PROVEN))),
    ours: "subject-mismatch",
    cosign: "fails",
  },
  {
    title: "listed beside an image, and hanging on another, which cosign does not look at",
    hang: async (image, duel) =>
      referring(image, bundleDocument(await signed(image, duel, "statement", PROVEN)), {
        ...subjectOf(image),
        digest: OTHER.digest,
      }),
    ours: "missing",
    cosign: "passes",
  },
  {
    title: "with a promise and no proof",
    hang: async (image, duel) => referring(image, bundleDocument(await signed(image, duel, "statement"))),
    ours: "candidate-malformed",
    cosign: "fails",
  },
  {
    title: "with a proof and nothing that says when",
    hang: async (image, duel) =>
      referring(image, bundleDocument(await signed(image, duel, "statement", { log: "proof" }))),
    ours: "trusted-time-missing",
    cosign: "fails",
  },
  {
    title: "with neither log nor countersignature",
    hang: async (image, duel) =>
      referring(image, bundleDocument(await signed(image, duel, "statement", { log: "none" }))),
    ours: "log-entry-missing",
    cosign: "fails",
  },
  {
    title: "countersigned, in no log, which is demanded",
    hang: async (image, duel) => {
      const order = { log: "none", timestamp: "signature" } as const;
      return referring(image, bundleDocument(await signed(image, duel, "statement", order)));
    },
    ours: "log-entry-missing",
    cosign: "fails",
  },
  {
    title: "countersigned, in no log",
    hang: async (image, duel) => {
      const order = { log: "none", timestamp: "signature" } as const;
      return referring(image, bundleDocument(await signed(image, duel, "statement", order)));
    },
    log: "ignore",
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "with the same entry twice",
    hang: async (image, duel) => {
      const parts = await signed(image, duel, "statement", PROVEN);
      return referring(image, bundleDocument({ ...parts, entries: [...parts.entries, ...parts.entries] }));
    },
    ours: "log-entry-invalid",
    cosign: "fails",
  },
  {
    title: "with another certificate's entry",
    hang: async (image, duel) => {
      const { verifier } = await signed(image, duel, "statement", PROVEN);
      const log = { inclusion: "promise-and-proof", verifier } as const;
      return referring(image, bundleDocument(await signed(image, duel, "statement", { log })));
    },
    ours: "log-entry-mismatch",
    cosign: "fails",
  },
  {
    title: "by another workflow",
    hang: async (image, duel) => {
      const certificate = { names: [{ type: "url", value: "https://evil.example" }] } as const;
      return referring(
        image,
        bundleDocument(await signed(image, duel, "statement", { ...PROVEN, certificate })),
      );
    },
    ours: "identity-mismatch",
    cosign: "fails",
  },
  {
    title: "that signs the manifest's bytes instead of a statement",
    hang: async (image, duel) => {
      const parts = await signed(image, duel, "signature", { ...PROVEN, payload: bytesOf({ any: "bytes" }) });
      return referring(image, bundleDocument(parts));
    },
    ours: "missing",
    cosign: "fails",
  },
  {
    ...KEYED,
    title: "by a key, with a hint at another one",
    hang: async (image, duel) => {
      const document = bundleDocument(
        await signed(image, duel, "statement", { key: duel.vendor, log: "none" }),
      );
      const verificationMaterial = { publicKey: { hint: Buffer.from("another").toString("base64") } };
      return referring(image, { ...document, verificationMaterial });
    },
    ours: "accepted",
    cosign: "passes",
  },
  {
    ...KEYED,
    title: "by another key, with a hint at ours",
    hang: async (image, duel) => {
      const ours = bundleDocument(await signed(image, duel, "statement", { key: duel.vendor, log: "none" }));
      const document = bundleDocument(
        await signed(image, duel, "statement", { key: duel.otherKey, log: "none" }),
      );
      return referring(image, { ...document, verificationMaterial: ours["verificationMaterial"] });
    },
    ours: "signature-key-unknown",
    cosign: "fails",
  },
  {
    ...KEYED,
    title: "by a key, with a second signature",
    hang: async (image, duel) => {
      const parts = await signed(image, duel, "statement", { key: duel.vendor, log: "none" });
      return referring(image, bundleDocument(withStrangers(parts, duel, "last")));
    },
    ours: "candidate-malformed",
    cosign: "fails",
  },
  {
    ...KEYED,
    title: "by a key, in an unknown log that nobody looks at",
    hang: async (image, duel) => {
      const log = { inclusion: "promise-and-proof", in: duel.stranger.log } as const;
      return referring(
        image,
        bundleDocument(await signed(image, duel, "statement", { key: duel.vendor, log })),
      );
    },
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "by a key, in a log",
    hang: async (image, duel) =>
      referring(
        image,
        bundleDocument(await signed(image, duel, "statement", { key: duel.vendor, ...PROVEN })),
      ),
    trusted: "key",
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "a stranger's beside a good one",
    hang: async (image, duel) => {
      const bundles = await Promise.all(
        [duel.stranger, duel.world].map((world) => signed(image, { ...duel, world }, "statement", PROVEN)),
      );
      const artifacts = bundles.map((parts) =>
        bundleArtifact(subjectOf(image), bytesOf(bundleDocument(parts))),
      );
      return [...artifacts, referrersArtifact(image.digest, artifacts)];
    },
    ours: "accepted",
    cosign: "passes",
  },
]);

describe.skipIf(missing !== undefined)(
  `statements, by us and by real cosign (${missing ?? "present"})`,
  () => {
    let duel: Duel;
    beforeAll(async () => {
      duel = await openDuel();
    });
    afterAll(() => duel.stage.close());

    describe("attestations in tags", () => {
      test.each(ATTESTATIONS)("$title: ours $ours, cosign $cosign", async (row) => {
        expect(await answersOnStatement(row, duel)).toStrictEqual({ ours: row.ours, cosign: row.cosign });
      });
    });
    describe("bundles", () => {
      test.each(BUNDLES)("$title: ours $ours, cosign $cosign", async (row) => {
        expect(await answersOnStatement(row, duel)).toStrictEqual({ ours: row.ours, cosign: row.cosign });
      });
    });

    test("most of it is refused, and we accept nothing that cosign would refuse", () => {
      const rows = [...ATTESTATIONS, ...BUNDLES];
      expect(rows.filter(({ ours }) => ours !== "accepted").length).toBeGreaterThan(rows.length / 2);
      expect(rows.filter(({ ours, cosign }) => ours === "accepted" && cosign === "fails")).toEqual([]);
    });
  },
);
