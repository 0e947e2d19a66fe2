import { createRegistry } from "../../../src/adapters/registry/client.ts";
import type { RegistryHostSettings, RegistryOptions } from "../../../src/adapters/registry/settings.ts";
import { CodedError } from "../../../src/errors.ts";
import type { Digest } from "../../../src/image/digest.ts";
import { type ImageId, type ImageLine, parseTag, type Repository } from "../../../src/image/reference.ts";
import type { Registry } from "../../../src/ports/registry.ts";
import type { RegistryInspection } from "../../../src/ports/registry-inspection.ts";
import type { RegistryLogins } from "../../../src/ports/registry-logins.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { RecordedMetrics } from "../../fakes/registry/metrics.ts";
import {
  type FakeRegistry,
  type FakeRegistryOptions,
  startFakeRegistry,
} from "../../fakes/registry/server.ts";

/** The path all tests of the client use. */
export const PATH = "acme/base";

/** What is started is closed by {@link closeAll}. */
const closing: (() => Promise<void>)[] = [];

export async function closeAll(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
}

export async function startFake(options?: FakeRegistryOptions): Promise<FakeRegistry> {
  const fake = await startFakeRegistry(options);
  closing.push(() => fake.close());
  return fake;
}

export interface TestClient extends Registry {
  readonly metrics: RecordedMetrics;
  readonly logins: RegistryLogins;
  readonly inspection: RegistryInspection;
  close(): Promise<void>;
}

/** A client that may speak plain HTTP to these fakes. */
export function clientFor(
  fakes: readonly FakeRegistry[],
  { settings, ...options }: Partial<RegistryOptions> & { readonly settings?: RegistryHostSettings } = {},
): TestClient {
  const metrics = new RecordedMetrics();
  const client = createRegistry({
    hosts: new Map(
      fakes.map(({ host, url }) => [
        host,
        { plainHttp: url.startsWith("http:"), allowPrivate: true, ...settings },
      ]),
    ),
    gate: new OpenGate(),
    userAgent: "hullkeeper-test",
    metrics,
    ...options,
  });
  closing.push(() => client.close());
  return { ...client, metrics };
}

export function repositoryAt({ host }: FakeRegistry, path = PATH): Repository {
  return { registry: host, path };
}

export function lineAt(fake: FakeRegistry, tag = "latest"): ImageLine {
  return { repository: repositoryAt(fake), tag: parseTag(tag) };
}

/** The tag `latest` of a registry that need not be a fake. */
export function lineOf(registry: string): ImageLine {
  return { repository: { registry, path: PATH }, tag: parseTag("latest") };
}

export function imageAt(fake: FakeRegistry, digest: Digest): ImageId {
  return { repository: repositoryAt(fake), digest };
}

/** The error a promise is rejected with. Fails when there is none, or when it is not one of ours. */
export async function errorOf(promise: Promise<unknown>): Promise<CodedError> {
  const thrown: unknown = await promise.then(
    () => new Error("nothing was thrown"),
    (error: unknown) => error,
  );
  if (thrown instanceof CodedError) return thrown;
  throw thrown;
}

/** A message with everything that hangs below it: what a log would show. */
export function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.message, error.stack, JSON.stringify(error), everythingIn(error.cause ?? "")].join("\n");
}
