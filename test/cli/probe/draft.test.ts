import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Findings } from "../../../src/cli/probe/findings.ts";
import { enforcingLines } from "../../../src/cli/probe/draft.ts";
import { type Claimant, reportOn } from "../../../src/cli/probe/report.ts";
import { instantOf } from "../../../src/time.ts";
import { bundleOf, legacySignatureOf } from "../../fakes/sigstore/signed-parts.ts";
import { createSigstoreWorld, IDENTITY } from "../../fakes/sigstore/world.ts";
import {
  AMD64,
  ARM64,
  attested,
  claimantOf,
  findingsOf,
  INDEX,
  REPOSITORY,
  signed,
  STRANGER,
} from "./scene.ts";

const AT = instantOf(Date.UTC(2026, 10, 23, 12));
const WORLD = await createSigstoreWorld();
const IMAGE = "registry.example/acme/base";

const draftOf = (findings: Findings, claimant?: Claimant): string => reportOn(findings, claimant, AT).draft;
const draftedOf = (findings: Findings, claimant?: Claimant): unknown => parse(draftOf(findings, claimant));

describe("a draft", () => {
  test("for an image that no profile claims is a subscription that decides nothing yet", () => {
    expect(draftedOf(findingsOf([signed(INDEX), attested(INDEX)]))).toEqual({
      subscriptions: [
        { image: IMAGE, keys: [{ file: "keys/base.pub" }], subject: "index", mode: "observed" },
      ],
    });
  });

  test("for a built-in profile is what it lacks", () => {
    expect(
      draftedOf(findingsOf([], [[signed(AMD64, STRANGER)], [signed(ARM64, STRANGER)]]), claimantOf()),
    ).toEqual({
      vendors: {
        acme: { keys: [{ file: "keys/base.pub" }], sbom: "none", subject: "platform", mode: "observed" },
      },
    });
  });

  test("names who it says has signed, and that every signature has an entry in a log", async () => {
    const parts = await WORLD.sign({ image: INDEX, claim: "signature", log: "promise" });
    const statement = await WORLD.sign({ image: INDEX, claim: "statement", log: "v2" });
    const findings = findingsOf([legacySignatureOf(parts), bundleOf(statement)]);
    expect(draftedOf(findings)).toMatchObject({
      subscriptions: [{ image: IMAGE, identities: [IDENTITY], log: "require" }],
    });
  });

  test("does not demand a log that some signatures are not in", async () => {
    const logged = await WORLD.sign({ image: INDEX, claim: "signature", log: "promise" });
    const findings = findingsOf([legacySignatureOf(logged), signed(INDEX)]);
    expect(draftedOf(findings)).toMatchObject({ subscriptions: [{ log: "if-known" }] });
  });

  test("of nothing that is signed says that the key is a guess", () => {
    const draft = draftOf(findingsOf([]));
    expect(draft).toContain("# Nothing was found that is signed: the key is a guess.");
    expect(parse(draft)).toMatchObject({
      subscriptions: [{ keys: [{ file: "keys/base.pub" }], sbom: "none" }],
    });
  });

  test("does not say that there is no SBOM where evidence could not be read", () => {
    const [root] = findingsOf([]).subjects;
    if (root === undefined) throw new Error("nothing was looked at");
    const failed = { kind: "failed", code: "registry-forbidden", message: "403" } as const;
    const findings = findingsOf([], [], { subjects: [{ ...root, collected: failed }] });
    expect(draftOf(findings)).not.toContain("sbom");
  });

  test("names five signers of a kind at most, and says so", async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, async (_, number) =>
        legacySignatureOf(
          await WORLD.sign({
            image: INDEX,
            claim: "signature",
            certificate: { names: [{ type: "email", value: `${number}@acme.example` }] },
          }),
        ),
      ),
    );
    const draft = draftOf(findingsOf(all));
    expect(parse(draft)).toMatchObject({ subscriptions: [{ identities: { length: 5 } }] });
    expect(draft).toContain("# 8 signers were found, these are the first of each kind.");
  });

  test("holds hostile names as text, and never as YAML", async () => {
    const subject = 'https://a.example/"#{}&*!|>%@`,\\';
    const parts = await WORLD.sign({
      image: INDEX,
      claim: "signature",
      certificate: { names: [{ type: "url", value: subject }], issuer: "https://i.example/': x" },
    });
    const draft = draftOf(findingsOf([legacySignatureOf(parts)]));
    const document: unknown = parse(draft);
    const [first] = Object.keys(document ?? {});
    expect(first).toBe("subscriptions");
    expect(JSON.stringify(document)).not.toContain("enforced");
  });

  test("never trusts by itself: each says that nobody has confirmed it", () => {
    for (const candidates of [[], [signed(INDEX)], [attested(INDEX, STRANGER)]]) {
      const draft = draftOf(findingsOf(candidates));
      expect(draft).toMatch(/^# Unconfirmed: /);
      expect(draft).not.toContain("mode: enforced");
    }
  });
});

describe("lines that let a profile decide", () => {
  test("of a vendor stand under its id", () => {
    expect(parse(enforcingLines(claimantOf(), REPOSITORY))).toEqual({
      vendors: { acme: { mode: "enforced" } },
    });
  });

  test("of a subscription say where they belong", () => {
    const lines = enforcingLines(claimantOf({}, { origin: "subscription" }), REPOSITORY);
    expect(lines).toBe(`# in the entry of subscriptions that claims ${IMAGE}\nmode: enforced\n`);
  });
});
