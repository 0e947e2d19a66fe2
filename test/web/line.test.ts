import { describe, expect, it } from "vitest";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import { DAY_MS, type Instant, instantOf, later } from "../../src/time.ts";
import type { IdentitySigner } from "../../src/trust/signer.ts";
import { type CandidateResult, REJECTIONS } from "../../src/trust/verdict.ts";
import { REFUSAL_WORDS } from "../../src/web/pages/words.ts";
import { keyPolicy } from "../fakes/policy.ts";
import type { TagListing } from "../../src/watch/candidates.ts";
import { digestNamed, JRE, NOW, RUNTIME } from "./sample.ts";
import { filled, pageOf, rowsOf, textOf, webOn } from "./web-under-test.ts";

describe("the page about an image line", () => {
  it("shows the digest in full, who signed it, and each candidate", async () => {
    const page = await pageOf(
      path("hardened-liberica-runtime-container:jre-25-nonroot-musl"),
      await filled(),
    );
    expect(textOf(page)).toContain(digestNamed("jre 2").slice("sha256:".length));
    expect(rowsOf(page, "evidence")[1]).toMatch(
      /^attestation https:\/\/cyclonedx\.org\/bom ✓ accepted proves the statement BellSoft key SHA256:\S+ ?; for bellsoft nothing that we trust says when it was signed \.att tag/,
    );
    expect(rowsOf(page, "skipped")).toEqual([
      "referrer of a type we do not know unknown-type application/vnd.acme.scan+json",
    ]);
  });

  it("shows the end that its vendor tells, and how far it is", async () => {
    const [name] = JRE_NAME.split(":");
    const profile = {
      id: "bellsoft",
      name: "BellSoft",
      images: [new RegExp(`/${name ?? ""}$`)],
      policy: keyPolicy([]),
      mode: "enforced" as const,
      signerHint: "",
    };
    const store = await filled();
    const pageWith = async (endsAt: Instant) => {
      const lifecycle = [{ images: profile.images, endsAt, notice: "Move to <b>26</b>." }];
      return pageOf(path(JRE_NAME), store, { profiles: [{ ...profile, lifecycle }] });
    };
    const soon = await pageWith(later(NOW, 3 * DAY_MS));
    expect(textOf(soon)).toMatch(
      /End of life . ending its vendor builds it until .*, 3 days from now Move to/,
    );
    expect(soon).not.toContain("<b>26</b>");
    expect(textOf(await pageWith(later(NOW, -DAY_MS)))).toMatch(
      /End of life .* ended its vendor .* 1 day ago/,
    );
    expect(textOf(await pageOf(path(JRE_NAME), store))).not.toContain("End of life");
  });

  it("shows newer tags, where places may move, and that the list could not be read", async () => {
    const store = await filled();
    const pageWith = async (listing: TagListing) => {
      const { poll } = await store.watched(JRE.repository);
      const { next: _next, ...kept } = poll;
      await store.savePoll(JRE.repository, { looks: [], poll: { ...kept, listing }, lostAt: NOW });
      return textOf(await pageOf(path(JRE_NAME), store));
    };
    const { tag } = JRE;
    const newest = [{ tag, scope: "major" as const, to: parseTag("jre-26-nonroot-musl") }];
    expect(await pageWith({ askedAt: NOW, newest })).toMatch(/Newer tags jre-26-nonroot-musl listed /);
    expect(await pageWith({ askedAt: NOW, newest: [{ tag, scope: "patch" }] })).toContain(
      "Newer tags none is newer in its stream",
    );
    const older = [{ tag: parseTag("jre-24-nonroot-musl"), scope: "major" as const, to: tag }];
    expect(await pageWith({ askedAt: NOW, newest: older })).toContain(
      "Newer tags places may move here from jre-24-nonroot-musl",
    );
    const failure = { code: "registry-unavailable", message: "down", at: NOW };
    expect(await pageWith({ askedAt: NOW, newest, failure })).toMatch(
      /Newer tags jre-26-nonroot-musl . not asked the list of tags could not be read .*: registry-unavailable/,
    );
    const others = [{ tag: parseTag("jdk-24"), scope: "major" as const }];
    expect(await pageWith({ askedAt: NOW, newest: others })).not.toContain("Newer tags");
  });

  it("shows how its images are run, secrets left out", async () => {
    const store = await filled();
    const image = { repository: JRE.repository, digest: digestNamed("jre 2") };
    const record = await store.verdict(image);
    if (record === undefined) throw new Error("the sample has a verdict on it");
    const evil = '<b id="config">\u202e';
    await store.saveConfig(image.digest, {
      platform: "linux/amd64",
      user: evil,
      entrypoint: ["/bin/java", "--password", "[secret sha256:0123456789abcdef]"],
      command: [],
      environment: { JAVA_VERSION: "25.0.5", TOKEN: "sha256:0123456789abcdef", X: evil },
      masked: ["TOKEN"],
      exposedPorts: ["8080/tcp"],
      volumes: ["/data"],
      labels: {},
      layerCount: 1,
      layerBytes: 45_100_000,
    });
    const faults = [{ platform: "linux/arm64", reason: "the registry does not have it" }];
    const configs = [{ digest: image.digest, platform: "linux/amd64" }];
    await store.saveVerdict({ ...record, configs, configFaults: faults });
    const page = await pageOf(path(JRE_NAME), store);
    const [first, second] = rowsOf(page, "configs");
    expect(first).toMatch(
      /^linux\/amd64 .* \[&quot;\/bin\/java&quot;,&quot;--password&quot;,&quot;\[secret\]&quot;\]/,
    );
    expect(first).toContain("8080/tcp, /data");
    expect(first).toContain("TOKEN=[not shown]");
    expect(first).toContain("1 layer, 45.1 MB");
    expect(second).toContain("linux/arm64 not read: the registry does not have it");
    expect(page).not.toContain('<b id="config">');
    expect(page).not.toContain("\u202e");
    expect(page).not.toContain("0123456789abcdef");
  });

  it("shows code and detail of a refused candidate", async () => {
    const page = await pageOf(path("hardened-python:3.14-glibc"), await filled());
    expect(rowsOf(page, "evidence")[0]).toContain(
      "✕ refused signed by a key that the profile does not trust signature-key-unknown none of the 1 keys",
    );
    expect(textOf(page)).toContain("1 signature, made by no key of the profile bellsoft");
  });

  it("shows exactly who an identity is, when it signed, and what proves that", async () => {
    const page = await pageOf(path(JRE_NAME), await keyless());
    const text = textOf(page);
    const exactly = `Vendor GitHub Actions workflow ${WORKFLOW.subject} , named by ${WORKFLOW.issuer} , trust root public-good`;
    expect(text).toContain(`Signed by ${exactly}`);
    expect(text).toContain("Signed at by 20 Nov 2026, 10:03 UTC");
    expect(text).toMatch(/Covered by the verified index [0-9a-f]{12} ?, which lists it/);
    expect(text).toContain("✕ weakened by configuration");
    expect(text).toContain("Any workflow of the vendor counts.");
    const rows = rowsOf(page, "evidence");
    expect(rows[0]).toContain(`✓ accepted proves the image ${exactly}`);
    expect(rows[0]).toMatch(/signed 20 Nov 2026, 10:03 UTC ?, by a signed promise of the log/);
    expect(rows[0]).toMatch(/log c0d23d6ad406 ?, entry 77/);
  });

  it("shows signed manifests and Notation, where they hang, and what was not checked", async () => {
    const rows = rowsOf(await pageOf(path(JRE_NAME), await keyless()), "evidence");
    expect(rows[1]).toMatch(
      /^statement in a signed manifest https:\/\/slsa\.dev\/provenance\/v1 ✓ accepted proves the statement .* referrer in registry\.example\/evidence\/base manifest/,
    );
    expect(rows[2]).toMatch(
      /^Notation signature ✓ accepted .* certificate of CN=Acme ?, certified by acme-pki .* by the countersignature of a timestamp authority not checked: revocation of the certificate/,
    );
    expect(rows[3]).toMatch(
      /^Notation signature ✕ refused past the end that its signer set signature-expired it ended on 1 Jan/,
    );
  });

  it("says in the overview that a verification is weakened", async () => {
    expect(textOf(await pageOf("/", await keyless()))).toContain("weakened by configuration");
    expect(textOf(await pageOf("/", await filled()))).not.toContain("weakened");
  });

  it.each(REJECTIONS)("has words for %s", async (reason) => {
    const store = await filled();
    const record = await store.verdict({ repository: JRE.repository, digest: digestNamed("jre 2") });
    if (record === undefined) throw new Error("the sample has no verdict");
    await store.saveVerdict({
      ...record,
      verdict: { kind: "rejected", reason, detail: "the detail", results: [], skipped: [] },
    });
    const text = textOf(await pageOf(path(JRE_NAME), store));
    expect(text).toContain(`${REFUSAL_WORDS[reason]} ${reason}`);
    expect(text).toContain("Detail the detail");
  });

  it("shows since when evidence is missing", async () => {
    const page = await pageOf(path("hardened-base:musl"), await filled());
    expect(textOf(page)).toContain("Missing signature since 24 Nov 2026, 14:08 UTC (4 min)");
    expect(page).toContain("Nothing claims to prove anything about this digest.");
  });

  it("shows where the tag has been, newest first", async () => {
    const rows = rowsOf(await pageOf(path("hardened-go:1.27-musl"), await filled()), "history");
    expect(rows.map((row) => row.split(" ")[0])).toEqual(
      ["go 1", "go 2", "go 1"].map((name) => digestNamed(name).slice(7, 19)),
    );
  });

  it("shows only timers and proposals of this line", async () => {
    const page = await pageOf(path("hardened-go:1.27-musl"), await filled());
    expect(rowsOf(page, "timers")).toHaveLength(1);
    expect(rowsOf(page, "proposals")).toHaveLength(0);
  });

  it("is reached from the overview, whatever the registry's host", async () => {
    const web = webOn(await filled());
    const page = await (await web.request("/")).text();
    const links = [...new Set(page.match(/\/lines\/[^"]+/g))];
    expect(links).toHaveLength(6);
    expect(links).toContain("/lines/registry.acme.internal:5000/mirror/bellsoft/hardened-nodejs:24-musl");
    for (const link of links) expect((await web.request(link)).status).toBe(200);
  });

  it("still answers for a line that nobody uses any more", async () => {
    const store = await filled();
    for (const scan of await store.scans()) await store.saveScan({ ...scan, places: [] });
    const answer = await webOn(store).request(path("hardened-base:musl"));
    expect(answer.status).toBe(200);
    expect(textOf(await answer.text())).toContain("Used by nobody any more");
  });

  it.each([
    ["a line nobody knows", "/lines/docker.io/bellsoft/other:musl"],
    ["no tag", `/lines/docker.io/${RUNTIME}`],
    ["a digest", `/lines/docker.io/${RUNTIME}:musl@${digestNamed("jre 2")}`],
    ["not a reference", "/lines/docker.io/UPPER/case:musl"],
    ["a path that climbs", "/lines/..%2f..%2fetc/passwd:x"],
    ["markup", "/lines/%3Cscript%3Ealert(1)%3C%2Fscript%3E:x"],
    ["broken escapes", "/lines/%E0%A4%A:x"],
    ["nothing", "/lines/"],
    ["very long", `/lines/${"a".repeat(5_000)}:x`],
    ["another page", "/admin"],
  ])("answers 404 for %s", async (_title, requested) => {
    const answer = await webOn(await filled()).request(requested);
    expect(answer.status).toBe(404);
    const page = await answer.text();
    expect(page).toContain("<h1>Not found</h1>");
    expect(page).not.toContain("<script");
  });

  it.each(["POST", "PUT", "DELETE"])("answers 404 to %s", async (method) => {
    expect((await webOn(await filled()).request("/", { method })).status).toBe(404);
  });
});

function path(line: string): string {
  return `/lines/docker.io/bellsoft/${line}`;
}

const JRE_NAME = "hardened-liberica-runtime-container:jre-25-nonroot-musl";
const WORKFLOW: IdentitySigner = {
  kind: "identity",
  issuer: "https://token.actions.githubusercontent.com",
  subject: "https://github.com/vendor/images/.github/workflows/release.yaml@refs/heads/main",
  root: "public-good",
  name: "Vendor",
};

/** The sample, with an image that was signed without keys, and with everything that can hang on one. */
async function keyless() {
  const store = await filled();
  const record = await store.verdict({ repository: JRE.repository, digest: digestNamed("jre 2") });
  if (record === undefined) throw new Error("the sample has no verdict");
  const signedAt = instantOf(Date.UTC(2026, 10, 20, 10, 3));
  const source = { place: "referrer", manifest: digestNamed("m"), layer: digestNamed("l") } as const;
  const certificate = { kind: "certificate", subject: "CN=Acme", root: "acme-pki", name: "Acme" } as const;
  const accepted = { kind: "accepted", signer: WORKFLOW, groups: ["vendor"], proves: "image" } as const;
  const results: readonly CandidateResult[] = [
    {
      kind: "cosign-signature",
      source: { ...source, place: "sig-tag" },
      outcome: {
        ...accepted,
        signedAt,
        timeProof: "log-promise",
        log: { logId: "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d", index: "77" },
      },
    },
    {
      kind: "signed-manifest",
      source: { ...source, repository: parseRepository("registry.example/evidence/base") },
      outcome: { ...accepted, proves: "statement" },
      predicateType: "https://slsa.dev/provenance/v1",
    },
    {
      kind: "notation-signature",
      source,
      outcome: {
        ...accepted,
        signer: certificate,
        signedAt,
        timeProof: "countersignature",
        unchecked: ["revocation of the certificate"],
      },
    },
    {
      kind: "notation-signature",
      source,
      outcome: { kind: "refused", refusal: "signature-expired", detail: "it ended on 1 Jan" },
    },
  ];
  await store.saveVerdict({
    ...record,
    verdict: {
      kind: "verified",
      signers: [WORKFLOW],
      results,
      skipped: [],
      sbom: { kind: "missing" },
      trustedAt: signedAt,
      coveredBy: digestNamed("index"),
      insecure: ["Any workflow of the vendor counts."],
    },
  });
  return store;
}
