import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parseArguments } from "../../src/cli/arguments.ts";
import { missingTools, runTool } from "../tools/tool.ts";

const FILE = fileURLToPath(new URL("../../docker-compose.yml", import.meta.url));
const BASES = { HULLKEEPER_BUILD_BASE: "registry.test/node-dev", HULLKEEPER_BASE: "registry.test/node" };

const healthcheckSchema = z.union([
  z.strictObject({ disable: z.literal(true) }),
  z.object({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.int() }),
]);
const serviceSchema = z.object({
  image: z.string(),
  command: z.array(z.string()),
  user: z.string(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  networks: z.array(z.string()),
  healthcheck: healthcheckSchema,
  restart: z.string(),
  deploy: z.object({
    resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string(), pids: z.int() }) }),
  }),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()),
  secrets: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
});
const composeSchema = z.object({
  services: z.record(z.enum(["web", "worker", "redis"]), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});

describe("docker-compose.yml", async () => {
  const text = await readFile(FILE, "utf8");
  const { services, networks, volumes, secrets } = composeSchema.parse(parse(text, { merge: true }));
  const { web, worker, redis } = services;

  test.each(Object.entries(services))("%s can do no more than it must", (_name, service) => {
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(["ALL"]);
    expect(service.security_opt).toContain("no-new-privileges:true");
    expect(service.ports.every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
    expect(service.restart).toBe("unless-stopped");
  });

  test.each([
    { name: "web", service: web, command: { kind: "serve" } },
    { name: "worker", service: worker, command: { kind: "worker" } },
  ])("$name starts a command that exists, on the configuration that is mounted", ({ service, command }) => {
    const parsed = parseArguments(service.command);
    expect(parsed).toMatchObject({ ...command, config: "/etc/hullkeeper/hullkeeper.yaml" });
    expect(service.volumes.some((volume) => volume.endsWith(":/etc/hullkeeper/hullkeeper.yaml:ro"))).toBe(
      true,
    );
    expect(service.environment).toEqual({ REDIS_URL: "redis://redis:6379", XDG_CACHE_HOME: "/tmp" });
    expect(service.secrets.toSorted()).toEqual(Object.keys(secrets).toSorted());
  });

  test.each([
    { title: "passes when healthz answers 200", status: 200, code: 0 },
    { title: "fails when healthz answers 503", status: 503, code: 1 },
    { title: "fails when nobody listens", status: undefined, code: 1 },
  ])("the check of web's health $title", async ({ status, code }) => {
    const [, command, ...args] = "test" in web.healthcheck ? web.healthcheck.test : [];
    expect(command).toBe("node");
    const server = createServer((request, response) => {
      response.writeHead(request.url === "/healthz" ? (status ?? 500) : 404).end();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    if (status === undefined) server.close();
    const child = spawn(
      process.execPath,
      args.map((arg) => arg.replace("8080", port)),
    );
    expect(await once(child, "close")).toEqual([code, null]);
    server.close();
  });

  test("Redis keeps every write, evicts nothing, and only we reach it", () => {
    const flags = redis.command.join(" ");
    expect(flags).toContain("--appendonly yes");
    expect(flags).toContain("--maxmemory-policy noeviction");
    expect(redis.volumes).toEqual([`${Object.keys(volumes).join("")}:/data`]);
    expect(redis.ports).toEqual([]);
    expect(redis.networks).toEqual(["state"]);
    expect(networks["state"]).toEqual({ internal: true });
  });

  test("no secret stands in it", () => {
    expect(text).not.toMatch(/(TOKEN|PASSWORD|SECRET|KEY): ?\S/);
    expect(Object.keys(secrets).length).toBeGreaterThan(0);
  });
});

const composeMissing = missingTools("docker-compose");

describe.skipIf(composeMissing !== undefined)(`Compose itself (${composeMissing ?? "present"})`, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "hk-compose-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const config = async (change: (text: string) => string, env: Readonly<Record<string, string>>) => {
    const file = join(directory, "docker-compose.yml");
    await writeFile(file, change(await readFile(FILE, "utf8")));
    const { stdout } = await runTool("docker-compose", ["-f", file, "config", "--format=json"], { env });
    return z
      .object({ services: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(JSON.parse(stdout));
  };

  test("accepts the file and resolves what it leaves open", async () => {
    const { services } = await config((text) => text, BASES);
    expect(Object.keys(services).toSorted()).toEqual(["redis", "web", "worker"]);
    expect(services["web"]).toMatchObject({
      build: { args: { BASE: "registry.test/node", BUILD_BASE: "registry.test/node-dev" } },
      cap_drop: ["ALL"],
      secrets: [{ source: "github-token" }, { source: "marker-key" }],
      depends_on: { redis: { condition: "service_healthy" } },
    });
  });

  test.each([
    { title: "no base is named", change: (text: string) => text, env: {}, says: /HULLKEEPER_(BUILD_)?BASE/ },
    {
      title: "a key is unknown",
      change: (text: string) => text.replace("read_only:", "readonly:"),
      env: BASES,
      says: /readonly/,
    },
    {
      title: "a network does not exist",
      change: (text: string) => text.replace("networks: [state]", "networks: [stat]"),
      env: BASES,
      says: /undefined network/,
    },
    {
      title: "a secret does not exist",
      change: (text: string) => text.replace("secrets: [github-token", "secrets: [gitlab-token"),
      env: BASES,
      says: /undefined secret/,
    },
  ])("refuses it when $title", async ({ change, env, says }) => {
    await expect(config(change, env)).rejects.toThrow(says);
  });
});
