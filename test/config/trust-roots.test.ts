import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Config } from "../../config/config.ts";
import { DAY_MS, HOUR_MS } from "../../src/time.ts";
import { rootNamesOf } from "../../src/trust/policy.ts";
import type { TrustRootPlace } from "../../src/trust/root-place.ts";
import { newCertificate, newPublicKey, newRootDocument } from "../fakes/trust-root.ts";
import { type Case, faultsOf, load, type Refusal } from "./folder.ts";

const ROOT_METADATA = JSON.stringify({ signed: { _type: "root", version: 3 }, signatures: [{ sig: "00" }] });
const files: Record<string, string> = {
  "tuf/root.json": ROOT_METADATA,
  "targets.json": JSON.stringify({ signed: { _type: "targets", version: 3 }, signatures: [{ sig: "00" }] }),
  "log.pub": newPublicKey(),
  "weak.pub": newPublicKey("secp256k1"),
  "empty.pem": "",
};

beforeAll(async () => {
  files["trusted_root.json"] = JSON.stringify(await newRootDocument());
  files["broken.json"] = JSON.stringify({ ...(await newRootDocument()), mediaType: "text/plain" });
  files["one.pem"] = (await newCertificate()).pem;
  files["two.pem"] = (await newCertificate()).pem;
});

function loadWith(trustRoots: unknown, more: Case = {}): Promise<Config> {
  return load({ ...more, sections: { trustRoots, ...more.sections }, files: { ...files, ...more.files } });
}

