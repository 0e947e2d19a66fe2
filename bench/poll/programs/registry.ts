import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { z } from "zod";
import { answerParent } from "../child.ts";
import {
  type BuiltManifest,
  isMoving,
  MANIFEST_TYPE,
  manifestOf,
  pathOf,
  type Population,
  populationSchema,
  tagsOf,
} from "../population.ts";

/*
 * A registry that costs as little as one can: HEAD and GET of manifests out of a map, nothing else, nothing logged. The registry of the
 * tests can misbehave in every way, and is slow.
 */
const tlsFile = (name: string) =>
  readFileSync(new URL(`../../../test/fakes/registry/tls/${name}`, import.meta.url), "utf8");

const KEEP_ALIVE_MS = 60_000;

const manifests = new Map<string, BuiltManifest>();
/** Bodies of lists by URL, made when they are asked for and until something moves. */
const lists = new Map<string, Buffer>();
let population: Population = { repositories: 0, tagsPerRepository: 0 };
let requests = 0;
let connections = 0;

/** By tag and by digest, as URLs name them. */
function keep(path: string, tag: string, moves: number): void {
  const manifest = manifestOf(path, tag, moves);
  manifests.set(`/v2/${path}/manifests/${tag}`, manifest);
  manifests.set(`/v2/${path}/manifests/${manifest.digest}`, manifest);
  lists.clear();
}

/**
 * The tags of a repository with the map of its images, as Google's registries send it; undefined when the URL asks for none.
 *
 * @see go-containerregistry, pkg/v1/google
 */
function listAt(url: string): Buffer | undefined {
  const path = /^\/v2\/(.+)\/tags\/list(?:\?|$)/.exec(url)?.[1];
  if (path === undefined) return undefined;
  const known = lists.get(url);
  if (known !== undefined) return known;
  const tags = tagsOf(population);
  const images = tags.flatMap((tag) => {
    const manifest = manifests.get(`/v2/${path}/manifests/${tag}`);
    if (manifest === undefined) return [];
    const { digest, bytes } = manifest;
    const facts = { imageSizeBytes: String(bytes.byteLength), mediaType: MANIFEST_TYPE };
    return [[digest, { ...facts, tag: [tag], timeCreatedMs: "0", timeUploadedMs: "0" }] as const];
  });
  const list = Buffer.from(
    JSON.stringify({ name: path, tags, manifest: Object.fromEntries(images), child: [] }),
  );
  lists.set(url, list);
  return list;
}

const answer: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
  requests += 1;
  const { url = "" } = request;
  const manifest = manifests.get(url);
  const list = manifest === undefined ? listAt(url) : undefined;
  if (list !== undefined) {
    response.writeHead(200, { "content-type": "application/json", "content-length": list.byteLength });
    response.end(list);
    return;
  }
  if (manifest === undefined) {
    response.writeHead(404, { "content-type": "application/json" });
    response.end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    return;
  }
  response.writeHead(200, {
    "content-type": MANIFEST_TYPE,
    "content-length": manifest.bytes.byteLength,
    "docker-content-digest": manifest.digest,
  });
  response.end(request.method === "HEAD" ? undefined : manifest.bytes);
};

/** Points every tag at its first manifest. */
function restore(): void {
  manifests.clear();
  for (let position = 0; position < population.repositories; position += 1) {
    for (const tag of tagsOf(population)) keep(pathOf(position), tag, 0);
  }
}

async function start(scheme: "http" | "https"): Promise<number> {
  restore();
  const options = { keepAliveTimeout: KEEP_ALIVE_MS };
  const server =
    scheme === "http"
      ? createServer(options, answer)
      : createTlsServer({ ...options, key: tlsFile("key.pem"), cert: tlsFile("cert.pem") }, answer);
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return z.object({ port: z.int() }).parse(server.address()).port;
}

function move(round: number): void {
  const tags = tagsOf(population);
  for (let position = 0; position < population.repositories; position += 1) {
    for (const [index, tag] of tags.entries()) {
      if (isMoving(position * tags.length + index, round)) keep(pathOf(position), tag, round);
    }
  }
}

const questionSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("start"), scheme: z.enum(["http", "https"]), population: populationSchema }),
  z.object({ kind: z.literal("move"), round: z.int().positive() }),
  z.object({ kind: z.literal("restore") }),
  z.object({ kind: z.literal("counts") }),
]);

answerParent(questionSchema, async (question) => {
  switch (question.kind) {
    case "start":
      population = question.population;
      return { port: await start(question.scheme) };
    case "move":
      move(question.round);
      return {};
    case "restore":
      restore();
      return {};
    case "counts":
      return { requests, connections };
    default:
      return question satisfies never;
  }
});
