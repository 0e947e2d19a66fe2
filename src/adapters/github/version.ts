import { z } from "zod";
import type { Client } from "./client.ts";
import { parseAnswer } from "./exchange.ts";

const META = z.object({
  installed_version: z
    .string()
    .regex(/^\d{1,3}(?:\.\d{1,4}){1,3}$/)
    .optional(),
});

/** The version of a GitHub Enterprise Server; undefined for github.com, which has none. @throws {CodedError} `code-host-*` */
export type ReadVersion = (signal: AbortSignal) => Promise<string | undefined>;

/** Asks once: what was answered is kept as long as the process lives. */
export function createReadVersion(client: Client): ReadVersion {
  let known: { readonly version: string | undefined } | undefined;
  return async (signal) => {
    known ??= { version: await readVersion(client, signal) };
    return known.version;
  };
}

/** One request. An App asks as itself: there it is about no repository. */
async function readVersion({ speaker, exchange }: Client, signal: AbortSignal): Promise<string | undefined> {
  const { octokit, secrets } = speaker.kind === "app" ? speaker.installations.app : speaker.session;
  const question = { operation: "get-version", subject: exchange.host, signal, secrets } as const;
  const { data } = await exchange.send(question, (request) => octokit.rest.meta.get({ request }));
  return parseAnswer(question, exchange.host, META, data).installed_version;
}
