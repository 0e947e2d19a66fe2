import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { type ProfileSources, profilesOf } from "../../config/profiles.ts";
import { readerOf } from "../../config/reader.ts";
import { parseRepository } from "../../src/image/reference.ts";
import { NO_DISTRUST } from "../../src/trust/policy.ts";
import { DEFAULT_POLICIES, policyFor } from "../../src/vendor/policies.ts";
import { profileOf } from "../../src/vendor/profile.ts";
import { loadVendorFiles, type VendorFile, VENDORS_DIRECTORY } from "../../config/vendor-file.ts";

const ACME = {
  id: "acme",
  name: "Acme Hardened Images",
  publisher: "Acme",
  images: ["docker.io/acme/hardened-*"],
  asOf: "2026-11-23",
  signature: { kind: "keys", keys: [], signerHint: "Ask Acme." },
  log: "if-known",
  sbom: "expected",
};
const identities = (subject: object) => ({
  kind: "identities",
  identities: [{ issuer: "https://issuer.example", ...subject }],
  signerHint: "Ask.",
});
const TERMS = { critical: "7d", high: "7d", medium: "7d", low: "7d", none: "7d", unknown: "7d" };

describe("a vendor's file", () => {
  test.each([
    { title: "an unknown key", file: { ...ACME, tag: {} }, fault: "acme.yaml: tag" },
    {
      title: "a role of words that is none",
      file: { ...ACME, tags: { colour: ["red"] } },
      fault: "acme.yaml: tags.colour",
    },
    {
      title: "what is no word of a tag",
      file: { ...ACME, tags: { user: ["a b"] } },
      fault: "acme.yaml: tags.user[0]",
    },
    {
      title: "a word in two roles",
      file: { ...ACME, tags: { user: ["nonroot"], shell: ["nonroot"] } },
      fault: "acme.yaml: tags.shell",
    },
    {
      title: "an end that is no day",
      file: { ...ACME, lifecycle: [{ images: ["acme/base"], until: "soon", notice: "Move." }] },
      fault: "acme.yaml: lifecycle[0].until",
    },
    {
      title: "an end of no month",
      file: { ...ACME, lifecycle: [{ images: ["acme/base"], until: "2026-13", notice: "Move." }] },
      fault: "acme.yaml: lifecycle[0].until",
    },
    { title: "an id that is not its name", file: { ...ACME, id: "acne" }, fault: "acme.yaml: id" },
    { title: "an id with blanks", file: { ...ACME, id: "a c" }, fault: "acme.yaml: id" },
    { title: "no image", file: { ...ACME, images: [] }, fault: "acme.yaml: images" },
    {
      title: "a regular expression as an image",
      file: { ...ACME, images: ["^acme/.*$"] },
      fault: "acme.yaml: images[0]",
    },
    {
      title: "a kind of signature nobody can check",
      file: { ...ACME, signature: { ...ACME.signature, kind: "gpg" } },
      fault: "acme.yaml: signature.kind",
    },
    {
      title: "no hint",
      file: { ...ACME, signature: { kind: "keys", keys: [] } },
      fault: "acme.yaml: signature.signerHint",
    },
    {
      title: "a key that is none",
      file: { ...ACME, signature: { ...ACME.signature, keys: [{ pem: "x" }] } },
      fault: "acme.yaml: signature.keys[0].pem",
    },
    {
      title: "no terms",
      file: { ...ACME, sla: { terms: {} } },
      fault: "acme.yaml: sla.terms",
    },
    {
      title: "a term that is no period",
      file: { ...ACME, sla: { terms: { critical: "soon" } } },
      fault: "acme.yaml: sla.terms.critical",
    },
    {
      title: "a start that nobody knows",
      file: { ...ACME, sla: { terms: TERMS, start: "yesterday" } },
      fault: "acme.yaml: sla.start",
    },
    {
      title: "a platform that is none",
      file: { ...ACME, sla: { terms: TERMS, bestEffortPlatforms: ["arm64"] } },
      fault: "acme.yaml: sla.bestEffortPlatforms[0]",
    },
    {
      title: "a calendar in a zone that is none",
      file: { ...ACME, sla: { terms: TERMS, calendar: { zone: "Moon/Tycho" } } },
      fault: "acme.yaml: sla.calendar.zone",
    },
    { title: "no day", file: { ...ACME, asOf: undefined }, fault: "acme.yaml: asOf" },
    { title: "a day that is none", file: { ...ACME, asOf: "2026-02-30" }, fault: "acme.yaml: asOf" },
    { title: "a month for a day", file: { ...ACME, asOf: "2026-02" }, fault: "acme.yaml: asOf" },
    { title: "a status of its own", file: { ...ACME, status: "enforced" }, fault: "acme.yaml: status" },
    { title: "no word on logs", file: { ...ACME, log: undefined }, fault: "acme.yaml: log" },
    { title: "an ugly word on logs", file: { ...ACME, log: "insecure-ignore" }, fault: "acme.yaml: log" },
    {
      title: "an end without a notice",
      file: { ...ACME, discontinued: { since: "2026-10-22" } },
      fault: "acme.yaml: discontinued.notice",
    },
    {
      title: "an end at no time",
      file: { ...ACME, discontinued: { since: "October", notice: "Ended." } },
      fault: "acme.yaml: discontinued.since",
    },
    {
      title: "a fingerprint that is none",
      file: { ...ACME, signature: { ...ACME.signature, fingerprints: ["ab:cd"] } },
      fault: "acme.yaml: signature.fingerprints[0]",
    },
    {
      title: "identities of nobody",
      file: { ...ACME, signature: { kind: "identities", identities: [], signerHint: "Ask." } },
      fault: "acme.yaml: signature.identities",
    },
    {
      title: "keys for identities",
      file: { ...ACME, signature: { ...ACME.signature, kind: "none" } },
      fault: "acme.yaml: signature.keys",
    },
    {
      title: "a pattern of identities that fixes nothing",
      file: { ...ACME, signature: identities({ subjectPattern: ".*" }) },
      fault: "acme.yaml: signature.identities[0].subjectPattern",
    },
    {
      title: "an input that nothing says how to find",
      file: { ...ACME, signature: identities({ subject: "https://acme.example/{tenant}" }) },
      fault: "acme.yaml: signature.identities",
    },
    {
      title: "an input that nothing needs",
      file: { ...ACME, needs: { tenant: { hint: "Look." } } },
      fault: "acme.yaml: needs.tenant",
    },
    {
      title: "Notation of a name that many have",
      file: {
        ...ACME,
        signature: {
          kind: "notation",
          notation: { identities: ["O=Acme"], root: "acme" },
          signerHint: "Ask.",
        },
      },
      fault: "acme.yaml: signature.notation.identities[0]",
    },
    {
      title: "a plan that nobody sells",
      file: { ...ACME, sla: { terms: TERMS, plan: "gold" } },
      fault: "acme.yaml: sla.plan",
    },
    { title: "nothing", file: null, fault: "acme.yaml" },
  ])("is refused with $title", async ({ file, fault }) => {
    const { vendors, faults } = await loadFrom({ "acme.yaml": stringify(file) });
    expect(vendors).toEqual([]);
    expect(faults.map(({ path }) => path)).toEqual([fault]);
  });

  test("is refused where it is not YAML, beside the others", async () => {
    const { vendors, faults } = await loadFrom({ "acme.yaml": stringify(ACME), "zeta.yaml": "id: [" });
    expect(vendors.map(({ id }) => id)).toEqual(["acme"]);
    expect(faults[0]).toEqual({ path: "zeta.yaml", reason: expect.stringContaining("line 1") });
  });

  test("that claims another vendor's images is refused, naming both", async () => {
    const zeta = { ...ACME, id: "zeta", images: ["quay.io/zeta/*", "docker.io/acme/hardened-*"] };
    const { vendors, faults } = await loadFrom({
      "acme.yaml": stringify(ACME),
      "zeta.yaml": stringify(zeta),
    });
    expect(faults).toEqual([]);
    expect(profilesOf(sourcesOf(vendors)).faults).toEqual([
      {
        path: "zeta.yaml: images[1]",
        reason: expect.stringMatching(/two profiles, acme .*acme\.yaml: images\[0\].* zeta$/),
      },
    ]);
  });

  test("decides by itself only once it is confirmed", async () => {
    const files = { "acme.yaml": stringify(ACME) };
    const [observed] = profilesOf(sourcesOf((await loadFrom(files)).vendors)).profiles;
    expect(observed?.mode).toBe("observed");
    const confirmed = { "acme.yaml": stringify({ ...ACME, status: "active" }) };
    const [active] = profilesOf(sourcesOf((await loadFrom(confirmed)).vendors)).profiles;
    expect(active?.mode).toBe("enforced");
    const over = {
      "acme.yaml": stringify({ ...ACME, status: "active", discontinued: { notice: "Ended." } }),
    };
    const [ended] = profilesOf(sourcesOf((await loadFrom(over)).vendors)).profiles;
    expect(ended).toMatchObject({ mode: "discontinued", notice: "Ended." });
  });

  test("that is more exact has the image, whatever the order", async () => {
    const { vendors } = await loadFrom({
      "acme.yaml": stringify({ ...ACME, images: ["docker.io/acme/*"] }),
      "base.yaml": stringify({ ...ACME, id: "base", images: ["docker.io/acme/hardened-*"] }),
      "old.yaml": stringify({ ...ACME, id: "old", images: ["docker.io/acme/*-old"] }),
      "zeta.yaml": stringify({ ...ACME, id: "zeta", images: ["docker.io/*/*-base"] }),
    });
    for (const ordered of [vendors, vendors.toReversed()]) {
      const { profiles, faults } = profilesOf(sourcesOf(ordered));
      expect(faults).toEqual([]);
      const ids = [
        "acme/x",
        "acme/hardened-x",
        "acme/x-old",
        "acme/hardened-old",
        "acme/x-base",
        "other/x-base",
      ].map((name) => profileOf(profiles, parseRepository(name))?.id);
      expect(ids).toEqual(["acme", "base", "old", "base", "acme", "zeta"]);
    }
  });

  test("that meets another's where neither is more exact is refused", async () => {
    const { vendors } = await loadFrom({
      "acme.yaml": stringify({ ...ACME, images: ["docker.io/acme/*-jdk"] }),
      "zeta.yaml": stringify({ ...ACME, id: "zeta", images: ["docker.io/acme/*-25-*"] }),
    });
    expect(profilesOf(sourcesOf(vendors)).faults).toHaveLength(1);
  });

  test("without terms runs by the defaults, and refuses a plan it does not know", async () => {
    const { vendors } = await loadFrom({ "acme.yaml": stringify(ACME) });
    const overrides = { acme: { plan: "commercial" as const, images: [], evidence: [], enabled: true } };
    const { profiles, faults } = profilesOf({ ...sourcesOf(vendors), overrides });
    const [profile] = profiles;
    if (profile === undefined) throw new Error("no profile");
    const policy = policyFor(DEFAULT_POLICIES, { owner: "acme", name: "shop" }, profile);
    expect(policy.basis).toContain("Hullkeeper's defaults");
    expect(profile.vendorPromise).toBeUndefined();
    expect(faults).toEqual([{ path: "vendors.acme.plan", reason: "no such plan of Acme is known" }]);
  });

  test("with terms for everybody promises without a plan", async () => {
    const { vendors } = await loadFrom({ "acme.yaml": stringify({ ...ACME, sla: { terms: TERMS } }) });
    const { profiles } = profilesOf(sourcesOf(vendors));
    expect(profiles[0]?.vendorPromise?.basis).toBe("Acme's promise (7 days)");
  });
});

describe("the built-in profiles", () => {
  test("are all right, and do not meet", async () => {
    const names = (await readdir(VENDORS_DIRECTORY)).toSorted();
    const { vendors, faults } = await loadVendorFiles(
      VENDORS_DIRECTORY,
      readerOf(VENDORS_DIRECTORY, {}, fail),
    );
    expect(faults).toEqual([]);
    expect(vendors.map(({ id }) => `${id}.yaml`)).toEqual(names);
    expect(vendors.length).toBeGreaterThan(0);
    expect(profilesOf(sourcesOf(vendors)).faults).toEqual([]);
  });
});

function sourcesOf(vendors: readonly VendorFile[]): ProfileSources {
  return {
    vendors,
    overrides: {},
    subscriptions: [],
    policy: {},
    distrust: NO_DISTRUST,
    rootNames: ["public-good"],
  };
}

async function loadFrom(files: Readonly<Record<string, string>>): ReturnType<typeof loadVendorFiles> {
  const folder = await mkdtemp(join(tmpdir(), "hullkeeper-vendors-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return loadVendorFiles(folder, readerOf(folder, {}, fail));
}

function fail(warning: string): never {
  throw new Error(`unexpected warning: ${warning}`);
}