/** A place with the folder of the configuration taken out of its paths. */
function shown(place: TrustRootPlace | undefined): unknown {
  return JSON.parse(JSON.stringify(place ?? null).replaceAll(/"\/[^"]*?hullkeeper-config-[^/]*\//g, '"'));
}

describe("a trust root", () => {
  test("is the public one when none is configured, updated once a day", async () => {
    const { trustRoots } = await load({ environment: { HOME: "/home/x", XDG_CACHE_HOME: undefined } });
    expect(trustRoots).toEqual({
      places: new Map([["public-good", { kind: "public-good" }]]),
      updateEveryMs: DAY_MS,
      directory: "/home/x/.cache/hullkeeper",
    });
  });

  test.each<{ title: string; root: unknown; place: unknown }>([
    {
      title: "in a file",
      root: { file: "trusted_root.json" },
      place: { kind: "file", path: "trusted_root.json" },
    },
    {
      title: "in a TUF repository",
      root: { tuf: { url: "https://tuf.acme.example/", root: "tuf/root.json" } },
      place: { kind: "tuf", url: "https://tuf.acme.example", root: ROOT_METADATA },
    },
    {
      title: "in a TUF repository on this machine",
      root: { tuf: { url: "http://127.0.0.1:8080/tuf", root: "tuf/root.json" } },
      place: { kind: "tuf", url: "http://127.0.0.1:8080/tuf", root: ROOT_METADATA },
    },
    { title: "of a log", root: { logKey: "log.pub" }, place: { kind: "log-key", path: "log.pub" } },
    {
      title: "of certificates",
      root: { certificates: ["one.pem", "two.pem"] },
      place: { kind: "certificates", authorities: ["one.pem", "two.pem"], timestampAuthorities: [] },
    },
    {
      title: "of certificates with timestamp authorities",
      root: { certificates: ["one.pem"], timestampAuthorities: ["two.pem"] },
      place: { kind: "certificates", authorities: ["one.pem"], timestampAuthorities: ["two.pem"] },
    },
    {
      title: "of certificates with signing authorities",
      root: { certificates: ["one.pem"], signingAuthorities: ["two.pem"] },
      place: {
        kind: "certificates",
        authorities: ["one.pem"],
        timestampAuthorities: [],
        signingAuthorities: ["two.pem"],
      },
    },
  ])("is found $title", async ({ root, place }) => {
    const { trustRoots } = await loadWith({ acme: root });
    expect([...trustRoots.places.keys()]).toEqual(["public-good", "acme"]);
    expect(shown(trustRoots.places.get("acme"))).toEqual(place);
  });

  test("has the authorities of its mirror", async () => {
    const tuf = { url: "https://tuf.acme.example", root: "tuf/root.json", ca: "one.pem" };
    const { trustRoots } = await loadWith({ acme: { tuf } });
    expect(trustRoots.places.get("acme")).toMatchObject({ kind: "tuf", ca: files["one.pem"] });
  });

  test("of one's own takes the place of the public one", async () => {
    const { trustRoots } = await loadWith({ "public-good": { file: "trusted_root.json" } });
    expect(trustRoots.places.size).toBe(1);
    expect(shown(trustRoots.places.get("public-good"))).toEqual({ kind: "file", path: "trusted_root.json" });
  });

  test("that everybody may change is worth a warning", async () => {
    const { warnings } = await loadWith(
      { acme: { file: "trusted_root.json" } },
      { modes: { "trusted_root.json": 0o666 } },
    );
    expect(warnings).toContainEqual(expect.stringContaining('"trusted_root.json" decides whom to trust'));
  });

  test("may be named by a signer", async () => {
    const identity = { issuer: "https://accounts.acme.example", subject: "bot@acme.example", root: "acme" };
    const { profiles } = await loadWith(
      { acme: { file: "trusted_root.json" } },
      { sections: { subscriptions: [{ image: "ghcr.io/acme/base", identity }] } },
    );
    expect(JSON.stringify(profiles)).toContain('"root":"acme"');
    expect(
      await faultsOf({ sections: { subscriptions: [{ image: "ghcr.io/acme/base", identity }] } }),
    ).toEqual([{ path: "subscriptions[0].identity.root", reason: "unknown trust root; known: public-good" }]);
  });

  test("that is wrong is known all the same to those that name it", async () => {
    const identity = { issuer: "https://accounts.acme.example", subject: "bot@acme.example", root: "acme" };
    const faults = await faultsOf({
      sections: {
        trustRoots: { acme: { file: "nowhere.json" } },
        subscriptions: [{ image: "ghcr.io/acme/base", identity }],
      },
    });
    expect(faults.map(({ path }) => path)).toEqual(["trustRoots.acme.file"]);
  });
});

describe("a trust root is refused with", () => {
  const tuf = { url: "https://tuf.acme.example", root: "tuf/root.json" };
  test.each<Refusal & { readonly root: unknown }>([
    { title: "nothing", root: {}, path: "", reason: "needs exactly one of file, tuf, logKey, certificates" },
    {
      title: "two places",
      root: { file: "trusted_root.json", logKey: "log.pub" },
      path: "",
      reason: "needs exactly one of",
    },
    {
      title: "what is not known",
      root: { logKey: "log.pub", url: "https://x" },
      path: ".url",
      reason: "unknown key; known here: file",
    },
    { title: "a text", root: "trusted_root.json", path: "", reason: "must be a mapping" },
    { title: "a file that is not there", root: { file: "nowhere.json" }, path: ".file", reason: "ENOENT" },
    { title: "a folder", root: { file: "tuf" }, path: ".file", reason: "is not a regular file" },
    {
      title: "a file that is none",
      root: { file: "broken.json" },
      path: ".file",
      reason: 'broken.json": "mediaType": it is not one of a trusted root',
    },
    { title: "a file of another form", root: { file: "one.pem" }, path: ".file", reason: "JSON" },
    { title: "an empty file", root: { file: "empty.pem" }, path: ".file", reason: "JSON" },
    { title: "a key that may not sign", root: { logKey: "weak.pub" }, path: ".logKey", reason: "secp256k1" },
    { title: "no certificates", root: { certificates: [] }, path: ".certificates", reason: "" },
    {
      title: "a certificate that is none",
      root: { certificates: ["one.pem", "empty.pem"] },
      path: ".certificates[1]",
      reason: 'empty.pem": authorities: no PEM block',
    },
    {
      title: "a timestamp authority that is none",
      root: { certificates: ["one.pem"], timestampAuthorities: ["log.pub"] },
      path: ".timestampAuthorities[0]",
      reason: "CERTIFICATE is expected",
    },
    {
      title: "a signing authority that is none",
      root: { certificates: ["one.pem"], signingAuthorities: ["log.pub"] },
      path: ".signingAuthorities[0]",
      reason: "CERTIFICATE is expected",
    },
    {
      title: "signing authorities alone",
      root: { file: "trusted_root.json", signingAuthorities: ["one.pem"] },
      path: ".signingAuthorities",
      reason: "means nothing without certificates",
    },
    {
      title: "timestamp authorities alone",
      root: { file: "trusted_root.json", timestampAuthorities: ["one.pem"] },
      path: ".timestampAuthorities",
      reason: "means nothing without certificates",
    },
    {
      title: "a repository without a root",
      root: { tuf: { url: tuf.url } },
      path: ".tuf.root",
      reason: "is missing",
    },
    {
      title: "a repository with other metadata",
      root: { tuf: { ...tuf, root: "targets.json" } },
      path: ".tuf.root",
      reason: "is not root metadata of TUF",
    },
    {
      title: "a repository with a trusted root for its metadata",
      root: { tuf: { ...tuf, root: "trusted_root.json" } },
      path: ".tuf.root",
      reason: "is not root metadata of TUF",
    },
    {
      title: "a repository that anybody on the way could keep from answering",
      root: { tuf: { ...tuf, url: "http://tuf.acme.example" } },
      path: ".tuf.url",
      reason: "must be https",
    },
    {
      title: "a password in an address",
      root: { tuf: { ...tuf, url: "https://a:b@tuf.acme.example" } },
      path: ".tuf.url",
      reason: "holds a user or password",
    },
    {
      title: "authorities of the mirror that are none",
      root: { tuf: { ...tuf, ca: "log.pub" } },
      path: ".tuf.ca",
      reason: "CERTIFICATE is expected",
    },
  ])("$title", async ({ root, path, reason }) => {
    const faults = await faultsOf({ sections: { trustRoots: { acme: root } }, files });
    expect(faults).toEqual([{ path: `trustRoots.acme${path}`, reason: expect.stringContaining(reason) }]);
  });

  test.each(["Acme", "a b", "../x", "", "x".repeat(64), "-acme"])("the name %j", async (name) => {
    const faults = await faultsOf({ sections: { trustRoots: { [name]: { logKey: "log.pub" } } }, files });
    expect(faults).toEqual([
      {
        path: expect.stringContaining("trustRoots"),
        reason: expect.stringContaining("must be a name of lower-case letters"),
      },
    ]);
  });

  test("too many of its kind", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 51 }, (_, index) => [`log-${index}`, { logKey: "log.pub" }]),
    );
    expect(await faultsOf({ sections: { trustRoots: many }, files })).toEqual([
      { path: "trustRoots", reason: "more than 50" },
    ]);
  });
});

