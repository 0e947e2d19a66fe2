import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, SECOND_MS, later } from "../../../src/time.ts";
import type { Refusal } from "../../../src/trust/verdict.ts";
import { bytesOf } from "../../fakes/signer.ts";
import type { SignedParts } from "../../fakes/sigstore/signed-parts.ts";
import type { EntryDocument } from "../../fakes/sigstore/transparency-log.ts";
import {
  BUNDLE_FORMS,
  FORMS,
  type Form,
  STATEMENT_FORMS,
  candidateOf,
  createStage,
  inForms,
  inclusionOf,
  timestampOf,
} from "./stage.ts";

/** When it was signed, and who says so: logs and timestamps that are about something else, of somebody else, or wrong. */
const stage = await createStage();
const { world, stranger, vendor } = stage;
const signedAt = later(world.now, -HOUR_MS);

function entryOf({ entries: [entry] }: SignedParts): EntryDocument {
  if (entry === undefined) throw new Error("it is in no log");
  return entry;
}

const withEntry = (parts: SignedParts, change: (entry: EntryDocument) => EntryDocument): SignedParts => ({
  ...parts,
  entries: parts.entries.map(change),
});

interface EntryRow {
  readonly title: string;
  readonly broken: (form: Form) => Promise<SignedParts>;
  readonly refusal: Refusal;
}

const ENTRY_ROWS: readonly EntryRow[] = [
  {
    title: "about another signature",
    broken: async (form) => ({ ...(await stage.sign(form)), entries: (await stage.sign(form)).entries }),
    refusal: "log-entry-mismatch",
  },
  {
    title: "that names another certificate for this signature",
    broken: async (form) => {
      const { verifier } = await stage.sign(form);
      return stage.sign(form, { log: { inclusion: inclusionOf(form), verifier } });
    },
    refusal: "log-entry-mismatch",
  },
  {
    title: "that names a key for this signature of a certificate",
    broken: (form) =>
      stage.sign(form, { log: { inclusion: inclusionOf(form), verifier: { kind: "key", key: vendor } } }),
    refusal: "log-entry-mismatch",
  },
  {
    title: "a second later than the log says",
    broken: async (form) =>
      withEntry(await stage.sign(form), (entry) => ({
        ...entry,
        integratedTime: String(Number(entry.integratedTime) + 1),
      })),
    refusal: "log-entry-invalid",
  },
  {
    title: "at another place than the log says",
    broken: async (form) =>
      withEntry(await stage.sign(form), (entry) => ({
        ...entry,
        logIndex: String(Number(entry.logIndex) + 1),
      })),
    refusal: "log-entry-invalid",
  },
  {
    title: "of an unknown log",
    broken: (form) => stage.sign(form, { log: { inclusion: inclusionOf(form), in: stranger.log } }),
    refusal: "trust-root-outdated",
  },
  {
    title: "of an unknown log under a known name",
    broken: async (form) =>
      withEntry(
        await stage.sign(form, { log: { inclusion: inclusionOf(form), in: stranger.log } }),
        (entry) => ({ ...entry, logId: { keyId: world.log.id.toString("base64") } }),
      ),
    refusal: "log-entry-invalid",
  },
  {
    title: "with another entry's promise",
    broken: async (form) => {
      const { inclusionPromise } = entryOf(await stage.sign(form));
      return withEntry(await stage.sign(form), (entry) =>
        inclusionPromise === undefined ? entry : { ...entry, inclusionPromise },
      );
    },
    refusal: "log-entry-invalid",
  },
];

