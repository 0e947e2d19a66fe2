import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../../../src/image/digest.ts";
import { DAY_MS, MINUTE_MS, later } from "../../../src/time.ts";
import { bytesOf, referrersArtifact, signatureArtifact, simpleSigningPayload } from "../../fakes/signer.ts";
import { PURPOSES } from "../../fakes/sigstore/certificate.ts";
import type { SignedParts } from "../../fakes/sigstore/signed-parts.ts";
import { IDENTITY } from "../../fakes/sigstore/world.ts";
import { missingTools } from "../../tools/tool.ts";
import {
  type Duel,
  type Row,
  answersOnSignature,
  minuteAgo,
  openDuel,
  signatureLayerOf,
  signatures,
  signed,
} from "./duel.ts";

const missing = missingTools("docker-registry", "cosign");
const OTHER = { digest: digestOf(Buffer.from("another image")) };

/** What a second look at the same log entry would show. */
function withEntry(
  parts: SignedParts,
  change: (entry: SignedParts["entries"][number]) => SignedParts["entries"][number],
): SignedParts {
  return { ...parts, entries: parts.entries.map(change) };
}

/** What a simple-signing payload says in its first member. */
function critical(digest: string): unknown {
  return {
    identity: { "docker-reference": "" },
    image: { "docker-manifest-digest": digest },
    type: "cosign container image signature",
  };
}

const CLAIMS: readonly Row[] = [
  {
    title: "a good one",
    hang: async (image, duel) => [signatures(image, await signed(image, duel, "signature"))],
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "nothing at all",
    hang: async () => [],
    ours: "missing",
    cosign: "fails",
  },
  {
    title: "one of another digest",
    hang: async (image, duel) => [signatures(image, await signed(OTHER, duel, "signature"))],
    ours: "subject-mismatch",
    cosign: "fails",
  },
  {
    title: "one that names another repository, which nobody looks at",
    hang: async (image, duel) => {
      const payload = simpleSigningPayload(image.digest, { reference: "registry.example/other" });
      return [signatures(image, await signed(image, duel, "signature", { payload }))];
    },
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "a payload of another type",
    hang: async (image, duel) => {
      const payload = simpleSigningPayload(image.digest, { type: "something else" });
      return [signatures(image, await signed(image, duel, "signature", { payload }))];
    },
    ours: "claim-type-unknown",
    cosign: "passes",
  },
  {
    title: "a payload whose members differ in case, the last of which Go believes",
    hang: async (image, duel) => {
      const payload = bytesOf({ critical: critical(OTHER.digest), Critical: critical(image.digest) });
      return [signatures(image, await signed(image, duel, "signature", { payload }))];
    },
    ours: "candidate-malformed",
    cosign: "passes",
  },
  {
    title: "no signature in the annotations",
    hang: async (image, duel) => {
      const { bytes } = signatureLayerOf(await signed(image, duel, "signature"));
      return [signatureArtifact(image.digest, [{ bytes, annotations: {} }])];
    },
    ours: "signature-missing",
    cosign: "fails",
  },
  {
    title: "a stranger's first, ours second",
    hang: async (image, duel) => [
      signatures(
        image,
        await signed(image, { ...duel, world: duel.stranger }, "signature"),
        await signed(image, duel, "signature"),
      ),
    ],
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "sixty of junk, then ours",
    hang: async (image, duel) => {
      const junk = Array.from({ length: 60 }, (_, at) => ({ bytes: bytesOf({ at }), annotations: {} }));
      const good = signatureLayerOf(await signed(image, duel, "signature"));
      return [signatureArtifact(image.digest, [...junk, good])];
    },
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "an index where the signatures should be",
    hang: async (image) => [
      { ...referrersArtifact(image.digest, []), tag: `${image.digest.replace(":", "-")}.sig` },
    ],
    ours: "missing",
    cosign: "fails",
  },
];

