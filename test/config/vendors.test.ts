import { describe, expect, test } from "vitest";
import type { Config } from "../../config/config.ts";
import { type ProfileSources, profilesOf } from "../../config/profiles.ts";
import { readerOf } from "../../config/reader.ts";
import { loadVendorFiles, VENDORS_DIRECTORY } from "../../config/vendor-file.ts";
import { parseRepository } from "../../src/image/reference.ts";
import { instantOf } from "../../src/time.ts";
import { NO_DISTRUST, signersOf } from "../../src/trust/policy.ts";
import { evidencePlacesOf } from "../../src/vendor/evidence-place.ts";
import { type Profile, profileOf } from "../../src/vendor/profile.ts";
import { builtInIds, faultsOf, load, PUBLIC_KEY, type Sections } from "./folder.ts";

const ACTIONS = "https://token.actions.githubusercontent.com";
const GOOGLE = "https://accounts.google.com";
const CHAINGUARD =
  "https://github.com/chainguard-images/images/.github/workflows/release.yaml@refs/heads/main";
const RED_HAT = "https://security.access.redhat.com/data/63405576.txt";

describe("which built-in profile claims", () => {
  test.each<{ name: string; id: string | undefined }>([
    { name: "bellsoft/hardened-gcc", id: "bellsoft" },
    { name: "bellsoft/buildpacks.builder", id: undefined },
    { name: "dhi.io/python", id: "docker-hardened-images" },
    { name: "dhi.io/team/python", id: "docker-hardened-images" },
    { name: "acme/dhi-python", id: "docker-hardened-images" },
    { name: "acme/python", id: undefined },
    { name: "dhi.io.evil.example/python", id: undefined },
    { name: "ghcr.io/acme/dhi-python", id: undefined },
    { name: "cgr.dev/chainguard/node", id: "chainguard" },
    { name: "cgr.dev/chainguard/wolfi-base", id: "wolfi" },
    { name: "cgr.dev/chainguard/wolfi-base-fips", id: "chainguard" },
    { name: "cgr.dev/chainguard-private/node", id: "chainguard-private" },
    { name: "cgr.dev/acme.com/node", id: "chainguard-private" },
    { name: "cgr.dev/node", id: undefined },
    { name: "cgr.dev/chainguard/charts/node", id: undefined },
    { name: "ghcr.io/wolfi-dev/sdk", id: undefined },
    { name: "gcr.io/distroless/static", id: "google-distroless" },
    { name: "gcr.io/distroless/base-nossl-debian13", id: "google-distroless" },
    { name: "gcr.io/distroless/java21-debian13", id: "google-distroless" },
    { name: "gcr.io/distroless/python3-debian14", id: "google-distroless" },
    { name: "gcr.io/distroless/java", id: "google-distroless-retired" },
    { name: "gcr.io/distroless/nodejs", id: "google-distroless-retired" },
    { name: "gcr.io/distroless/static-debian11", id: "google-distroless-retired" },
    { name: "gcr.io/distroless/java17-debian12", id: "google-distroless-retired" },
    { name: "gcr.io/other/static", id: undefined },
    { name: "eu.gcr.io/distroless/static", id: undefined },
    { name: "registry.access.redhat.com/hi/go", id: "red-hat-hardened" },
    { name: "quay.io/hummingbird/curl", id: "red-hat-hardened" },
    { name: "registry.access.redhat.com/hi/go/x", id: undefined },
    { name: "registry.access.redhat.com/ubi9/ubi-minimal", id: "ubi" },
    { name: "registry.access.redhat.com/ubi10/openjdk-21-runtime", id: "ubi" },
    { name: "registry.redhat.io/ubi8/ubi", id: "ubi" },
    { name: "registry.access.redhat.com/ubi9/httpd-24", id: undefined },
    { name: "registry.access.redhat.com/ubi7/ubi", id: undefined },
    { name: "registry.redhat.io/rhel9/support-tools", id: undefined },
    { name: "mcr.microsoft.com/dotnet/aspnet", id: "microsoft" },
    { name: "mcr.microsoft.com/dotnet/nightly/monitor/base", id: "microsoft" },
    { name: "mcr.microsoft.com/azurelinux/distroless/python", id: "microsoft" },
    { name: "mcr.microsoft.com/azurelinux-beta/base/core", id: "microsoft" },
    { name: "mcr.microsoft.com/openjdk/jdk", id: "microsoft" },
    { name: "mcr.microsoft.com/dotnet/samples", id: undefined },
    { name: "mcr.microsoft.com/windows/servercore", id: undefined },
    { name: "ubuntu/nginx", id: "canonical" },
    { name: "public.ecr.aws/ubuntu/redis", id: "canonical" },
    { name: "ubuntu/dhi-nginx", id: "canonical" },
    { name: "ubuntu", id: undefined },
    { name: "reg.mini.dev/nginx", id: "minimus" },
    { name: "reg.mini.dev/1234/nginx", id: "minimus" },
    { name: "mini.dev/nginx", id: undefined },
    { name: "registry1.dso.mil/ironbank/big-bang/base", id: "iron-bank" },
    { name: "registry1.dso.mil/ironbank/opensource/nginx/nginx", id: "iron-bank" },
    { name: "registry1.dso.mil/other/nginx", id: undefined },
    { name: "registry.suse.com/bci/bci-micro", id: "suse-bci" },
    { name: "registry.suse.com/suse/manager/5.0/x86_64/server", id: "suse-bci" },
    { name: "registry.opensuse.org/opensuse/bci/nodejs", id: "suse-bci" },
    { name: "registry.suse.com/rancher/x", id: undefined },
    { name: "dp.apps.rancher.io/containers/redis", id: "suse-application-collection" },
    { name: "rancher/appco-redis", id: "suse-application-collection" },
    { name: "rancher/rancher", id: undefined },
    { name: "registry.k8s.io/kube-apiserver", id: "kubernetes" },
    { name: "registry.k8s.io/ingress-nginx/controller", id: "kubernetes" },
    { name: "k8s.gcr.io/kube-apiserver", id: undefined },
    { name: "bitnamisecure/redis", id: "bitnami-secure" },
    {
      name: "us-east1-docker.pkg.dev/vmw-app-catalog/hosted-registry-0123456789a/containers/photon-5/redis",
      id: "bitnami-secure",
    },
    { name: "us-east1-docker.pkg.dev/other/hosted-registry-0/containers/photon-5/redis", id: undefined },
    { name: "bitnamilegacy/redis", id: "bitnami-legacy" },
    { name: "bitnami/redis", id: undefined },
    { name: "reg.echohq.com/python", id: "echo" },
    { name: "cr.root.io/library/python", id: "root-io" },
    { name: "quay.io/rfcurated/redis", id: "rapidfort" },
    { name: "rapidfort/redis", id: "rapidfort" },
    { name: "quay.io/other/redis", id: undefined },
    { name: "public.ecr.aws/amazonlinux/amazonlinux", id: "amazon-linux" },
    { name: "amazonlinux", id: "amazon-linux" },
    { name: "acme/amazonlinux", id: undefined },
  ])("$name: $id", async ({ name, id }) => {
    const profiles = await builtIn();
    const repository = parseRepository(name);
    expect(profileOf(profiles, repository)?.id).toBe(id);
    const full = `${repository.registry}/${repository.path}`;
    const claiming = profiles.filter(({ images }) => images.some((pattern) => pattern.test(full)));
    expect(claiming.map((profile) => profile.id)).toEqual(id === undefined ? [] : [id]);
  });
});

