import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { readBody, sendAnswer } from "../../../fakes/github/http.ts";

/** Stands in front of a server that leaves out of its answer on a branch what GitHub's description demands: the commit at its head. */
export interface Mender {
  readonly url: string;
  close(): Promise<void>;
}

const BRANCH_PATH = /^\/repos\/[^/]+\/[^/]+\/branches\/[^?]+$/;
const BRANCH = z.looseObject({ commit: z.looseObject({ sha: z.string(), commit: z.unknown().optional() }) });
/** Headers that are about one connection, or about a body that is sent anew. */
const OWN = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "host",
  "keep-alive",
  "transfer-encoding",
]);

/** Passes everything on, and completes answers on branches by what the same server says of the commit. */
export async function startMender(target: string): Promise<Mender> {
  const server = createServer((request, response) => {
    pass(target, request, response).catch((thrown: unknown) => {
      response.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

async function pass(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? "GET";
  const path = request.url ?? "/";
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" && !OWN.has(name) ? [[name, value]] : [],
  );
  const body = await readBody(request);
  const answer = await fetch(`${target}${path}`, {
    method,
    headers,
    redirect: "manual",
    ...(body === "" ? {} : { body }),
  });
  const text = await answer.text();
  const isBranch = method === "GET" && answer.ok && BRANCH_PATH.test(path);
  const sent = isBranch ? await mended(target, { path, headers, text }) : text;
  sendAnswer(response, {
    status: answer.status,
    headers: Object.fromEntries([...answer.headers].filter(([name]) => !OWN.has(name))),
    body: sent === "" ? undefined : sent,
  });
}

async function mended(
  target: string,
  {
    path,
    headers,
    text,
  }: { readonly path: string; readonly headers: [string, string][]; readonly text: string },
): Promise<string> {
  const branch = BRANCH.parse(JSON.parse(text));
  if (branch.commit.commit !== undefined) return text;
  const repository = path.slice(0, path.indexOf("/branches/"));
  const whole = await fetch(`${target}${repository}/commits/${branch.commit.sha}`, { headers });
  return JSON.stringify({ ...branch, commit: await whole.json() });
}