const WHO: readonly Row[] = [
  {
    title: "the trusted subject and more",
    hang: async (image, duel) => {
      const names = [{ type: "url", value: `${IDENTITY.subject}-evil` }] as const;
      return [signatures(image, await signed(image, duel, "signature", { certificate: { names } }))];
    },
    ours: "identity-mismatch",
    cosign: "fails",
  },
  {
    title: "the trusted subject by another issuer",
    hang: async (image, duel) => {
      const certificate = { issuer: "https://evil.example" };
      return [signatures(image, await signed(image, duel, "signature", { certificate }))];
    },
    ours: "identity-mismatch",
    cosign: "fails",
  },
  {
    title: "the issuer in the first of two extensions only",
    hang: async (image, duel) => {
      const certificate = { issuerIn: ["v1"] } as const;
      return [signatures(image, await signed(image, duel, "signature", { certificate }))];
    },
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "two subjects, of which cosign takes any",
    hang: async (image, duel) => {
      const names = [
        { type: "url", value: "https://evil.example" },
        { type: "url", value: IDENTITY.subject },
      ] as const;
      return [signatures(image, await signed(image, duel, "signature", { certificate: { names } }))];
    },
    ours: "certificate-invalid",
    cosign: "passes",
  },
  {
    title: "a certificate for servers",
    hang: async (image, duel) => {
      const certificate = { purposes: [PURPOSES.serverAuth] };
      return [signatures(image, await signed(image, duel, "signature", { certificate }))];
    },
    ours: "certificate-invalid",
    cosign: "fails",
  },
  {
    title: "a certificate for nothing in particular",
    hang: async (image, duel) => {
      const certificate = { purposes: [] };
      return [signatures(image, await signed(image, duel, "signature", { certificate }))];
    },
    ours: "certificate-invalid",
    cosign: "passes",
  },
  {
    title: "an unknown critical extension",
    hang: async (image, duel) => {
      const more = [{ oid: "1.2.3.4.5", criticality: "critical", value: Buffer.from([5, 0]) }] as const;
      return [signatures(image, await signed(image, duel, "signature", { certificate: { more } }))];
    },
    ours: "certificate-invalid",
    cosign: "fails",
  },
  {
    title: "an authority's own certificate",
    hang: async (image, duel) => {
      const certificate = { constraints: "authority" } as const;
      return [signatures(image, await signed(image, duel, "signature", { certificate }))];
    },
    ours: "certificate-invalid",
    cosign: "passes",
  },
  {
    title: "a certificate of an unknown authority",
    hang: async (image, duel) => {
      const certificate = { authority: duel.stranger.authority };
      return [signatures(image, await signed(image, duel, "signature", { certificate }))];
    },
    ours: "trust-root-outdated",
    cosign: "fails",
  },
  {
    title: "a certificate in no log of certificates",
    hang: async (image, duel) => [
      signatures(image, await signed(image, duel, "signature", { certificate: { logs: [] } })),
    ],
    ours: "certificate-invalid",
    cosign: "fails",
  },
  {
    title: "a certificate in an unknown log of certificates",
    hang: async (image, duel) => {
      const certificate = { logs: [duel.stranger.certificateLog] };
      return [signatures(image, await signed(image, duel, "signature", { certificate }))];
    },
    ours: "trust-root-outdated",
    cosign: "fails",
  },
  {
    title: "an identity where only a key is trusted",
    hang: async (image, duel) => [signatures(image, await signed(image, duel, "signature"))],
    trusted: "key",
    ours: "certificate-unsupported",
    cosign: "fails",
  },
  {
    title: "a key where only an identity is trusted",
    hang: async (image, duel) => [
      signatures(image, await signed(image, duel, "signature", { key: duel.vendor })),
    ],
    ours: "signature-key-unknown",
    cosign: "fails",
  },
];

