import { type ChildProcess, spawn } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { stringify } from "yaml";
import { missingTools, toolOf } from "./tool.ts";

/** Below the range the kernel hands out for outgoing connections, so that nobody's connection sits on it. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const ATTEMPTS_MAX = 8;
const START_TIMEOUT_MS = 15_000;
const POLL_MS = 10;
const ID_HEADER = "x-test-registry";
const OUTPUT_CHARACTERS_MAX = 4_000;

/** A login that {@link DockerRegistryOptions.htpasswd} may hold; docker-registry takes bcrypt only. */
export const REGISTRY_LOGIN = {
  username: "hullkeeper",
  password: "test-password",
  htpasswd: "hullkeeper:$2y$05$hullkeeper.test.salt..aXUWVUok2GsUGkm6idR1PK9G8bVwkyK",
} as const;

export interface DockerRegistryOptions {
  /** Port of 127.0.0.1; without it a free one is found. */
  readonly port?: number;
  /** Folder to keep images in; it then outlives the registry. */
  readonly directory?: string;
  /** Lines of an htpasswd file with bcrypt hashes. Without it everybody may read and write. */
  readonly htpasswd?: string;
  /** The token service to send everybody to. */
  readonly token?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    /** What its tokens are signed with, as PEM. */
    readonly certificateFile: string;
  };
  /** Speaks HTTPS with this certificate, in PEM, instead of plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Address of a registry that it is a pull-through cache of; nothing can be pushed to it then. */
  readonly cacheOf?: string;
  /** Where pushes are announced. */
  readonly notifications?: { readonly url: string; readonly headers?: Readonly<Record<string, string>> };
}

/** A running docker-registry on loopback; images can be deleted by digest. */
export interface DockerRegistry {
  /** `127.0.0.1:20123`, as it stands in references. */
  readonly host: string;
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** Why docker-registry cannot be started here, or undefined when it can. */
export function dockerRegistryMissing(): string | undefined {
  return missingTools("docker-registry");
}

/**
 * Starts Debian's docker-registry. It ends with this process, however that ends.
 *
 * @throws {Error} when the program is missing or does not come up; the message holds what it printed
 */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const work = await mkdtemp(join(fastDirectory(), "hk-registry-"));
  try {
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port ?? randomInt(PORT_MIN, PORT_MAX);
      const started = await startAt(port, work, options);
      if (started.kind === "running") {
        const scheme = options.tls === undefined ? "http" : "https";
        return registryOf(scheme, port, started.server, () => rm(work, { recursive: true, force: true }));
      }
      const mayRetry = options.port === undefined && started.output.includes("address already in use");
      if (!mayRetry || attempt === ATTEMPTS_MAX) {
        throw new Error(`docker-registry did not start on port ${port}: ${started.output}`);
      }
    }
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}

function registryOf(
  scheme: "http" | "https",
  port: number,
  server: ChildProcess,
  removeFiles: () => Promise<void>,
): DockerRegistry {
  const host = `127.0.0.1:${port}`;
  return {
    host,
    url: `${scheme}://${host}`,
    pid: server.pid ?? 0,
    async close() {
      await end(server);
      await removeFiles();
    },
  };
}

type Start =
  | { readonly kind: "running"; readonly server: ChildProcess }
  | { readonly kind: "ended"; readonly output: string };

async function startAt(port: number, work: string, options: DockerRegistryOptions): Promise<Start> {
  const tool = toolOf("docker-registry");
  if (tool.kind === "missing") throw new Error(tool.reason);
  const file = join(work, "config.yml");
  const id = randomUUID();
  await writeFile(file, stringify(await configurationOf({ port, work, id }, options)));

  const [command, ...args] = [...deathSignal(), tool.path, "serve", file];
  const server = spawn(command ?? tool.path, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], OTEL_TRACES_EXPORTER: "none", ...tool.env },
  });
  let output = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_CHARACTERS_MAX);
    });
  }
  const failure = new Promise<string>((resolve) => {
    server.once("error", (error) => resolve(error.message));
    server.once("close", () => resolve(output));
  });
  const answer = await Promise.race([failure, firstAnswer(port, options.tls?.cert, id, server)]);
  if (answer === true) return { kind: "running", server };
  await end(server);
  return { kind: "ended", output: answer === false ? `no answer in ${START_TIMEOUT_MS} ms` : answer };
}

/** Waits until our server answers, if only "log in first". A stranger on the same port would not know the id. */
async function firstAnswer(
  port: number,
  ca: string | undefined,
  id: string,
  server: ChildProcess,
): Promise<boolean> {
  const agent = new Agent(ca === undefined ? {} : { connect: { ca } });
  try {
    return await answersAs(
      `${ca === undefined ? "http" : "https"}://127.0.0.1:${port}/v2/`,
      agent,
      id,
      server,
    );
  } finally {
    await agent.destroy();
  }
}

async function answersAs(url: string, dispatcher: Agent, id: string, server: ChildProcess): Promise<boolean> {
  const until = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < until && server.exitCode === null && server.signalCode === null) {
    try {
      const { headers, body } = await request(url, { dispatcher });
      await body.dump();
      if (headers[ID_HEADER] === id) return true;
    } catch {
      // Nobody listens yet.
    }
    await sleep(POLL_MS);
  }
  return false;
}

async function configurationOf(
  { port, work, id }: { readonly port: number; readonly work: string; readonly id: string },
  { htpasswd, token, tls, cacheOf, notifications, directory = join(work, "data") }: DockerRegistryOptions,
): Promise<unknown> {
  const passwords = join(work, "htpasswd");
  if (htpasswd !== undefined) await writeFile(passwords, `${htpasswd}\n`);
  const [certificate, key] = [join(work, "cert.pem"), join(work, "key.pem")];
  if (tls !== undefined) {
    await Promise.all([writeFile(certificate, tls.cert), writeFile(key, tls.key, { mode: 0o600 })]);
  }
  return {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    ...(cacheOf === undefined ? {} : { proxy: { remoteurl: cacheOf } }),
    storage: { filesystem: { rootdirectory: directory }, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      headers: { [ID_HEADER]: [id] },
      ...(tls === undefined ? {} : { tls: { certificate, key } }),
    },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: "test", path: passwords } } }),
    ...(token === undefined ? {} : { auth: { token: tokenSectionOf(token) } }),
    ...(notifications === undefined
      ? {}
      : {
          notifications: {
            endpoints: [
              {
                name: "test",
                url: notifications.url,
                headers: Object.fromEntries(
                  Object.entries(notifications.headers ?? {}).map(([name, value]) => [name, [value]]),
                ),
                timeout: "2s",
                threshold: 3,
                backoff: "1s",
              },
            ],
          },
        }),
  };
}

function tokenSectionOf({ certificateFile, ...token }: NonNullable<DockerRegistryOptions["token"]>): unknown {
  return { ...token, rootcertbundle: certificateFile };
}

/** Each push waits for the disk; memory is eight times as fast. */
function fastDirectory(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}

/** Lets the kernel end the server when we die, even by SIGKILL. */
function deathSignal(): readonly string[] {
  const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "TERM", "--"];
}

async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once("close", resolve));
  server.kill("SIGTERM");
  await ended;
}