describe("refuses an entry", () => {
  test.each(inForms(ENTRY_ROWS))("$title on a $form", async ({ form, broken, refusal }) => {
    expect(stage.outcome(candidateOf(form, await broken(form)))).toMatchObject({ kind: "refused", refusal });
  });

  test.each(
    inForms(
      [
        { kind: "dsse/0.0.1", log: world.log },
        { kind: "intoto/0.0.2", log: world.log },
        { kind: "hashedrekord/0.0.2", log: world.log2 },
        { kind: "dsse/0.0.2", log: world.log2 },
      ] as const,
      ["bundle"],
    ),
  )("of $kind that names another certificate for this signature on a $form", async ({ form, kind, log }) => {
    const { verifier } = await stage.sign(form);
    const order = { inclusion: log.version === 2 ? "proof" : "promise-and-proof", in: log, kind } as const;
    const timestamp = log.version === 2 ? "signature" : "none";
    const good = await stage.sign(form, { log: order, timestamp });
    const bad = await stage.sign(form, { log: { ...order, verifier }, timestamp });
    const moved = { ...good, entries: (await stage.sign(form, { log: order })).entries };
    expect(stage.outcome(candidateOf(form, good))).toMatchObject({ kind: "accepted" });
    expect(stage.outcome(candidateOf(form, bad))).toMatchObject({ refusal: "log-entry-mismatch" });
    expect(stage.outcome(candidateOf(form, moved))).toMatchObject({ refusal: "log-entry-mismatch" });
  });

  test.each(["intoto/0.0.1", "intoto/0.0.2", "dsse/0.0.1"] as const)(
    "of %s that names another certificate, on a legacy attestation",
    async (kind) => {
      const { verifier } = await stage.sign("legacy attestation");
      const good = await stage.sign("legacy attestation", { log: { inclusion: "promise", kind } });
      const bad = await stage.sign("legacy attestation", { log: { inclusion: "promise", kind, verifier } });
      const moved = { ...bad, entries: good.entries };
      expect(stage.outcome(candidateOf("legacy attestation", good))).toMatchObject({ kind: "accepted" });
      expect(stage.outcome(candidateOf("legacy attestation", bad))).toMatchObject({
        refusal: "log-entry-mismatch",
      });
      expect(stage.outcome(candidateOf("legacy attestation", moved))).toMatchObject({
        refusal: "log-entry-mismatch",
      });
    },
  );

  test.each(BUNDLE_FORMS)("that is there twice in a %s", async (form) => {
    const parts = await stage.sign(form);
    const entry = entryOf(parts);
    expect(stage.outcome(candidateOf(form, { ...parts, entries: [entry, entry] }))).toMatchObject({
      refusal: "log-entry-invalid",
    });
  });

  test.each(BUNDLE_FORMS)("with the proof of another one in a %s", async (form) => {
    const { inclusionProof } = entryOf(await stage.sign(form));
    const parts = withEntry(await stage.sign(form), (entry) =>
      inclusionProof === undefined ? entry : { ...entry, inclusionProof },
    );
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ refusal: "log-entry-invalid" });
  });

  test.each(BUNDLE_FORMS)("of version 2 that only an unknown log proves in a %s", async (form) => {
    const order = { inclusion: "proof", in: stranger.log2, kind: "dsse/0.0.2" } as const;
    const parts = await stage.sign(form, { log: order, timestamp: "signature" });
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ refusal: "trust-root-outdated" });
  });

  test.each(BUNDLE_FORMS)("of version 2 that claims a time of its own in a %s", async (form) => {
    const parts = withEntry(await stage.sign(form, { log: "v2", timestamp: "none" }), (entry) => ({
      ...entry,
      integratedTime: String(signedAt / SECOND_MS),
    }));
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ refusal: "trusted-time-missing" });
  });
});

/** What a countersignature is over. */
function countersigned(form: Form, { envelope, signature }: SignedParts): Uint8Array {
  return timestampOf(form) === "envelope" ? bytesOf(envelope) : signature;
}

describe("refuses a countersignature", () => {
  const BEFORE = later(world.now, -2 * DAY_MS);

  test.each(
    inForms<{
      title: string;
      token: (right: Uint8Array) => Uint8Array;
      refusal: Refusal;
    }>([
      {
        title: "over something else",
        token: () => world.timestampAuthority.token(Buffer.from("else"), signedAt),
        refusal: "timestamp-invalid",
      },
      {
        title: "from before the certificate",
        token: (bytes) => world.timestampAuthority.token(bytes, BEFORE),
        refusal: "certificate-expired",
      },
      { title: "that is none", token: () => Buffer.from("else"), refusal: "candidate-malformed" },
    ]),
  )("$title, alone and beside an entry in a log, on a $form", async ({ form, token, refusal }) => {
    const parts = await stage.sign(form);
    const broken = { ...parts, timestamps: [token(countersigned(form, parts))] };
    expect(stage.outcome(candidateOf(form, broken))).toMatchObject({ kind: "refused", refusal });
    const alone = candidateOf(form, { ...broken, entries: [] });
    expect(stage.outcome(alone, stage.policy({ log: "ignore" }))).toMatchObject({ kind: "refused", refusal });
  });

  test.each(FORMS)("of an unknown authority on a %s, unless a log says when it was signed", async (form) => {
    const parts = await stage.sign(form);
    const token = stranger.timestampAuthority.token(countersigned(form, parts), signedAt);
    const beside = candidateOf(form, { ...parts, timestamps: [token] });
    const alone = candidateOf(form, { ...parts, timestamps: [token], entries: [] });
    expect(stage.outcome(beside)).toMatchObject({
      kind: "accepted",
      signedAt,
      unchecked: ["a countersignature by an authority that no trust root knows"],
    });
    expect(stage.outcome(alone, stage.policy({ log: "ignore" }))).toMatchObject({
      refusal: "trust-root-outdated",
    });
  });

  test.each(STATEMENT_FORMS)("over the wrong part of a %s", async (form) => {
    const timestamp = timestampOf(form) === "envelope" ? "signature" : "envelope";
    const parts = await stage.sign(form, { timestamp, log: "none" });
    expect(stage.outcome(candidateOf(form, parts), stage.policy({ log: "ignore" }))).toMatchObject({
      refusal: "timestamp-invalid",
    });
  });

  test.each(BUNDLE_FORMS)("that is there twice in a %s", async (form) => {
    const { timestamps, ...parts } = await stage.sign(form, { timestamp: "signature" });
    const candidate = candidateOf(form, { ...parts, timestamps: [...timestamps, ...timestamps] });
    expect(stage.outcome(candidate)).toMatchObject({ refusal: "timestamp-invalid" });
  });
});
