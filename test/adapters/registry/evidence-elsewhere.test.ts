import { afterEach, describe, expect, test } from "vitest";
import { dashedOf } from "../../../src/image/digest.ts";
import type { Evidence } from "../../../src/trust/evidence.ts";
import type { PutDescriptor } from "../../fakes/registry/content.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import {
  clientFor,
  closeAll,
  errorOf,
  imageAt,
  PATH,
  repositoryAt,
  startFake,
  type TestClient,
} from "./stage.ts";

const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
const ENVELOPE = "application/vnd.dsse.envelope.v1+json";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const ELSEWHERE = "docker/dhi-base";
const { signal } = new AbortController();

afterEach(closeAll);

interface Scene {
  readonly home: FakeRegistry;
  readonly other: FakeRegistry;
  readonly client: TestClient;
  readonly image: PutDescriptor;
}

/** An image at one registry, and a repository for evidence at another. */
async function scene(): Promise<Scene> {
  const [home, other] = [await startFake(), await startFake({ referrers: "api" })];
  return { home, other, client: clientFor([home, other]), image: home.putImage(PATH, { tag: "latest" }) };
}

const layer = (mediaType: string, bytes: string) => ({ layers: [{ mediaType, bytes }] });

function evidenceOf({ client, home, other, image }: Scene): Promise<Evidence> {
  return client.evidenceOf(imageAt(home, image.digest), signal, [repositoryAt(other, ELSEWHERE)]);
}

describe("evidence in another repository", () => {
  test("is found beside the image's own, by tags and referrers, and says where it hangs", async () => {
    const set = await scene();
    const { home, other, image } = set;
    home.putImage(PATH, { tag: `${dashedOf(image.digest)}.sig`, ...layer(SIMPLE_SIGNING, "own") });
    other.putImage(ELSEWHERE, { tag: `${dashedOf(image.digest)}.sig`, ...layer(SIMPLE_SIGNING, "sig") });
    other.putImage(ELSEWHERE, { tag: `${dashedOf(image.digest)}.att`, ...layer(ENVELOPE, "att") });
    other.putImage(ELSEWHERE, { subject: image, ...layer(BUNDLE, "bundle") });

    const repository = repositoryAt(other, ELSEWHERE);
    const { candidates, digest } = await evidenceOf(set);
    expect(digest).toBe(image.digest);
    expect(
      candidates.map(({ kind, source }) => ({ kind, place: source.place, repository: source.repository })),
    ).toEqual([
      { kind: "cosign-signature", place: "sig-tag", repository: undefined },
      { kind: "cosign-signature", place: "sig-tag", repository },
      { kind: "cosign-attestation", place: "att-tag", repository },
      { kind: "sigstore-bundle", place: "referrer", repository },
    ]);
  });

  test("is not there where the repository, or the registry's list of referrers, is not", async () => {
    const set = await scene();
    expect(await evidenceOf(set)).toEqual({ digest: set.image.digest, candidates: [], skipped: [] });
  });

  test("about another image, hung under ours, is skipped", async () => {
    const set = await scene();
    const stranger = set.other.putImage(ELSEWHERE, { layers: [{ mediaType: "text/plain", bytes: "x" }] });
    const referrer = set.other.putImage(ELSEWHERE, {
      subject: stranger,
      layers: [{ mediaType: BUNDLE, bytes: "{}" }],
    });
    const body = JSON.stringify({ schemaVersion: 2, manifests: [referrer] });
    const headers = { "content-type": "application/vnd.oci.image.index.v1+json" };
    set.other.faults.add({ path: /\/referrers\//, fault: { kind: "status", status: 200, headers, body } });
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toEqual([]);
    expect(skipped).toMatchObject([{ reason: "other-subject" }]);
  });

  test("is never asked for where nobody says that it may be there", async () => {
    const set = await scene();
    await set.client.evidenceOf(imageAt(set.home, set.image.digest), signal);
    expect(set.other.requests).toEqual([]);
  });

  test.each<{ readonly title: string; readonly fault: Fault; readonly code: string }>([
    {
      title: "401: its log-in is not configured",
      fault: { kind: "status", status: 401 },
      code: "registry-unauthorized",
    },
    { title: "403", fault: { kind: "status", status: 403 }, code: "registry-forbidden" },
    { title: "500", fault: { kind: "status", status: 500 }, code: "registry-unavailable" },
  ])(
    "is not known when its registry answers $title, whatever the image's own has",
    async ({ fault, code }) => {
      const set = await scene();
      const layers = [{ mediaType: SIMPLE_SIGNING, bytes: "own" }];
      set.home.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers });
      set.other.faults.add({ path: /\/manifests\//, fault });
      expect(await errorOf(evidenceOf(set))).toMatchObject({ code });
    },
  );
});
