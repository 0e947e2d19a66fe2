import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPush } from "../../src/push/parse.ts";
import { PROVIDERS, type Provider } from "../../src/push/provider.ts";
import type { PushReading } from "../../src/push/reading.ts";

const ROOT = fileURLToPath(new URL("../fixtures/push", import.meta.url));

/** Headers that say what a call is about, as each provider sends them beside a push. */
export const EVENT_HEADERS: Readonly<Record<Provider, Readonly<Record<string, string>>>> = {
  "docker-hub": {},
  github: { "X-GitHub-Event": "registry_package" },
  ecr: {},
  google: {},
  acr: {},
  quay: {},
  harbor: {},
  jfrog: {},
  chainguard: { "Ce-Type": "dev.chainguard.registry.push.v1" },
  distribution: {},
  gitea: { "X-Gitea-Event": "package" },
};

/** The host that a hook is configured for where the provider has many. */
export const REGISTRIES: Readonly<Partial<Record<Provider, string>>> = {
  harbor: "harbor.acme.internal",
  jfrog: "acme.jfrog.io",
  distribution: "registry.acme.internal:5000",
  gitea: "gitea.acme.internal",
};

/** The first push of each provider. */
export const PUSHES: Readonly<Record<Provider, string>> = {
  "docker-hub": "push",
  github: "registry-package-published",
  ecr: "push",
  google: "insert-tagged",
  acr: "push",
  quay: "repo-push",
  harbor: "push-artifact",
  jfrog: "pushed",
  chainguard: "push",
  distribution: "push-image",
  gitea: "package-created",
};

/** Every fixture of every provider. */
export const FIXTURES: readonly { readonly provider: Provider; readonly name: string }[] = PROVIDERS.flatMap(
  (provider) =>
    globSync("*.json", { cwd: join(ROOT, provider) })
      .toSorted()
      .map((file) => ({ provider, name: file.replace(/\.json$/, "") })),
);

/** The body of a call, as it was sent. */
export function bodyOf(provider: Provider, name: string = PUSHES[provider]): Buffer {
  return readFileSync(join(ROOT, provider, `${name}.json`));
}

/** A body with one text in the place of another, which must be there. */
export function changed(body: Buffer, from: string, to: string): Buffer {
  const text = body.toString("utf8");
  if (!text.includes(from)) throw new Error(`the fixture does not hold ${from}`);
  return Buffer.from(text.replaceAll(from, to));
}

/** What is read in a call, with the headers and the host that the provider's calls come with. */
export function reading(
  provider: Provider,
  body: Uint8Array,
  scope: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly registry?: string | undefined;
  } = {},
): PushReading {
  return readPush(provider, body, {
    headers: new Headers({ ...EVENT_HEADERS[provider], ...scope.headers }),
    registry: "registry" in scope ? scope.registry : REGISTRIES[provider],
  });
}

/** The image lines that are read in a call, as text; what else was read, where it is no push. */
export function linesRead(read: PushReading): readonly string[] | string {
  if (read.kind !== "notices") return `${read.kind}: ${read.reason}`;
  return read.notices.map(({ repository: { registry, path }, tag }) => `${registry}/${path}:${tag ?? "*"}`);
}
