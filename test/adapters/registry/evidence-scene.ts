import { dashedOf, type Digest } from "../../../src/image/digest.ts";
import type { Evidence, SkippedEvidence } from "../../../src/trust/evidence.ts";
import type { PutDescriptor, PutLayer } from "../../fakes/registry/content.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import { clientFor, imageAt, PATH, startFake, type TestClient } from "./stage.ts";

export const INDEX = "application/vnd.oci.image.index.v1+json";
export const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
export const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const { signal } = new AbortController();

export interface Scene {
  readonly fake: FakeRegistry;
  readonly client: TestClient;
  readonly image: PutDescriptor;
}

export async function scene(
  options?: Parameters<typeof startFake>[0],
  client?: Parameters<typeof clientFor>[1],
): Promise<Scene> {
  const fake = await startFake(options);
  return { fake, client: clientFor([fake], client), image: fake.putImage(PATH, { tag: "latest" }) };
}

export const evidenceOf = ({ client, fake, image }: Scene): Promise<Evidence> =>
  client.evidenceOf(imageAt(fake, image.digest), signal);

export const bundle = (text: string): PutLayer => ({ mediaType: BUNDLE, bytes: text });
export const signature = (text: string): PutLayer => ({ mediaType: SIMPLE_SIGNING, bytes: text });

export function list(fake: FakeRegistry, digest: Digest, manifests: readonly unknown[]): void {
  fake.putManifest(PATH, { schemaVersion: 2, mediaType: INDEX, manifests }, { tag: dashedOf(digest) });
}

export function reasons(skipped: readonly SkippedEvidence[]): readonly string[] {
  return skipped.map(({ reason }) => reason);
}
