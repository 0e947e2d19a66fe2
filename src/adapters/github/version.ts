import { z } from "zod";
import type { Client } from "./client.ts";
import { parseAnswer } from "./exchange.ts";

const VERSION = z.string().regex(/^\d{1,3}(?:\.\d{1,4}){1,3}$/);
const META = z.object({ installed_version: VERSION.optional() });

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

/** One request. An App may ask for itself alone, and hears it beside the answer, as everybody does. */
async function readVersion({ speaker, exchange }: Client, signal: AbortSignal): Promise<string | undefined> {
  const { octokit, secrets } = speaker.kind === "app" ? speaker.installations.app : speaker.session;
  const question = { operation: "get-version", subject: exchange.host, signal, secrets } as const;
  const { data, headers } = await exchange.send(question, (request) =>
    speaker.kind === "app"
      ? octokit.rest.apps.getAuthenticated({ request })
      : octokit.rest.meta.get({ request }),
  );
  const said = parseAnswer(question, exchange.host, META, data).installed_version;
  return said ?? VERSION.safeParse(headers?.["x-github-enterprise-version"]).data;
}
