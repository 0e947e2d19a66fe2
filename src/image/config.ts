/** What the config of an image says about running it, of one platform. Foreign text, bounded where it is read. */
export interface ImageConfig {
  /** E.g. `linux/amd64`. */
  readonly platform?: string;
  /** As written, e.g. `10001:10001`; absent for root by default. */
  readonly user?: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** By name, sorted. Values of what looks like a secret are not kept, see {@link ImageConfig.masked}. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of variables whose values look like secrets: their value in `environment` is a hash of it, so that a change is seen. */
  readonly masked: readonly string[];
  /** E.g. `8080/tcp`, sorted. */
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly workingDirectory?: string;
  readonly stopSignal?: string;
  /** What is run, as written; absent where there is none. */
  readonly healthcheck?: readonly string[];
  readonly shell?: readonly string[];
  /** Instructions that run in whatever is built on it, as written. Absent where there are none. */
  readonly onBuild?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Layers, and bytes of all of them as the registry serves them. */
  readonly layerCount: number;
  readonly layerBytes: number;
}

/** The config of an image, or why there is none to read: a fragment for people. */
export type ConfigAnswer =
  | { readonly kind: "config"; readonly config: ImageConfig }
  | { readonly kind: "none"; readonly reason: string };