describe("whom built-in profiles trust", () => {
  test.each<{ id: string; issuer: string; subject: string }>([
    { id: "chainguard", issuer: ACTIONS, subject: CHAINGUARD },
    { id: "wolfi", issuer: ACTIONS, subject: CHAINGUARD },
    { id: "google-distroless", issuer: GOOGLE, subject: "keyless@distroless.iam.gserviceaccount.com" },
    { id: "kubernetes", issuer: GOOGLE, subject: "krel-trust@k8s-releng-prod.iam.gserviceaccount.com" },
  ])("$id: exactly one identity, in a log", async ({ id, issuer, subject }) => {
    const { policy, mode } = await builtInOf(id);
    expect(signersOf(policy)).toEqual([
      {
        kind: "identity",
        name: expect.any(String),
        issuer,
        subject: { kind: "exact", text: subject },
        root: "public-good",
      },
    ]);
    expect(policy.log).toBe("require");
    expect(mode).toBe("observed");
  });

  test("Docker: two keys, one of them for old images only", async () => {
    const { policy } = await builtInOf("docker-hardened-images");
    const keys = signersOf(policy).flatMap((signer) => (signer.kind === "key" ? [signer] : []));
    expect(keys.map(({ signer, validUntil }) => [signer.fingerprint, signer.name, validUntil])).toEqual([
      ["118ba556dd52f4aec67018efd316c285c783cd3e54cc0f4527605715c643887c", "Docker dhi-2", undefined],
      [
        "1b431f0d467ecc9e3d97e5b446980599a99c3a386e42ea628b172db1051c737b",
        "Docker dhi-1",
        instantOf(Date.UTC(2026, 2, 25)),
      ],
    ]);
    expect(policy).toMatchObject({ log: "if-known", logRoots: ["public-good"], subject: "index" });
  });

  test.each<{ id: string; hint: string }>([
    { id: "bellsoft", hint: "cosign-bellsoft.pub" },
    { id: "red-hat-hardened", hint: RED_HAT },
    { id: "ubi", hint: RED_HAT },
    { id: "iron-bank", hint: "cosign-certificate.pem" },
    { id: "suse-bci", hint: "container-key.pem" },
    { id: "suse-application-collection", hint: "ap-pubkey.pem" },
    { id: "microsoft", hint: "trustRoots.microsoft-supply-chain" },
    { id: "chainguard-private", hint: "vendors.chainguard-private.inputs.catalogSyncer" },
    { id: "bitnami-secure", hint: "not known here" },
    { id: "echo", hint: "not known here" },
    { id: "root-io", hint: "not known here" },
    { id: "rapidfort", hint: "not known here" },
    { id: "canonical", hint: "does not sign" },
    { id: "amazon-linux", hint: "not known to sign" },
  ])("$id: nobody, and says why", async ({ id, hint }) => {
    const { policy, mode, signerHint } = await builtInOf(id);
    expect(signersOf(policy)).toEqual([]);
    expect(signerHint).toContain(hint);
    expect(mode).toBe("observed");
  });

  test("never by themselves with force", async () => {
    const profiles = await builtIn();
    expect(profiles.map(({ id }) => id).toSorted()).toEqual(builtInIds().toSorted());
    expect(profiles.filter(({ mode }) => mode === "enforced")).toEqual([]);
    expect(profiles.filter(({ policy }) => policy.insecure.length > 0)).toEqual([]);
  });

  test.each<{ id: string; since: string }>([
    { id: "minimus", since: "22 October 2026" },
    { id: "google-distroless-retired", since: "in September" },
    { id: "bitnami-legacy", since: "August 2025" },
  ])("$id: ended, with a notice", async ({ id, since }) => {
    const { mode, notice, policy } = await builtInOf(id);
    expect(mode).toBe("discontinued");
    expect(notice).toContain(since);
    expect(signersOf(policy)).toEqual([]);
  });

  test("Microsoft's, once its root is there, and only observed", async () => {
    const profiles = profilesOf(
      await sources({ rootNames: ["public-good", "microsoft-supply-chain"] }),
    ).profiles;
    const microsoft = profiles.find(({ id }) => id === "microsoft");
    expect(microsoft?.policy).toMatchObject({
      signers: {
        groups: [
          {
            anyOf: [
              {
                kind: "notation",
                name: "Microsoft",
                identities: [
                  "C=US, ST=Washington, L=Redmond, O=Microsoft Corporation, CN=Microsoft SCD Products RSA Signing",
                ],
                root: "microsoft-supply-chain",
              },
            ],
          },
        ],
      },
      log: "ignore",
    });
    expect(microsoft?.mode).toBe("observed");
  });
});

