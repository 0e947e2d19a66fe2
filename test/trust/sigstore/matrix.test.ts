import { describe, expect, test } from "vitest";
import { HOUR_MS, later } from "../../../src/time.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import type { LogMode } from "../../../src/trust/policy.ts";
import type { Refusal } from "../../../src/trust/verdict.ts";
import { type KeyKind, newSigningKey, trustedHalfOf } from "../../fakes/signer.ts";
import { bundleOf } from "../../fakes/sigstore/signed-parts.ts";
import { IDENTITY, type SigningOrder } from "../../fakes/sigstore/world.ts";
import {
  BUNDLE_FORMS,
  FORMS,
  type Form,
  LEGACY_FORMS,
  candidateOf,
  createStage,
  timestampOf,
  vendorKeyOf,
} from "./stage.ts";

/**
 * Every form, signed with a key or with a short-lived certificate, with every proof of when it was signed, judged in every mode:
 * which are accepted and on whose word, and why the others are refused.
 */
const stage = await createStage();
const { world } = stage;
const signedAt = later(world.now, -HOUR_MS);

const MODES: readonly LogMode[] = ["require", "if-known", "ignore"];

/** What goes with a signature. */
type Proof =
  | "nothing"
  | "promise"
  | "promise and proof"
  | "proof"
  | "proof and time"
  | "version 2"
  | "time"
  | "promise and time";

const PROOFS: Readonly<Record<Proof, Pick<SigningOrder, "log"> & { readonly isTimed?: true }>> = {
  nothing: { log: "none" },
  promise: { log: "promise" },
  "promise and proof": { log: "promise-and-proof" },
  proof: { log: "proof" },
  "proof and time": { log: "proof", isTimed: true },
  "version 2": { log: "v2", isTimed: true },
  time: { log: "none", isTimed: true },
  "promise and time": { log: "promise", isTimed: true },
};

/** Legacy layouts have no place for proofs, and bundles 0.3 none for an entry without one. */
const PROOFS_IN: Readonly<Record<"legacy" | "bundle", readonly Proof[]>> = {
  legacy: ["nothing", "promise", "time", "promise and time"],
  bundle: ["nothing", "promise and proof", "proof", "proof and time", "version 2", "time"],
};

type Expected = Refusal | "log-promise" | "log-proof" | "countersignature" | "no time";

/** By proof, in the order of {@link MODES}. */
const WITH_CERTIFICATE: Readonly<Record<Proof, readonly [Expected, Expected, Expected]>> = {
  nothing: ["log-entry-missing", "trusted-time-missing", "trusted-time-missing"],
  promise: ["log-promise", "log-promise", "trusted-time-missing"],
  "promise and proof": ["log-proof", "log-proof", "trusted-time-missing"],
  proof: ["trusted-time-missing", "trusted-time-missing", "trusted-time-missing"],
  "proof and time": ["countersignature", "countersignature", "countersignature"],
  "version 2": ["countersignature", "countersignature", "countersignature"],
  time: ["log-entry-missing", "countersignature", "countersignature"],
  "promise and time": ["log-promise", "log-promise", "countersignature"],
};
const WITH_KEY: typeof WITH_CERTIFICATE = {
  nothing: ["log-entry-missing", "no time", "no time"],
  promise: ["log-promise", "log-promise", "no time"],
  "promise and proof": ["log-proof", "log-proof", "no time"],
  proof: ["no time", "no time", "no time"],
  "proof and time": ["countersignature", "countersignature", "no time"],
  "version 2": ["countersignature", "countersignature", "no time"],
  time: ["log-entry-missing", "countersignature", "no time"],
  "promise and time": ["log-promise", "log-promise", "no time"],
};

interface Cell {
  readonly form: Form;
  readonly signer: "key" | "certificate";
  readonly proof: Proof;
  readonly log: LogMode;
  readonly expected: Expected;
}