const WHEN: readonly Row[] = [
  {
    title: "no entry in a log",
    hang: async (image, duel) => [signatures(image, await signed(image, duel, "signature", { log: "none" }))],
    ours: "log-entry-missing",
    cosign: "fails",
  },
  {
    title: "no log, and a certificate that is still valid, which is enough for cosign",
    hang: async (image, duel) => [
      signatures(image, await signed(image, duel, "signature", { log: "none", at: minuteAgo(duel) })),
    ],
    log: "ignore",
    command: { outcome: { timeProof: "log-promise" } },
    ours: "trusted-time-missing",
    cosign: "passes",
  },
  {
    title: "no log, and a certificate that has run out",
    hang: async (image, duel) => [signatures(image, await signed(image, duel, "signature", { log: "none" }))],
    log: "ignore",
    ours: "trusted-time-missing",
    cosign: "fails",
  },
  {
    title: "countersigned, in no log",
    hang: async (image, duel) => [
      signatures(image, await signed(image, duel, "signature", { log: "none", timestamp: "signature" })),
    ],
    log: "ignore",
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "countersigned by a stranger, in no log",
    hang: async (image, duel) => {
      const order = { log: "none", timestamp: "signature" } as const;
      const { timestamps } = await signed(image, { ...duel, world: duel.stranger }, "signature", order);
      return [signatures(image, { ...(await signed(image, duel, "signature", order)), timestamps })];
    },
    log: "ignore",
    ours: "trust-root-outdated",
    cosign: "fails",
  },
  {
    title: "a countersignature over something else, in no log",
    hang: async (image, duel) => {
      const order = { log: "none", timestamp: "signature" } as const;
      const { timestamps } = await signed(image, duel, "signature", order);
      return [signatures(image, { ...(await signed(image, duel, "signature", order)), timestamps })];
    },
    log: "ignore",
    ours: "timestamp-invalid",
    cosign: "fails",
  },
  {
    title: "logged when its certificate had run out",
    hang: async (image, duel) => {
      const at = later(duel.world.now, -30 * MINUTE_MS);
      const log = { inclusion: "promise", at } as const;
      return [signatures(image, await signed(image, duel, "signature", { log }))];
    },
    ours: "certificate-expired",
    cosign: "fails",
  },
  {
    title: "another signature's entry",
    hang: async (image, duel) => {
      const { entries } = await signed(image, duel, "signature");
      return [signatures(image, { ...(await signed(image, duel, "signature")), entries })];
    },
    ours: "log-entry-mismatch",
    cosign: "fails",
  },
  {
    title: "an entry that names another certificate",
    hang: async (image, duel) => {
      const { verifier } = await signed(image, duel, "signature");
      const log = { inclusion: "promise", verifier } as const;
      return [signatures(image, await signed(image, duel, "signature", { log }))];
    },
    ours: "log-entry-mismatch",
    cosign: "fails",
  },
  {
    title: "a time that the log did not promise",
    hang: async (image, duel) => [
      signatures(
        image,
        withEntry(await signed(image, duel, "signature"), (entry) => ({
          ...entry,
          integratedTime: String(Number(entry.integratedTime) + 1),
        })),
      ),
    ],
    ours: "log-entry-invalid",
    cosign: "fails",
  },
  {
    title: "a promise by an unknown log",
    hang: async (image, duel) => {
      const log = { inclusion: "promise", in: duel.stranger.log } as const;
      return [signatures(image, await signed(image, duel, "signature", { log }))];
    },
    ours: "trust-root-outdated",
    cosign: "fails",
  },
  {
    title: "a promise by an unknown log under a known name",
    hang: async (image, duel) => {
      const log = { inclusion: "promise", in: duel.stranger.log } as const;
      const keyId = duel.world.log.id.toString("base64");
      return [
        signatures(
          image,
          withEntry(await signed(image, duel, "signature", { log }), (entry) => ({
            ...entry,
            logId: { keyId },
          })),
        ),
      ];
    },
    ours: "log-entry-invalid",
    cosign: "fails",
  },
];