describe("docs/trust-roots.md", () => {
  const text = readFileSync(new URL("../../docs/trust-roots.md", import.meta.url), "utf8");
  const examples = [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = ""]) => parse(yaml));

  test("has examples of every kind", () => {
    expect(examples.length).toBeGreaterThan(6);
    const written = JSON.stringify(examples);
    for (const kind of ["file", "tuf", "logKey", "certificates", "timestampAuthorities", "mode"]) {
      expect(written).toContain(`"${kind}":`);
    }
  });

  test("has only examples that load", async () => {
    const [one, two] = [files["one.pem"] ?? "", files["two.pem"] ?? ""];
    const named = {
      "sigstore/root.json": ROOT_METADATA,
      "sigstore/acme-ca.pem": one,
      "sigstore/trusted_root.json": files["trusted_root.json"] ?? "",
      "keys/REKOR-signing-key.pub": newPublicKey(),
      "keys/SIGSTORE-redhat-release3.pub": newPublicKey(),
      "notation/acme-root.pem": one,
      "notation/timestamp-root.pem": two,
      "pki/acme-root.pem": one,
      "pki/acme-intermediate.pem": two,
    };
    for (const sections of examples) {
      const { trustRoots, profiles } = await load({ sections, files: named });
      const used = profiles.flatMap(({ policy }) => rootNamesOf(policy));
      expect(used).toEqual(
        expect.arrayContaining([...trustRoots.places.keys()].filter((name) => name !== "public-good")),
      );
    }
  });
});

describe("updates", () => {
  test("are turned off", async () => {
    const { trustRoots } = await load({ sections: { trustUpdates: { mode: "off" } } });
    expect(trustRoots).not.toHaveProperty("updateEveryMs");
    expect(trustRoots.places.get("public-good")).toEqual({ kind: "public-good" });
  });

  test("come as often as they are wanted, and are kept where that is said", async () => {
    const { trustRoots } = await load({
      sections: { trustUpdates: { every: "6h", directory: "kept" } },
      files: { "kept/.keep": "" },
      environment: { XDG_CACHE_HOME: "/var/cache" },
    });
    expect(trustRoots.updateEveryMs).toBe(6 * HOUR_MS);
    expect(trustRoots.directory).toMatch(/^\/.*\/kept$/);
  });

  test.each([
    {
      title: "in the cache of the user",
      environment: { XDG_CACHE_HOME: "/var/cache", HOME: "/home/x" },
      directory: join("/var/cache", "hullkeeper"),
    },
    {
      title: "not below a relative path",
      environment: { XDG_CACHE_HOME: "cache", HOME: "/home/x" },
      directory: join("/home/x", ".cache", "hullkeeper"),
    },
    {
      title: "nowhere without a home",
      environment: { XDG_CACHE_HOME: undefined, HOME: undefined },
      directory: undefined,
    },
  ])("are kept $title", async ({ environment, directory }) => {
    const { trustRoots } = await load({ environment });
    expect(trustRoots.directory).toBe(directory);
  });

  test.each<Refusal>([
    {
      title: "a repository that is never asked",
      sections: {
        trustRoots: { acme: { tuf: { url: "https://tuf.acme.example", root: "tuf/root.json" } } },
        trustUpdates: { mode: "off" },
      },
      path: "trustRoots.acme.tuf",
      reason: "is never fetched while trustUpdates.mode is off",
    },
    { title: "a switch", sections: { trustUpdates: { mode: false } }, path: "trustUpdates.mode", reason: "" },
    {
      title: "too often",
      sections: { trustUpdates: { every: "1m" } },
      path: "trustUpdates.every",
      reason: "or more",
    },
    {
      title: "too seldom",
      sections: { trustUpdates: { every: "31d" } },
      path: "trustUpdates.every",
      reason: "or less",
    },
    {
      title: "a folder that is not there",
      sections: { trustUpdates: { directory: "nowhere" } },
      path: "trustUpdates.directory",
      reason: "ENOENT",
    },
    {
      title: "what is not known",
      sections: { trustUpdates: { url: "https://x" } },
      path: "trustUpdates.url",
      reason: "unknown key; known here: mode, every, directory",
    },
  ])("are refused with $title", async ({ path, reason, ...loaded }) => {
    expect(await faultsOf({ ...loaded, files })).toEqual([{ path, reason: expect.stringContaining(reason) }]);
  });
});
