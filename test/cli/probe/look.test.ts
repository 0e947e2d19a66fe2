import { afterEach, describe, expect, test } from "vitest";
import type { Absent, Findings } from "../../../src/cli/probe/findings.ts";
import { lookAt, type Target } from "../../../src/cli/probe/look.ts";
import { dashedOf } from "../../../src/image/digest.ts";
import { parseReference } from "../../../src/image/reference.ts";
import { INDEX, signature } from "../../adapters/registry/evidence-scene.ts";
import {
  clientFor,
  closeAll,
  errorOf,
  PATH,
  repositoryAt,
  startFake,
  type TestClient,
} from "../../adapters/registry/stage.ts";
import type { PutDescriptor } from "../../fakes/registry/content.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";

const { signal } = new AbortController();

afterEach(closeAll);

interface Scene {
  readonly fake: FakeRegistry;
  readonly client: TestClient;
  readonly index: PutDescriptor;
  readonly children: readonly PutDescriptor[];
}

/** An index of so many platforms, and an attestation that is none. */
async function scene(platforms = 2): Promise<Scene> {
  const fake = await startFake({ referrers: "api" });
  const children = Array.from({ length: platforms }, (_, number) =>
    fake.putImage(PATH, { layers: [{ mediaType: "application/x", bytes: `platform ${number}` }] }),
  );
  const manifests = [
    ...children.map((child, number) => ({
      ...child,
      platform: { os: "linux", architecture: `arch${number}` },
    })),
    { ...fake.putImage(PATH), platform: { os: "unknown", architecture: "unknown" } },
  ];
  const index = fake.putManifest(PATH, { schemaVersion: 2, mediaType: INDEX, manifests }, { tag: "1.2" });
  return { fake, client: clientFor([fake]), index, children };
}

function looked(
  { fake, client }: Scene,
  suffix: string,
  more: Omit<Target, "reference"> = {},
  elsewhere: readonly FakeRegistry[] = [],
): Promise<Findings | Absent> {
  const reference = parseReference(`${fake.host}/${PATH}${suffix}`);
  const glass = {
    registry: client,
    inspection: client.inspection,
    elsewhere: () => elsewhere.map((other) => repositoryAt(other, "evidence/base")),
  };
  return lookAt({ reference, ...more }, glass, signal);
}

async function seenAt(...words: Parameters<typeof looked>): Promise<Findings> {
  const findings = await looked(...words);
  if (findings.kind === "absent") throw new Error("it is not there");
  return findings;
}

describe("a look", () => {
  test("sees what a tag points at, and each platform", async () => {
    const set = await scene();
    const { index, children, fake } = set;
    fake.putImage(PATH, { tag: `${dashedOf(index.digest)}.sig`, layers: [signature("payload")] });
    const findings = await seenAt(set, ":1.2");
    expect(findings).toMatchObject({
      reference: `${fake.host}/${PATH}:1.2`,
      digest: index.digest,
      kind: "index",
      mediaType: INDEX,
      tags: { kind: "listed" },
    });
    expect(findings.platforms.map(({ platform }) => platform)).toEqual(["linux/arch0", "linux/arch1"]);
    expect(findings.subjects.map(({ digest }) => digest)).toEqual(
      [index, ...children].map(({ digest }) => digest),
    );
    const [root] = findings.subjects;
    expect(root?.places[0]?.seen).toContainEqual(
      expect.objectContaining({ place: "sig-tag", answer: expect.objectContaining({ kind: "tagged" }) }),
    );
    expect(root?.collected).toMatchObject({
      kind: "collected",
      evidence: { candidates: [{ kind: "cosign-signature" }] },
    });
  });

  test("sees a digest without asking for a tag, and of a platform only that", async () => {
    const set = await scene();
    const findings = await seenAt(set, `@${set.index.digest}`, { platform: "linux/arch1" });
    expect(findings.reference).toBe(`${set.fake.host}/${PATH}@${set.index.digest}`);
    expect(findings.subjects.map(({ platform }) => platform)).toEqual([undefined, "linux/arch1"]);
    expect(set.fake.requests.some(({ url }) => url.endsWith("/manifests/latest"))).toBe(false);
  });

  test("sees an image without an index", async () => {
    const set = await scene();
    set.fake.putImage(PATH, { tag: "latest" });
    const findings = await seenAt(set, "");
    expect(findings).toMatchObject({ kind: "image", platforms: [] });
    expect(findings.subjects).toHaveLength(1);
  });

  test("sees at most eight platforms, and knows all of them", async () => {
    const findings = await seenAt(await scene(12), ":1.2");
    expect(findings.platforms).toHaveLength(12);
    expect(findings.subjects).toHaveLength(9);
  });

  test("sees other places of evidence as well", async () => {
    const [set, other] = [await scene(0), await startFake({ referrers: "api" })];
    const client = clientFor([set.fake, other]);
    const tag = `${dashedOf(set.index.digest)}.sig`;
    other.putImage("evidence/base", { tag, layers: [signature("elsewhere")] });
    const { subjects } = await seenAt({ ...set, client }, ":1.2", {}, [other]);
    expect(subjects[0]?.places.map(({ repository }) => repository.registry)).toEqual([
      set.fake.host,
      other.host,
    ]);
    expect(subjects[0]?.collected).toMatchObject({
      evidence: { candidates: [{ source: { place: "sig-tag" } }] },
    });
  });
});

describe("what is not there", () => {
  test("as a tag is told with tags that are", async () => {
    const set = await scene();
    expect(await looked(set, ":1.3")).toEqual({
      kind: "absent",
      reference: `${set.fake.host}/${PATH}:1.3`,
      alike: ["1.2"],
    });
  });

  test("as a platform is told with platforms that are", async () => {
    const error = await errorOf(looked(await scene(), ":1.2", { platform: "linux/s390x" }));
    expect(error).toMatchObject({ code: "usage-invalid" });
    expect(error.message).toContain("linux/arch0, linux/arch1");
  });

  test("as a digest is an error", async () => {
    const set = await scene();
    expect(await errorOf(looked(set, `@sha256:${"0".repeat(64)}`))).toMatchObject({
      code: "registry-not-found",
    });
  });
});

describe("what does not answer", () => {
  test("of the evidence hides neither the places nor the tags", async () => {
    const set = await scene(0);
    set.fake.faults.add({ path: /\.att$/, fault: { kind: "status", status: 403 } });
    const { subjects, tags } = await seenAt(set, ":1.2");
    expect(subjects[0]?.collected).toMatchObject({ kind: "failed", code: "registry-forbidden" });
    expect(subjects[0]?.places[0]?.seen).toHaveLength(5);
    expect(tags.kind).toBe("listed");
  });

  test("of the tags hides no evidence", async () => {
    const set = await scene(0);
    set.fake.faults.add({ path: /\/tags\/list/, fault: { kind: "status", status: 500 } });
    const { subjects, tags } = await seenAt(set, ":1.2");
    expect(tags).toMatchObject({ kind: "failed", code: "registry-unavailable" });
    expect(subjects[0]?.collected.kind).toBe("collected");
  });

  test("of the image itself is an error", async () => {
    const set = await scene(0);
    set.fake.faults.add({ path: /\/manifests\/sha256:/, fault: { kind: "status", status: 500 } });
    expect(await errorOf(looked(set, ":1.2"))).toMatchObject({ code: "registry-unavailable" });
  });
});