const KEYS_AND_OWN: readonly Row[] = [
  {
    title: "a key, in a log",
    hang: async (image, duel) => [
      signatures(image, await signed(image, duel, "signature", { key: duel.vendor })),
    ],
    trusted: "key",
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "a key, in no log, which is demanded",
    hang: async (image, duel) => [
      signatures(image, await signed(image, duel, "signature", { key: duel.vendor, log: "none" })),
    ],
    trusted: "key",
    ours: "log-entry-missing",
    cosign: "fails",
  },
  {
    title: "a key, in an unknown log, which nobody looks at",
    hang: async (image, duel) => {
      const log = { inclusion: "promise", in: duel.stranger.log } as const;
      return [signatures(image, await signed(image, duel, "signature", { key: duel.vendor, log }))];
    },
    trusted: "key",
    log: "ignore",
    ours: "accepted",
    cosign: "passes",
  },
  {
    title: "another key",
    hang: async (image, duel) => [
      signatures(image, await signed(image, duel, "signature", { key: duel.otherKey })),
    ],
    trusted: "key",
    ours: "signature-key-unknown",
    cosign: "fails",
  },
  {
    title: "a key, with an entry that names another one",
    hang: async (image, duel) => {
      const verifier = { kind: "key", key: duel.otherKey } as const;
      const log = { inclusion: "promise", verifier } as const;
      return [signatures(image, await signed(image, duel, "signature", { key: duel.vendor, log }))];
    },
    trusted: "key",
    ours: "log-entry-mismatch",
    cosign: "fails",
  },
  ...(
    [
      {
        title: "a certificate of an own authority",
        name: "signer@own.example",
        isOwn: true,
        ours: "accepted",
      },
      {
        title: "another's certificate of an own authority",
        name: "eve@own.example",
        isOwn: true,
        ours: "identity-mismatch",
      },
      {
        title: "the right name by another authority",
        name: "signer@own.example",
        isOwn: false,
        ours: "trust-root-outdated",
      },
    ] as const
  ).map(({ title, name, isOwn, ours }): Row => ({
    title,
    hang: async (image, duel) => {
      const certificate = {
        ...(isOwn ? { authority: duel.authority } : {}),
        names: [{ type: "email", value: name }],
        issuerIn: [],
        logs: [],
        validMs: 300 * DAY_MS,
      } as const;
      return [signatures(image, await signed(image, duel, "signature", { certificate, log: "none" }))];
    },
    trusted: "certificate",
    log: "ignore",
    ours,
    cosign: ours === "accepted" ? "passes" : "fails",
  })),
];

describe.skipIf(missing !== undefined)(
  `signatures, by us and by real cosign (${missing ?? "present"})`,
  () => {
    let duel: Duel;
    beforeAll(async () => {
      duel = await openDuel();
    });
    afterAll(() => duel.stage.close());

    describe("what is claimed", () => {
      test.each(CLAIMS)("$title: ours $ours, cosign $cosign", async (row) => {
        expect(await answersOnSignature(row, duel)).toStrictEqual({ ours: row.ours, cosign: row.cosign });
      });
    });
    describe("who signed", () => {
      test.each(WHO)("$title: ours $ours, cosign $cosign", async (row) => {
        expect(await answersOnSignature(row, duel)).toStrictEqual({ ours: row.ours, cosign: row.cosign });
      });
    });
    describe("when, by whose word", () => {
      test.each(WHEN)("$title: ours $ours, cosign $cosign", async (row) => {
        expect(await answersOnSignature(row, duel)).toStrictEqual({ ours: row.ours, cosign: row.cosign });
      });
    });
    describe("keys and own authorities", () => {
      test.each(KEYS_AND_OWN)("$title: ours $ours, cosign $cosign", async (row) => {
        expect(await answersOnSignature(row, duel)).toStrictEqual({ ours: row.ours, cosign: row.cosign });
      });
    });

    test("most of it is refused, and we accept nothing that cosign would refuse", () => {
      const rows = [...CLAIMS, ...WHO, ...WHEN, ...KEYS_AND_OWN];
      expect(rows.filter(({ ours }) => ours !== "accepted").length).toBeGreaterThan(rows.length / 2);
      expect(rows.filter(({ ours, cosign }) => ours === "accepted" && cosign === "fails")).toEqual([]);
    });
  },
);
