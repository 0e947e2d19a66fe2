import { createServer, type IncomingMessage } from "node:http";
import { onTestFinished } from "vitest";
import { z } from "zod";
import type { EventReading } from "../../../../src/code-events/event.ts";
import { readCodeEvent } from "../../../../src/code-events/read.ts";
import { isSigned } from "../../../../src/push/proof.ts";
import { Secret } from "../../../../src/secret.ts";
import type { WebhookTarget } from "./opinion.ts";

/** A webhook as it came, and as the product reads it. */
export interface Heard {
  /** With its action, where it has one: `pull_request.closed`. */
  readonly name: string;
  readonly id: string;
  readonly isSigned: boolean;
  readonly reading: EventReading;
}

/** Takes webhooks as the product does. */
export interface Receiver {
  readonly target: WebhookTarget;
  /** The next one of this name. */
  next(name: string): Promise<Heard>;
}

const ACTION = z.object({ action: z.string().optional() });
const SECRET = new Secret("a webhook secret of the tests");
const PROOF = { kind: "hmac", headers: ["x-hub-signature-256"], key: SECRET } as const;

/** A receiver on loopback; it ends with the test. */
export async function startReceiver(): Promise<Receiver> {
  const waiting = new Map<string, (heard: Heard) => void>();
  const server = createServer((request, response) => {
    const take = async (): Promise<void> => {
      const heard = await heardIn(request);
      response.writeHead(202).end();
      waiting.get(heard.name)?.(heard);
    };
    take().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    target: { url: `http://127.0.0.1:${address.port}/hooks/code-host`, secret: SECRET.reveal() },
    next: async (name) =>
      new Promise((resolve) => {
        waiting.set(name, resolve);
      }),
  };
}

async function heardIn(request: IncomingMessage): Promise<Heard> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  const headers = new Headers(
    Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const event = headers.get("x-github-event") ?? "";
  const { action } = ACTION.parse(JSON.parse(body.toString("utf8")));
  return {
    name: action === undefined ? event : `${event}.${action}`,
    id: headers.get("x-github-delivery") ?? "",
    isSigned: isSigned(PROOF, headers, body),
    reading: readCodeEvent(event, body),
  };
}