test("Microsoft's root is one that the configuration names", async () => {
  const trustRoots = { "microsoft-supply-chain": { certificates: ["root.pem"] } };
  const vendors = { microsoft: { mode: "enforced" } };
  const files = { "root.pem": PUBLIC_KEY.toString() };
  // The file is no certificate, which is said; the name is known all the same.
  const faults = await faultsOf({ sections: { trustRoots, vendors }, files });
  expect(faults.map(({ path }) => path)).toEqual(["trustRoots.microsoft-supply-chain.certificates[0]"]);
});

describe("evidence of built-in profiles hangs elsewhere too", () => {
  test.each([
    { name: "dhi.io/python", at: "registry.scout.docker.com/docker/dhi-python" },
    { name: "quay.io/hummingbird/curl", at: "registry.access.redhat.com/hi/curl" },
  ])("$name at $at", async ({ name, at }) => {
    const profile = profileOf(await builtIn(), parseRepository(name));
    const places = evidencePlacesOf(profile?.evidence ?? [], parseRepository(name));
    expect(places).toEqual([parseRepository(at)]);
  });
});

describe("what an operator says of a vendor", () => {
  const KEYS = [{ file: "key.pub" }];
  const INPUTS = { catalogSyncer: "45a0c61e/0f5e", apkoBuilder: "45a0c61e/91ab" };

  test.each<{ title: string; vendors: Sections; path: string; reason: string }>([
    {
      title: "an input that is not needed",
      vendors: { bellsoft: { inputs: { tenant: "x" } } },
      path: "vendors.bellsoft.inputs.tenant",
      reason: "known here: none",
    },
    {
      title: "an input by another name",
      vendors: { "chainguard-private": { inputs: { syncer: "x" } } },
      path: "vendors.chainguard-private.inputs.syncer",
      reason: "known here: catalogSyncer, apkoBuilder",
    },
    {
      title: "an input that is not a plain id",
      vendors: { "chainguard-private": { inputs: { catalogSyncer: "x y" } } },
      path: "vendors.chainguard-private.inputs.catalogSyncer",
      reason: "must be letters",
    },
    {
      title: "force for what has ended",
      vendors: { minimus: { mode: "enforced" } },
      path: "vendors.minimus.mode",
      reason: "has ended",
    },
    {
      title: "an end",
      vendors: { bellsoft: { mode: "discontinued" } },
      path: "vendors.bellsoft.mode",
      reason: "must be one of observed, enforced",
    },
    {
      title: "another vendor's plan",
      vendors: { bellsoft: { plan: "production" } },
      path: "vendors.bellsoft.plan",
      reason: "no such plan of BellSoft",
    },
    {
      title: "another vendor's images",
      vendors: { bellsoft: { images: ["cgr.dev/acme/*"] } },
      path: "vendors.bellsoft.images[0]",
      reason: "claimed by two profiles",
    },
  ])("is refused with $title", async ({ vendors, path, reason }) => {
    const faults = await faultsOf({ sections: { vendors } });
    expect(faults.map((fault) => fault.reason)).toEqual([expect.stringContaining(reason)]);
    expect([path, "chainguard-private.yaml: images[0]"]).toContain(faults[0]?.path);
  });

  test.each([
    { image: "cgr.dev/acme/base", owner: "chainguard-private" },
    { image: "cgr.dev/chainguard/node", owner: "chainguard" },
    { image: "cgr.dev/*/base", owner: "chainguard" },
    { image: "gcr.io/distroless/static", owner: "google-distroless" },
  ])("is refused with $image subscribed, which is $owner's", async ({ image, owner }) => {
    const subscriptions = [{ image, name: "own", keys: KEYS }];
    const faults = await faultsOf({ sections: { subscriptions } });
    expect(faults.length).toBeGreaterThan(0);
    for (const { path } of faults) expect(path).toBe("subscriptions[0].image");
    expect(faults.map(({ reason }) => reason).join("\n")).toContain(`two profiles, ${owner} `);
  });

  test("leaves the images of a disabled vendor to nobody", async () => {
    const vendors = { chainguard: { enabled: false } };
    const { profiles } = await load({ sections: { vendors } });
    expect(profileOf(profiles, parseRepository("cgr.dev/chainguard/node"))).toBeUndefined();
    const subscriptions = [{ image: "cgr.dev/chainguard/node", name: "own", keys: KEYS }];
    const config = await load({ sections: { vendors, subscriptions } });
    expect(profileOf(config.profiles, parseRepository("cgr.dev/chainguard/node"))?.id).toBe("own");
  });

  test.each<{ title: string; id: string; override: Sections; mode: Profile["mode"]; warning?: string }>([
    { title: "a plan alone", id: "chainguard", override: {}, mode: "observed", warning: "only observed" },
    { title: "mode: enforced", id: "chainguard", override: { mode: "enforced" }, mode: "enforced" },
    { title: "mode: observed", id: "chainguard", override: { mode: "observed" }, mode: "observed" },
    { title: "keys", id: "bellsoft", override: { keys: KEYS }, mode: "enforced" },
    {
      title: "keys, tried out",
      id: "bellsoft",
      override: { keys: KEYS, mode: "observed" },
      mode: "observed",
    },
    {
      title: "an identity",
      id: "echo",
      override: { identity: { issuer: GOOGLE, subject: "echo@acme.example" } },
      mode: "enforced",
    },
    { title: "all inputs", id: "chainguard-private", override: { inputs: INPUTS }, mode: "enforced" },
    {
      title: "no input",
      id: "chainguard-private",
      override: { sbom: "required" },
      mode: "observed",
      warning: "nothing can be verified",
    },
    {
      title: "what has ended",
      id: "minimus",
      override: { sbom: "none" },
      mode: "discontinued",
      warning: "has ended its service",
    },
    {
      title: "force without anybody who may sign",
      id: "canonical",
      override: { mode: "enforced" },
      mode: "enforced",
      warning: "nothing can be verified",
    },
    {
      title: "what weakens it",
      id: "chainguard",
      override: { mode: "enforced", log: "insecure-ignore" },
      mode: "enforced",
      warning: "log: insecure-ignore",
    },
    {
      title: "another key than Red Hat's",
      id: "red-hat-hardened",
      override: { keys: KEYS },
      mode: "enforced",
      warning: "SHA256:up0mNQ14iTog8zfiFToRMQi/zwZAha+u5g1EbmNAVXY",
    },
  ])("$title: $mode", async ({ id, override, mode, warning }) => {
    const config = await load({ sections: { vendors: { [id]: override } } });
    expect(idOf(config, id).mode).toBe(mode);
    expect(config.warnings).toHaveLength(warning === undefined ? 0 : 1);
    expect(config.warnings.join("")).toContain(warning ?? "");
    expect(config.warnings.filter((text) => !text.startsWith(`vendors.${id}: `))).toEqual([]);
  });

  test("names who signs for an organisation, as far as it goes", async () => {
    const one = { inputs: { apkoBuilder: INPUTS.apkoBuilder } };
    const some = idOf(
      await load({ sections: { vendors: { "chainguard-private": one } } }),
      "chainguard-private",
    );
    expect(subjectsOf(some)).toEqual(["https://issuer.enforce.dev/45a0c61e/91ab"]);
    const both = { inputs: INPUTS };
    const all = idOf(
      await load({ sections: { vendors: { "chainguard-private": both } } }),
      "chainguard-private",
    );
    expect(subjectsOf(all)).toEqual([
      "https://issuer.enforce.dev/45a0c61e/0f5e",
      "https://issuer.enforce.dev/45a0c61e/91ab",
    ]);
    expect(all.signerHint).not.toContain("inputs");
  });

  test("replaces the vendor's signers, and keeps its stricter log", async () => {
    const vendors = { chainguard: { keys: KEYS } };
    const { policy } = idOf(await load({ sections: { vendors } }), "chainguard");
    expect(signersOf(policy).map(({ kind }) => kind)).toEqual(["key"]);
    expect(policy).toMatchObject({ log: "require", logRoots: ["public-good"], subject: "index" });
  });

  test("names registries that are looked at, others do not", async () => {
    const { images } = await load({ sections: { vendors: { wolfi: { mode: "enforced" }, minimus: {} } } });
    expect(images.map(({ registry }) => registry)).toEqual(["cgr.dev"]);
  });
});

async function sources(more: Partial<ProfileSources> = {}): Promise<ProfileSources> {
  const { vendors } = await loadVendorFiles(
    VENDORS_DIRECTORY,
    readerOf(VENDORS_DIRECTORY, {}, () => undefined),
  );
  return {
    vendors,
    overrides: {},
    subscriptions: [],
    policy: {},
    distrust: NO_DISTRUST,
    rootNames: ["public-good"],
    ...more,
  };
}

async function builtIn(): Promise<readonly Profile[]> {
  return profilesOf(await sources()).profiles;
}

async function builtInOf(id: string): Promise<Profile> {
  return idOf({ profiles: await builtIn() }, id);
}

function idOf({ profiles }: Pick<Config, "profiles">, id: string): Profile {
  const profile = profiles.find((candidate) => candidate.id === id);
  if (profile === undefined) throw new Error(`no profile ${id}`);
  return profile;
}

function subjectsOf({ policy }: Profile): readonly string[] {
  return signersOf(policy).map((signer) =>
    signer.kind === "identity" && signer.subject.kind === "exact" ? signer.subject.text : signer.kind,
  );
}
