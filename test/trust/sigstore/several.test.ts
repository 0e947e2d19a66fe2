import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/image/digest.ts";
import { HOUR_MS, MINUTE_MS, later } from "../../../src/time.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import type { SignerGroup, TrustedIdentity } from "../../../src/trust/policy.ts";
import { signerId } from "../../../src/trust/signer.ts";
import { newSigningKey, simpleSigningPayload } from "../../fakes/signer.ts";
import { IDENTITY } from "../../fakes/sigstore/world.ts";
import { FORMS, type Form, candidateOf, createStage, vendorKeyOf } from "./stage.ts";

/** What several signatures say together. */
const stage = await createStage();
const { world, stranger, image } = stage;
const signedAt = later(world.now, -HOUR_MS);
const EVIL = "https://github.com/evil/images/.github/workflows/release.yaml@refs/heads/main";

const made = async (form: Form, more: Parameters<typeof stage.sign>[1] = {}): Promise<Candidate> =>
  candidateOf(form, await stage.sign(form, more));
const byEvil = { certificate: { names: [{ type: "url", value: EVIL }] } } as const;
const byStranger = { certificate: { authority: stranger.authority } };
const byKey = { key: stage.vendor };

const IMAGE_FORMS = ["legacy signature", "image bundle"] as const;

describe("a trusted signature is enough", () => {
  test.each(IMAGE_FORMS)("behind those of others on a %s", async (form) => {
    const candidates = [await made(form, byEvil), await made(form, byStranger), await made(form)];
    const { verdict, results } = stage.judge(candidates);
    expect(verdict).toMatchObject({ kind: "verified", signers: [IDENTITY], trustedAt: signedAt });
    expect(results.map(({ outcome }) => outcome.kind)).toStrictEqual(["refused", "refused", "accepted"]);
  });

  test.each(IMAGE_FORMS)("behind sixty of strangers on a %s", async (form) => {
    const junk = await Promise.all(Array.from({ length: 60 }, () => made(form, { key: newSigningKey() })));
    const { verdict, results } = stage.judge([...junk, await made(form)]);
    expect(verdict).toMatchObject({ kind: "verified", signers: [IDENTITY] });
    expect(results.filter(({ outcome }) => outcome.kind === "refused")).toHaveLength(60);
  });

  test("in a legacy layer beside a bundle that is refused", async () => {
    const { verdict } = stage.judge([await made("image bundle", byEvil), await made("legacy signature")]);
    expect(verdict).toMatchObject({ kind: "verified", signers: [IDENTITY] });
  });

  test("for a digest that was signed long ago: age is not for signatures to judge", async () => {
    const { verdict } = stage.judge([
      await made("legacy signature", { at: later(world.now, -300 * 24 * HOUR_MS) }),
    ]);
    expect(verdict).toMatchObject({ kind: "verified", trustedAt: later(world.now, -300 * 24 * HOUR_MS) });
  });
});

describe("without a trusted signature", () => {
  test("the most telling refusal is the verdict's", async () => {
    const moved = await made("legacy signature", {
      payload: simpleSigningPayload(digestOf(Buffer.from("x"))),
    });
    expect(stage.judge([await made("legacy signature", byEvil), moved]).verdict).toMatchObject({
      kind: "rejected",
      reason: "subject-mismatch",
    });
    expect(
      stage.judge([await made("image bundle", byStranger), await made("image bundle", byEvil)]).verdict,
    ).toMatchObject({ kind: "rejected", reason: "identity-mismatch" });
  });

  test("statements sign no image, whoever made them", async () => {
    const candidates = [await made("legacy attestation"), await made("bundle")];
    expect(stage.judge(candidates).verdict).toMatchObject({
      kind: "awaiting-evidence",
      missing: "signature",
    });
    expect(stage.judge(candidates).statements).toStrictEqual([]);
  });

  test("nothing is known of an image with nothing on it", () => {
    expect(stage.judge([]).verdict).toMatchObject({ kind: "awaiting-evidence", missing: "signature" });
    expect(stage.judge([], stage.policy({}, [])).verdict).toMatchObject({ kind: "unverifiable" });
  });
});

const evil: TrustedIdentity = { ...world.identity, name: "Builder", subject: { kind: "exact", text: EVIL } };
const groups: readonly SignerGroup[] = [
  { name: "vendor", anyOf: [world.identity] },
  { name: "builder", anyOf: [evil] },
];

