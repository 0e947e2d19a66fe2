import { createApp } from "./app.ts";
import type { AppOptions } from "./app.ts";
import { createWebhooks, type HookEvent } from "./webhooks.ts";
import type { Edition, World } from "./world.ts";

/** Where the APIs are. That of github.com stands below the root, which is for the pages here. */
export function pathsOf(edition: Edition): { readonly rest: string; readonly graphql: string } {
  if (edition.kind === "cloud") return { rest: "/cloud", graphql: "/cloud/graphql" };
  const { below = "" } = edition;
  return { rest: `${below}/api/v3`, graphql: `${below}/api/graphql` };
}

const TREE_ENTRIES_MAX = 100_000;

/** A world without any repository; it sends no webhooks once the signal is given, and shows each before. */
export function createWorld(
  webUrl: string,
  options: {
    readonly actor?: string;
    readonly app?: AppOptions;
    readonly now?: () => Date;
    readonly treeEntriesMax?: number;
    readonly edition?: Edition;
  },
  { ended, inspect }: { readonly ended: AbortSignal; readonly inspect: (event: HookEvent) => void },
): World {
  const now = options.now ?? (() => new Date());
  const edition = options.edition ?? { kind: "enterprise", version: "3.16.0" };
  const actor = options.actor ?? "hullkeeper-bot";
  let lastId = 1_000;
  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };
  return {
    edition,
    apiUrl: `${webUrl}${pathsOf(edition).rest}`,
    webUrl,
    actor,
    now,
    app: options.app === undefined ? undefined : createApp(options.app, now()),
    treeEntriesMax: options.treeEntriesMax ?? TREE_ENTRIES_MAX,
    repositories: new Map(),
    people: new Set([actor]),
    webhooks: createWebhooks({ nextId, now, ended, inspect }),
    nextId,
  };
}
