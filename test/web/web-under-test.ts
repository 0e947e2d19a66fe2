import { DEFAULT_POLICIES } from "../../src/vendor/policies.ts";
import { CodedError } from "../../src/errors.ts";
import type { Store } from "../../src/ports/store.ts";
import { createWeb, type WebOptions } from "../../src/web/app.ts";
import type { Health } from "../../src/web/pages/layout.ts";
import { createFakeStore } from "../fakes/store.ts";
import { fillStore, NOW } from "./sample.ts";

/** How long before its deadline a timer of the tests is due soon. */
export const DUE_SOON_MS = 86_400_000;

/** The pages on this store, at the sample's now. */
export function webOn(store: Store, options: Partial<WebOptions> = {}): ReturnType<typeof createWeb> {
  return createWeb({
    store,
    gate: { states: async () => [] },
    profiles: [],
    policies: DEFAULT_POLICIES,
    clock: { now: async () => NOW },
    metrics: { text: async () => "up 1\n", contentType: "text/plain; version=0.0.4; charset=utf-8" },
    ready: async () => [{ name: "redis" }],
    version: "0.1.0",
    dueSoonMs: DUE_SOON_MS,
    ...options,
  });
}

/** A store with the sample in it. */
export async function filled(): Promise<Store> {
  const store = createFakeStore();
  await fillStore(store);
  return store;
}

/** The markup of a page. */
export async function pageOf(path: string, store: Store, options: Partial<WebOptions> = {}): Promise<string> {
  return (await webOn(store, options).request(path)).text();
}

/** Texts of the rows of one section, tags stripped, spaces folded. */
export function rowsOf(page: string, section: string): readonly string[] {
  const [, rest = ""] = page.split(`aria-labelledby="${section}"`);
  const [table = ""] = rest.split("</section>");
  return table.split("<tr").slice(2).map(textOf);
}

/** The text of markup, which may begin within a tag. */
export function textOf(markup: string): string {
  return `<${markup}`
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Readiness that says this. */
export function readySaying(...health: readonly Health[]): WebOptions["ready"] {
  return async () => health;
}

/** Readiness that cannot be asked. */
export function readyFailing(message: string): WebOptions["ready"] {
  return () => Promise.reject(new Error(message));
}

/** A store whose watches cannot be read. */
export function failingStore(thrown: unknown): Store {
  const fail = (): Promise<never> => Promise.reject(thrown);
  return { ...createFakeStore(), watches: fail, watch: fail };
}

/** A clock that does not answer. */
export const BROKEN_CLOCK: WebOptions["clock"] = {
  now: () => Promise.reject(new CodedError("redis-unavailable", "asking the time: no answer")),
};
