import { dashedOf, type Digest } from "../../../src/image/digest.ts";
import type { Candidate, Evidence, SkippedEvidence } from "../../../src/trust/evidence.ts";
import type { PutDescriptor, PutLayer } from "../../fakes/registry/content.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import { clientFor, imageAt, PATH, startFake, type TestClient } from "./stage.ts";

export const INDEX = "application/vnd.oci.image.index.v1+json";
export const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
export const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
export const STATEMENT = "application/vnd.in-toto+json";
export const CYCLONEDX = "https://cyclonedx.org/bom/v1.6";
export const PREDICATE_TYPE = "in-toto.io/predicate-type";
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

type SignedManifest = Extract<Candidate, { kind: "signed-manifest" }>;

interface Statement {
  readonly path?: string;
  readonly text?: string;
  readonly predicateType?: string;
  /** Where the predicate type is said; nowhere when absent. */
  readonly said?: "manifest" | "layer";
}

/** Hangs a statement in a manifest of its own on something, as Docker does. */
export function attach(
  fake: FakeRegistry,
  subject: PutDescriptor,
  { path = PATH, text = "{}", predicateType = CYCLONEDX, said = "manifest" }: Statement = {},
): PutDescriptor {
  const annotations = { [PREDICATE_TYPE]: predicateType };
  const layer: PutLayer = { mediaType: STATEMENT, bytes: text };
  return fake.putImage(path, {
    subject,
    artifactType: STATEMENT,
    layers: [said === "layer" ? { ...layer, annotations } : layer],
    ...(said === "manifest" ? { annotations } : {}),
  });
}

/** Signs a manifest as a referrer of it. */
export function refer(
  fake: FakeRegistry,
  subject: PutDescriptor,
  layer: PutLayer,
  path = PATH,
): PutDescriptor {
  return fake.putImage(path, {
    subject,
    config: { mediaType: "application/vnd.dev.cosign.artifact.sig.v1+json", bytes: "{}" },
    layers: [layer],
  });
}

export function signedIn({ candidates }: Evidence): readonly SignedManifest[] {
  return candidates.flatMap((candidate) => (candidate.kind === "signed-manifest" ? [candidate] : []));
}

export function textsOf({ signatures }: SignedManifest): readonly string[] {
  return signatures.map((each) =>
    Buffer.from(each.kind === "cosign-signature" ? each.payload : each.bundle).toString(),
  );
}
