import { DEFAULT_POLICIES } from "../../src/vendor/policies.ts";
import { createHmac } from "node:crypto";
import { type ImageLine, parseRepository, parseTag, type Repository } from "../../src/image/reference.ts";
import type { Log, LogFields } from "../../src/ports/log.ts";
import type { TokenVerifier } from "../../src/ports/token-verifier.ts";
import type { Hook } from "../../src/push/hook.ts";
import type { Proof } from "../../src/push/proof.ts";
import type { Provider } from "../../src/push/provider.ts";
import { Secret } from "../../src/secret.ts";
import { type Instant, instantOf } from "../../src/time.ts";
import { createWeb, type WebOptions } from "../../src/web/app.ts";
import type { PushOptions } from "../../src/web/hooks.ts";
import { createFakeStore, type FakeStore } from "../fakes/store.ts";
import { bodyOf, EVENT_HEADERS, REGISTRIES } from "../push/fixture.ts";

export const NOW = instantOf(Date.UTC(2026, 10, 28, 12));
/** When the polls of the tests are due unless a push makes it earlier. */
export const LATER = instantOf(NOW + 3_600_000);
export const SIGNING_KEY = "the signing key of the tests";
export const HEADER_VALUE = "Bearer the header of the tests";

/** The secret in the path of a provider's hook. */
export const secretOf = (provider: Provider): string => `path-secret-of-${provider}-0123456789`;

const hmacIn = (...headers: readonly string[]): Proof => ({
  kind: "hmac",
  headers,
  key: new Secret(SIGNING_KEY),
});
const HEADER: Proof = { kind: "header", name: "Authorization", value: new Secret(HEADER_VALUE) };
const token = (issuer: string): Proof => ({ kind: "token", issuer, audience: "https://hullkeeper.example" });

/** How the calls of each provider are proven, as a configuration would have it. */
export const PROOFS: Readonly<Record<Provider, Proof>> = {
  "docker-hub": { kind: "path" },
  github: hmacIn("X-Hub-Signature-256"),
  ecr: HEADER,
  google: token("https://accounts.google.com"),
  acr: HEADER,
  quay: { kind: "path" },
  harbor: HEADER,
  jfrog: hmacIn("X-JFrog-Event-Auth"),
  chainguard: token("https://issuer.enforce.dev"),
  distribution: HEADER,
  gitea: hmacIn("X-Hub-Signature-256", "X-Gitea-Signature"),
};

/** A hook as the tests call it. */
export function hookOf(provider: Provider, more: Partial<Hook> = {}): Hook {
  const registry = REGISTRIES[provider];
  return {
    provider,
    secret: new Secret(secretOf(provider)),
    proof: PROOFS[provider],
    ...(registry === undefined ? {} : { registry }),
    ...more,
  };
}

/** Headers that prove a call to the hook of the tests. */
export function proofHeadersOf(provider: Provider, body: Uint8Array): Readonly<Record<string, string>> {
  const { kind } = PROOFS[provider];
  switch (kind) {
    case "path":
      return {};
    case "header":
      return { Authorization: HEADER_VALUE };
    case "token":
      return { Authorization: "Bearer head.claims.signature" };
    case "hmac": {
      const hex = createHmac("sha256", SIGNING_KEY).update(body).digest("hex");
      return provider === "jfrog"
        ? { "X-JFrog-Event-Auth": hex }
        : { "X-Hub-Signature-256": `sha256=${hex}` };
    }
    default:
      return kind satisfies never;
  }
}

/** The first push of a provider, as it arrives. */
export function callOf(
  provider: Provider,
  {
    body = bodyOf(provider),
    headers = {},
  }: { body?: Uint8Array; headers?: Readonly<Record<string, string>> } = {},
): RequestInit {
  return {
    method: "POST",
    body: Buffer.from(body),
    headers: { ...EVENT_HEADERS[provider], ...proofHeadersOf(provider, body), ...headers },
  };
}

/** Path of the hook of a provider. */
export const pathOf = (provider: Provider): string => `/hooks/${provider}/${secretOf(provider)}`;

/** The receiver with everything around it, and what it did. */
export interface HooksUnderTest {
  readonly app: ReturnType<typeof createWeb>;
  readonly store: FakeStore;
  readonly counted: readonly string[];
  readonly logged: readonly (LogFields & { readonly level: string; readonly message: string })[];
  readonly faults: readonly { readonly thrown: unknown; readonly path: string }[];
  /** When the poll of a repository is due. */
  readonly dueAt: (repository: Repository) => Instant | undefined;
}

/** Image lines that somebody watches; each repository's poll is due {@link LATER}. */
export async function hooksOn(
  lines: readonly ImageLine[],
  options: { readonly hooks?: readonly Hook[] } & Partial<PushOptions> &
    Partial<Pick<WebOptions, "clock">> & { readonly store?: (store: FakeStore) => WebOptions["store"] } = {},
): Promise<HooksUnderTest> {
  const store = createFakeStore();
  await watchLines(store, lines);
  const counted: string[] = [];
  const logged: (LogFields & { level: string; message: string })[] = [];
  const faults: { thrown: unknown; path: string }[] = [];
  const { hooks = [], clock, store: wrap = (same) => same, ...rest } = options;
  const app = createWeb({
    store: wrap(store),
    clock: clock ?? { now: async () => NOW },
    gate: { states: async () => [] },
    profiles: [],
    policies: DEFAULT_POLICIES,
    metrics: { text: async () => "", contentType: "text/plain" },
    ready: async () => [],
    version: "0",
    dueSoonMs: 1,
    onFault: (thrown, path) => faults.push({ thrown, path }),
    push: {
      hooks,
      verifier: verifierSaying({ kind: "valid" }),
      metrics: { push: ({ provider, outcome }) => counted.push(`${provider} ${outcome}`) },
      log: recordingLog(logged),
      monotonicMs: () => 0,
      ...rest,
    },
  });
  return {
    app,
    store,
    counted,
    logged,
    faults,
    dueAt: (repository) => store.dueAt({ kind: "poll", repository }),
  };
}

/** A verifier of one opinion. */
export function verifierSaying(verdict: Awaited<ReturnType<TokenVerifier["verify"]>>): TokenVerifier {
  return { verify: async () => verdict };
}

export function lineOf(repository: string, tag: string): ImageLine {
  return { repository: parseRepository(repository), tag: parseTag(tag) };
}

async function watchLines(store: FakeStore, lines: readonly ImageLine[]): Promise<void> {
  await store.saveScan({
    codeRepository: { owner: "acme", name: "shop" },
    branch: "main",
    commit: "c".repeat(40),
    scannedAt: NOW,
    places: lines.map((line, index) => ({
      path: "Dockerfile",
      line: index + 1,
      raw: "raw",
      state: { kind: "seen", reason: "not-pinned", line, profile: "bellsoft" },
    })),
    skipped: [],
  });
  for (const { repository } of lines) await store.schedule({ kind: "poll", repository }, LATER, "set");
}

function recordingLog(logged: (LogFields & { level: string; message: string })[]): Log {
  const at = (level: string) => (fields: LogFields, message: string) => {
    logged.push({ ...fields, level, message });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
