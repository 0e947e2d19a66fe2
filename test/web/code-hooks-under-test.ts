import { createHmac } from "node:crypto";
import type { LogFields } from "../../src/ports/log.ts";
import type { ProposalRecord } from "../../src/ports/store.ts";
import { Secret } from "../../src/secret.ts";
import { instantOf, later, HOUR_MS } from "../../src/time.ts";
import { DEFAULT_POLICIES } from "../../src/vendor/policies.ts";
import { createWeb, type WebOptions } from "../../src/web/app.ts";
import type { CodeHookOptions } from "../../src/web/code-hooks.ts";
import { bytesOf } from "../code-events/payloads.ts";
import { createFakeStore, type FakeStore } from "../fakes/store.ts";

export const NOW = instantOf(Date.UTC(2026, 10, 28, 12));
export const SECRET = "a webhook secret of the tests";
export const PATH = "/hooks/code-host";
export const GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
export const SHOP = { owner: "acme", name: "shop" };
export const KEY = { codeRepository: SHOP, baseBranch: "main", group: "bellsoft" };
export const DISCOVER = { kind: "discover", codeRepository: SHOP } as const;
export const PROPOSE = { kind: "propose", proposal: KEY } as const;

/** The receiver as it stands in the pages, and what came of calls to it. */
export interface CodeHooksUnderTest {
  readonly app: ReturnType<typeof createWeb>;
  readonly store: FakeStore;
  readonly counted: readonly string[];
  readonly logged: readonly (LogFields & { readonly level: string; readonly message: string })[];
  readonly faults: readonly { readonly thrown: unknown; readonly path: string }[];
  /** What is due now. */
  due(): Promise<readonly unknown[]>;
}

/** One code repository that is read, with an open pull request. */
export async function codeHooksOn(
  options: Partial<CodeHookOptions> &
    Partial<Pick<WebOptions, "clock">> & { readonly wrap?: (store: FakeStore) => WebOptions["store"] } = {},
): Promise<CodeHooksUnderTest> {
  const store = createFakeStore();
  await store.saveScan({
    codeRepository: SHOP,
    branch: "main",
    commit: "c".repeat(40),
    scannedAt: NOW,
    places: [],
    skipped: [],
  });
  await store.saveProposal(PROPOSAL);
  await store.schedule(DISCOVER, later(NOW, HOUR_MS), "set");
  await store.schedule(PROPOSE, later(NOW, HOUR_MS), "set");
  const counted: string[] = [];
  const logged: (LogFields & { level: string; message: string })[] = [];
  const faults: { thrown: unknown; path: string }[] = [];
  const { clock, wrap = (same) => same, ...rest } = options;
  const at = (level: string) => (fields: LogFields, message: string) => {
    logged.push({ ...fields, level, message });
  };
  const app = createWeb({
    store: wrap(store),
    clock: clock ?? { now: async () => NOW },
    gate: { states: async () => [] },
    profiles: [],
    policies: DEFAULT_POLICIES,
    metrics: { text: async () => "", contentType: "text/plain" },
    ready: async () => [],
    version: "0",
    dueSoonMs: 1,
    onFault: (thrown, path) => faults.push({ thrown, path }),
    codeHooks: {
      secret: new Secret(SECRET),
      isWanted: (path) => path.endsWith("Dockerfile"),
      metrics: { webhook: ({ event, outcome }) => counted.push(`${event} ${outcome}`) },
      log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
      monotonicMs: () => 0,
      ...rest,
    },
  });
  return { app, store, counted, logged, faults, due: () => store.claimDue(NOW, HOUR_MS, 100) };
}

/** The pull request of {@link SHOP}. */
export const PROPOSAL: ProposalRecord = {
  ...KEY,
  branch: "hullkeeper/bellsoft",
  number: 7,
  url: "https://github.example/acme/shop/pull/7",
  title: "title",
  state: "open",
  headCommit: "c".repeat(40),
  contentHash: "h",
  updates: [],
  openedAt: NOW,
  checkedAt: later(NOW, -1_000),
};

/** A call as GitHub makes it; headers may be replaced, or taken away by undefined. */
export function callOf(
  event: string,
  payload: unknown,
  headers: Readonly<Record<string, string | undefined>> = {},
): RequestInit & { readonly headers: Headers; readonly body: Uint8Array<ArrayBuffer> } {
  const body = new Uint8Array(bytesOf(payload));
  const all = {
    accept: "*/*",
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/abc1234",
    "x-github-delivery": GUID,
    "x-github-event": event,
    "x-github-hook-id": "292430182",
    "x-github-hook-installation-target-id": "4711",
    "x-github-hook-installation-target-type": "integration",
    "x-hub-signature": `sha1=${createHmac("sha1", SECRET).update(body).digest("hex")}`,
    "x-hub-signature-256": signatureOf(body),
    ...headers,
  };
  const given = Object.entries(all).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return { method: "POST", headers: new Headers(given), body };
}

/** What GitHub would sign a body with. */
export function signatureOf(body: Uint8Array, secret = SECRET): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}
