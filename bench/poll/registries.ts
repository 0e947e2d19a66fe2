import { Agent } from "undici";
import { z } from "zod";
import { mapParallel } from "../../src/adapters/registry/parallel.ts";
import { digestOf } from "../../src/image/digest.ts";
import { startDockerRegistry } from "../../test/tools/docker-registry.ts";
import { startChild } from "./child.ts";
import {
  CONFIG,
  isMoving,
  MANIFEST_TYPE,
  manifestOf,
  pathOf,
  type Population,
  sizeOf,
  tagsOf,
} from "./population.ts";
import type { Assignment } from "./work.ts";

/** A registry in another process, filled with a population. */
export interface BenchRegistry {
  readonly title: string;
  readonly host: string;
  readonly scheme: Assignment["scheme"];
  readonly population: Population;
  /** Moves the tags of a round, which no earlier round since {@link BenchRegistry.restore} was about. */
  move(round: number): Promise<void>;
  /** Points every tag at what it pointed at in the beginning. */
  restore(): Promise<void>;
  /** What it saw since it was started; undefined when it does not count. */
  counts(): Promise<{ readonly requests: number; readonly connections: number } | undefined>;
  close(): Promise<void>;
}

/** Our own registry, which does nothing but answer. */
export async function startRawRegistry(
  scheme: Assignment["scheme"],
  population: Population,
): Promise<BenchRegistry> {
  const child = startChild(new URL("programs/registry.ts", import.meta.url));
  const question = { kind: "start", scheme, population };
  const { port } = await child.ask(question, z.object({ port: z.int() }));
  return {
    title: "raw registry",
    host: `127.0.0.1:${port}`,
    scheme,
    population,
    async move(round) {
      await child.ask({ kind: "move", round }, z.object({}));
    },
    async restore() {
      await child.ask({ kind: "restore" }, z.object({}));
    },
    counts: () => child.ask({ kind: "counts" }, z.object({ requests: z.int(), connections: z.int() })),
    close: () => child.end(),
  };
}

const PUSHES_AT_A_TIME = 8;

/** Debian's docker-registry, its images in memory. */
export async function startFilledDockerRegistry(population: Population): Promise<BenchRegistry> {
  const registry = await startDockerRegistry();
  const agent = new Agent({ connections: PUSHES_AT_A_TIME });
  const send = async (method: "POST" | "PUT", url: string, type = "", body: Uint8Array = Buffer.alloc(0)) => {
    const answer = await agent.request({
      origin: registry.url,
      path: url,
      method,
      headers: { "content-type": type },
      body,
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${text}`);
    return answer.headers;
  };
  const pushTag = async (path: string, tag: string, moves: number): Promise<void> => {
    await send("PUT", `/v2/${path}/manifests/${tag}`, MANIFEST_TYPE, manifestOf(path, tag, moves).bytes);
  };
  const paths = Array.from({ length: population.repositories }, (_, position) => pathOf(position));
  const tags = tagsOf(population);
  await mapParallel(paths, PUSHES_AT_A_TIME, async (path) => {
    const { location } = await send("POST", `/v2/${path}/blobs/uploads/`);
    const upload = new URL(z.string().parse(location));
    upload.searchParams.set("digest", digestOf(CONFIG));
    await send("PUT", `${upload.pathname}${upload.search}`, "application/octet-stream", CONFIG);
    for (const tag of tags) await pushTag(path, tag, 0);
  });

  const pushRound = async (round: number, moves: number): Promise<void> => {
    const positions = Array.from({ length: sizeOf(population) }, (_, position) => position);
    const moving = positions.filter((position) => isMoving(position, round));
    await mapParallel(moving, PUSHES_AT_A_TIME, (position) =>
      pushTag(paths[Math.floor(position / tags.length)] ?? "", tags[position % tags.length] ?? "", moves),
    );
  };
  const movedIn = new Set<number>();
  return {
    title: "docker-registry",
    host: registry.host,
    scheme: "http",
    population,
    async move(round) {
      movedIn.add(round);
      await pushRound(round, round);
    },
    async restore() {
      for (const round of movedIn) await pushRound(round, 0);
      movedIn.clear();
    },
    counts: async () => undefined,
    async close() {
      await agent.close();
      await registry.close();
    },
  };
}
