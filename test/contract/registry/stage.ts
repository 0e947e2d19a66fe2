import { createRegistry } from "../../../src/adapters/registry/client.ts";
import { dashedOf, type Digest, digestOf } from "../../../src/image/digest.ts";
import type { Repository } from "../../../src/image/reference.ts";
import type { RegistryHostSettings } from "../../../src/adapters/registry/settings.ts";
import { Secret } from "../../../src/secret.ts";
import type { Registry } from "../../../src/ports/registry.ts";
import { type Parts, partsOf } from "../../adapters/registry/parts.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { RecordedMetrics } from "../../fakes/registry/metrics.ts";
import { type Login, type Place, pushBlob, pushManifest } from "../../tools/publish.ts";

export const INDEX = "application/vnd.oci.image.index.v1+json";
export const IMAGE = "application/vnd.oci.image.manifest.v1+json";

/** A registry that the contract holds for. */
export interface Peer {
  readonly host: string;
  /** Whose certificates count; plain HTTP when absent. */
  readonly ca?: string;
  /** Who may read and write; everybody when absent. */
  readonly user?: Login;
  close(): Promise<void>;
}

export interface PeerTraits {
  readonly start: () => Promise<Peer>;
  /** Whether it keeps the list of referrers itself. */
  readonly referrers: "api" | "none";
}

/** Something that was pushed. */
export interface Pushed {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

interface Layer {
  readonly mediaType: string;
  readonly text: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Running {
  readonly peer: Peer;
  readonly client: Registry & { close(): Promise<void> };
  readonly parts: Parts;
}

/** A running registry, our client for it, and pushes over HTTP as real tools do them. */
export class Stage {
  readonly #traits: PeerTraits;
  #running: Running | undefined;

  constructor(traits: PeerTraits) {
    this.#traits = traits;
  }

  get host(): string {
    return this.#parts().peer.host;
  }

  get peer(): Peer {
    return this.#parts().peer;
  }

  get client(): Registry {
    return this.#parts().client;
  }

  /** What the client does not show itself. */
  get parts(): Parts {
    return this.#parts().parts;
  }

  async open(): Promise<void> {
    const peer = await this.#traits.start();
    const { host, ca, user } = peer;
    const settings: RegistryHostSettings = {
      allowPrivate: true,
      ...(ca === undefined ? { plainHttp: true } : { ca }),
      ...(user === undefined
        ? {}
        : { login: { kind: "basic", username: user.username, password: new Secret(user.password) } }),
    };
    const hosts = new Map([[host, settings]]);
    const client = createRegistry({
      hosts,
      gate: new OpenGate(),
      userAgent: "hullkeeper-test",
      metrics: new RecordedMetrics(),
    });
    this.#running = { peer, client, parts: partsOf(hosts) };
  }

  async close(): Promise<void> {
    await this.#running?.client.close();
    await this.#running?.parts.close();
    await this.#running?.peer.close();
  }

  repositoryOf(path: string): Repository {
    return { registry: this.host, path };
  }

  /** Pushes a manifest, or an index when it has `manifests`, under a tag or its digest. */
  async pushDocument(path: string, document: object, tag?: string): Promise<Pushed> {
    const mediaType = "manifests" in document ? INDEX : IMAGE;
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
    const digest = digestOf(bytes);
    await pushManifest(this.#placeOf(path), { bytes, mediaType }, tag ?? digest);
    return { mediaType, digest, size: bytes.byteLength };
  }

  pushText(path: string, mediaType: string, text: string): Promise<Pushed> {
    return this.pushBytes(path, mediaType, Buffer.from(text));
  }

  async pushBytes(path: string, mediaType: string, bytes: Uint8Array): Promise<Pushed> {
    const digest = digestOf(bytes);
    await pushBlob(this.#placeOf(path), digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  }

  /** Pushes layers and the manifest over them. */
  async push(
    path: string,
    layers: readonly Layer[],
    {
      tag,
      ...more
    }: { readonly tag?: string; readonly subject?: Pushed; readonly artifactType?: string } = {},
  ): Promise<Pushed> {
    const config = await this.pushText(path, "application/vnd.oci.empty.v1+json", "{}");
    const descriptors = [];
    for (const { mediaType, text, annotations } of layers) {
      const descriptor = await this.pushText(path, mediaType, text);
      descriptors.push(annotations === undefined ? descriptor : { ...descriptor, annotations });
    }
    return this.pushDocument(path, { ...more, config, layers: descriptors }, tag);
  }

  pushImage(path: string, tag: string, text = "layer"): Promise<Pushed> {
    return this.push(path, [{ mediaType: "application/vnd.oci.image.layer.v1.tar", text }], { tag });
  }

  /** Lists referrers under the fallback tag, which is the pusher's task where the registry has no API. */
  async refer(path: string, subject: Pushed, ...referrers: readonly Pushed[]): Promise<void> {
    if (this.#traits.referrers === "api") return;
    await this.pushDocument(path, { manifests: referrers }, dashedOf(subject.digest));
  }

  #placeOf(repository: string): Place {
    const { host, ca, user } = this.peer;
    return {
      host,
      repository,
      ...(ca === undefined ? {} : { ca }),
      ...(user === undefined ? {} : { login: user }),
    };
  }

  #parts(): Running {
    if (this.#running === undefined) throw new Error("the stage is not open");
    return this.#running;
  }
}