function cellsOf(signer: Cell["signer"]): readonly Cell[] {
  const expectations = signer === "key" ? WITH_KEY : WITH_CERTIFICATE;
  return FORMS.flatMap((form) =>
    PROOFS_IN[LEGACY_FORMS.includes(form) ? "legacy" : "bundle"].flatMap((proof) =>
      MODES.map((log, mode) => ({
        form,
        signer,
        proof,
        log,
        expected: expectations[proof][mode] ?? "candidate-malformed",
      })),
    ),
  );
}

const isAccepted = ({ expected }: Cell): boolean =>
  ["log-promise", "log-proof", "countersignature", "no time"].includes(expected);

const cells = [...cellsOf("certificate"), ...cellsOf("key")];

async function outcomeOf({ form, signer, proof, log }: Cell) {
  const { isTimed, ...order } = PROOFS[proof];
  const parts = await stage.sign(form, {
    ...order,
    ...(signer === "key" ? { key: stage.vendor } : {}),
    timestamp: isTimed === undefined ? "none" : timestampOf(form),
  });
  const signers = signer === "key" ? [vendorKeyOf(stage)] : [world.identity];
  return stage.outcome(candidateOf(form, parts), stage.policy({ log }, signers));
}

test("the matrix has both kinds of cells", () => {
  expect(cells.filter(isAccepted).length).toBeGreaterThan(60);
  expect(cells.filter((cell) => !isAccepted(cell)).length).toBeGreaterThan(30);
});

test.each(cells.filter(isAccepted))(
  "$form, signed with a $signer, with $proof, where a log is $log: $expected",
  async (cell) => {
    const { expected, form, signer } = cell;
    const outcome = await outcomeOf(cell);
    expect(outcome).toMatchObject({
      kind: "accepted",
      proves: form === "legacy signature" || form === "image bundle" ? "image" : "statement",
      groups: ["vendor"],
      signer:
        signer === "key"
          ? vendorKeyOf(stage).signer
          : { kind: "identity", ...IDENTITY, root: world.name, name: world.identity.name },
    });
    if (outcome.kind !== "accepted") return;
    const { timeProof, signedAt: provenAt } = outcome;
    expect({ timeProof, provenAt }).toStrictEqual(
      expected === "no time"
        ? { timeProof: undefined, provenAt: undefined }
        : { timeProof: expected, provenAt: signedAt },
    );
  },
);

test.each(cells.filter((cell) => !isAccepted(cell)))(
  "refuses $form, signed with a $signer, with $proof, where a log is $log: $expected",
  async (cell) => {
    expect(await outcomeOf(cell)).toMatchObject({ kind: "refused", refusal: cell.expected });
  },
);

const WORLD_ENTRIES = [
  { kind: "dsse/0.0.1", log: world.log },
  { kind: "intoto/0.0.2", log: world.log },
  { kind: "intoto/0.0.1", log: world.log },
  { kind: "hashedrekord/0.0.2", log: world.log2 },
  { kind: "dsse/0.0.2", log: world.log2 },
] as const;

/** Clients that write bundles never wrote the first version of in-toto's entries. */
const OF_BUNDLES = WORLD_ENTRIES.filter(({ kind }) => kind !== "intoto/0.0.1");

describe("every kind of entry", () => {
  test.each(BUNDLE_FORMS.flatMap((form) => OF_BUNDLES.map((entry) => ({ form, ...entry }))))(
    "of $kind is understood in a $form",
    async ({ form, kind, log }) => {
      const inclusion = log.version === 2 ? "proof" : "promise-and-proof";
      const parts = await stage.sign(form, {
        log: { inclusion, in: log, kind },
        timestamp: log.version === 2 ? "signature" : "none",
      });
      expect(stage.outcome(candidateOf(form, parts))).toMatchObject({
        kind: "accepted",
        log: { logId: log.id.toString("hex"), index: parts.entries[0]?.logIndex },
      });
    },
  );

  test.each(WORLD_ENTRIES.filter(({ log }) => log.version === 1))(
    "of $kind is understood in a legacy attestation",
    async ({ kind, log }) => {
      const parts = await stage.sign("legacy attestation", { log: { inclusion: "promise", kind } });
      expect(stage.outcome(candidateOf("legacy attestation", parts))).toMatchObject({
        kind: "accepted",
        timeProof: "log-promise",
        signedAt,
        log: { logId: log.id.toString("hex"), index: parts.entries[0]?.logIndex },
      });
    },
  );
});