describe("groups of signers", () => {
  const all = stage.policy({ signers: { need: "all", groups } });
  const any = stage.policy({ signers: { need: "any", groups } });

  test.each(IMAGE_FORMS)("must all have signed a %s where all are needed", async (form) => {
    const [first, second] = [
      await made(form),
      await made(form, { ...byEvil, at: later(signedAt, MINUTE_MS) }),
    ];
    expect(stage.judge([first, second], all).verdict).toMatchObject({
      kind: "verified",
      trustedAt: later(signedAt, MINUTE_MS),
    });
    expect(stage.judge([first, second], any).verdict).toMatchObject({
      kind: "verified",
      trustedAt: signedAt,
    });
    expect(stage.judge([first, first], all).verdict.kind).not.toBe("verified");
    expect(stage.judge([second], all).verdict.kind).not.toBe("verified");
    expect(stage.judge([second], any).verdict).toMatchObject({ kind: "verified" });
  });

  test.each(["legacy attestation", "bundle"] as const)(
    "that did not sign the image add no %s",
    async (form) => {
      const signature = await made("legacy signature");
      const [own, others] = [await made(form), await made(form, byEvil)];
      expect(stage.judge([signature, own], any).verdict).toMatchObject({
        kind: "verified",
        sbom: { kind: "verified" },
      });
      const { verdict, statements } = stage.judge([signature, others], any);
      expect(verdict).not.toMatchObject({ sbom: { kind: "verified" } });
      expect(statements).toStrictEqual([]);
    },
  );

  test("give each signature their names", async () => {
    const both = stage.policy({
      signers: {
        need: "any",
        groups: [...groups, { name: "also", anyOf: [vendorKeyOf(stage), world.identity] }],
      },
    });
    const { results } = stage.judge(
      [await made("legacy signature"), await made("legacy signature", byKey)],
      both,
    );
    expect(results).toMatchObject([
      { outcome: { kind: "accepted", groups: ["vendor", "also"] } },
      { outcome: { kind: "accepted", groups: ["also"] } },
    ]);
  });
});

const sbom = (at: number, specVersion: string) => ({
  at: later(world.now, -at),
  payload: Buffer.from(
    JSON.stringify({
      _type: "https://in-toto.io/Statement/v0.1",
      predicateType: "https://cyclonedx.org/bom",
      subject: [{ name: "x", digest: { sha256: image.slice("sha256:".length) } }],
      predicate: { bomFormat: "CycloneDX", specVersion },
    }),
  ),
});

describe("of several SBOMs", () => {
  test.each(["legacy attestation", "bundle"] as const)(
    "the newest by trusted time counts in a %s",
    async (form) => {
      const signature = await made("legacy signature");
      const [old, young] = [
        await made(form, sbom(3 * HOUR_MS, "1.4")),
        await made(form, sbom(2 * HOUR_MS, "1.5")),
      ];
      for (const candidates of [
        [signature, old, young],
        [signature, young, old],
      ]) {
        expect(stage.judge(candidates).statements[0]).toMatchObject({ predicate: { specVersion: "1.5" } });
      }
    },
  );

  test.each(["legacy attestation", "bundle"] as const)(
    "one that is refused beside a good %s changes nothing",
    async (form) => {
      const candidates = [await made("legacy signature"), await made(form, byEvil), await made(form)];
      expect(stage.judge(candidates).verdict).toMatchObject({ kind: "verified", sbom: { kind: "verified" } });
      expect(stage.judge(candidates.slice(0, 2)).verdict).toMatchObject({
        kind: "rejected",
        reason: "sbom-refused",
      });
    },
  );
});

describe("whom the operator distrusts", () => {
  const id = signerId({ kind: "identity", ...IDENTITY, root: world.name, name: "" });
  const distrusting = stage.policy({ distrust: { signers: [id], digests: [] } });

  test.each(FORMS)("signs no %s", async (form) => {
    expect(stage.outcome(await made(form), distrusting)).toMatchObject({ refusal: "signer-distrusted" });
  });

  test("is named before all else", async () => {
    const moved = { payload: simpleSigningPayload(digestOf(Buffer.from("x"))) };
    const candidates = [
      await made("legacy signature", byEvil),
      await made("legacy signature"),
      await made("legacy signature", moved),
    ];
    expect(stage.judge(candidates, distrusting).verdict).toMatchObject({
      kind: "rejected",
      reason: "signer-distrusted",
    });
  });
});