test.each(BUNDLE_FORMS)("a %s with the first version of in-toto's entries is refused", async (form) => {
  const parts = await stage.sign(form, { log: { inclusion: "promise-and-proof", kind: "intoto/0.0.1" } });
  expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ refusal: "algorithm-unsupported" });
});

describe("older bundles", () => {
  test.each([
    { version: "0.1", log: "promise", timeProof: "log-promise" },
    { version: "0.1", log: "promise-and-proof", timeProof: "log-proof" },
    { version: "0.2", log: "promise-and-proof", timeProof: "log-proof" },
  ] as const)("of version $version with a $log are accepted", async ({ version, log, timeProof }) => {
    const parts = await stage.sign("image bundle", { log });
    expect(stage.outcome(bundleOf(parts, version))).toMatchObject({
      kind: "accepted",
      proves: "image",
      timeProof,
      signedAt,
    });
  });

  test.each([
    { version: "0.2", log: "promise" },
    { version: "0.3", log: "promise" },
    { version: "0.1", log: "proof" },
  ] as const)("of version $version with a $log alone are refused", async ({ version, log }) => {
    const parts = await stage.sign("image bundle", { log });
    expect(stage.outcome(bundleOf(parts, version))).toMatchObject({ refusal: "candidate-malformed" });
  });
});

describe("keys of every allowed kind", () => {
  const KINDS: readonly KeyKind[] = ["p-256", "p-384", "p-521", "rsa-2048", "ed25519"];
  const keys = KINDS.map((kind) => newSigningKey(kind));

  test.each(FORMS.flatMap((form) => keys.map((key) => ({ form, kind: key.kind, key }))))(
    "$kind signs a $form",
    async ({ form, key }) => {
      const parts = await stage.sign(form, { key });
      expect(stage.outcome(candidateOf(form, parts), stage.policy({}, [trustedHalfOf(key)]))).toMatchObject({
        kind: "accepted",
        signedAt,
      });
    },
  );

  test.each(
    FORMS.flatMap((form) =>
      (["p-256", "p-384", "rsa-2048", "ed25519"] as const).map((keyKind) => ({ form, keyKind })),
    ),
  )("$keyKind in a certificate signs a $form", async ({ form, keyKind }) => {
    const parts = await stage.sign(form, { certificate: { keyKind } });
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ kind: "accepted", signedAt });
  });

  test.each(FORMS)("P-384 signs a %s with the hash of its length", async (form) => {
    const parts = await stage.sign(form, { certificate: { keyKind: "p-384" }, signing: { hash: "sha384" } });
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ kind: "accepted", signedAt });
  });

  test.each(FORMS)("secp256k1 in a certificate signs no %s", async (form) => {
    const parts = await stage.sign(form, { certificate: { keyKind: "secp256k1" } });
    const candidate: Candidate = candidateOf(form, parts);
    expect(stage.outcome(candidate)).toMatchObject({ refusal: "algorithm-unsupported" });
  });
});

describe("authorities of every kind", () => {
  test.each(["p-384", "rsa-2048"] as const)("with %s keys certify who signs", async (kind) => {
    const other = await createStage(kind);
    for (const form of FORMS) {
      const parts = await other.sign(form, { timestamp: timestampOf(form) });
      expect(other.outcome(candidateOf(form, parts))).toMatchObject({ kind: "accepted", signedAt });
      expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ kind: "refused" });
    }
  });
});
