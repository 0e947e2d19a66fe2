import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { CodedError, InvalidInputError, messageOf } from "../errors.ts";
import { type ImageLine, parseReference, renderLine } from "../image/reference.ts";
import type { Clock } from "../ports/clock.ts";
import type { TrustRootKeeper } from "../ports/trust-roots.ts";
import { type Asset, readAssets } from "./assets.ts";
import { type CodeHookOptions, createCodeHooks } from "./code-hooks.ts";
import { createHooks, type PushOptions } from "./hooks.ts";
import { clocksOfAll } from "../steps/obligations.ts";
import { readCompliance } from "./compliance.ts";
import { obligationsCsv, obligationsJson, streamOf } from "./export.ts";
import { renderCompliancePage } from "./pages/compliance.ts";
import { renderFault } from "./pages/fault.ts";
import type { Html } from "./pages/html.ts";
import { type Frame, type Health, renderPage } from "./pages/layout.ts";
import { renderLinePage } from "./pages/line.ts";
import { renderOverview } from "./pages/overview.ts";
import { renderTrustPage } from "./pages/trust.ts";
import { type PageSources, readLine, readOverview, readTrust } from "./read.ts";

/** What the pages are made from. */
export interface WebOptions extends PageSources {
  /** Those of this process; without it none is shown. */
  readonly trustRoots?: Pick<TrustRootKeeper, "states">;
  readonly clock: Clock;
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
  /** What this process needs, each part with its fault if it has one. */
  readonly ready: () => Promise<readonly Health[]>;
  readonly version: string;
  /** Where registries tell of pushes; without it nobody can. */
  readonly push?: PushOptions;
  /** Where the code host tells of pushes, pull requests and installations; without it, it cannot. */
  readonly codeHooks?: CodeHookOptions;
  /** Told of everything that ended in an error page. The path never holds a secret. */
  readonly onFault?: (thrown: unknown, path: string) => void;
}

/** How often the overview asks again by itself. */
const REFRESH_SECONDS = 5;
/** How long a request waits for the parts to say whether they are ready. */
const READY_TIMEOUT_MS = 2_000;

/** Nothing but our own style sheet and images: foreign text that slips through escaping can load and run nothing. */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  formAction: ["'none'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

const HOOKS_PATH = "/hooks";
const CODE_HOOKS_PATH = `${HOOKS_PATH}/code-host`;

/**
 * The pages, what probes and Prometheus ask for, and the receiver of pushes. Only the last of them changes anything: when a watched
 * repository is looked at.
 */
export function createWeb(options: WebOptions): Hono {
  const { store, clock } = options;
  const assets = readAssets();
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
      xFrameOptions: "DENY",
      permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
      // Whoever ends TLS in front of us decides for the whole domain.
      strictTransportSecurity: false,
    }),
  );
  const frameOf = (frame: Pick<Frame, "title"> & Partial<Frame>): Frame => ({
    version: options.version,
    assets: { style: assets.style.path, icon: assets.icon.path },
    health: [],
    ...frame,
  });

  app.get("/", async (context) => {
    const health = await healthOf(options.ready);
    const now = await clock.now();
    const trustRoots = options.trustRoots?.states() ?? [];
    const data = { ...(await readOverview(options, now)), trustRoots };
    const refresh =
      context.req.query("refresh") === "off"
        ? { resumePath: "/" }
        : { refresh: { everySeconds: REFRESH_SECONDS, pausePath: "/?refresh=off" } };
    return page(context, frameOf({ title: "Overview", now, health, ...refresh }), renderOverview(data));
  });

  app.get("/lines/:reference{.+}", async (context) => {
    const line = lineOf(context.req.param("reference"));
    if (line === undefined) return context.notFound();
    const now = await clock.now();
    const data = await readLine(options, line, now);
    return data === undefined
      ? context.notFound()
      : page(context, frameOf({ title: renderLine(line), now }), renderLinePage(data));
  });

  app.get("/trust", async (context) => {
    const now = await clock.now();
    const data = await readTrust(options, now);
    return page(
      context,
      frameOf({ title: "Distrust, approvals and declined digests", now }),
      renderTrustPage(data),
    );
  });

  app.get("/compliance", async (context) => {
    const now = await clock.now();
    const data = await readCompliance(clocksOfAll(options, now), now);
    return page(context, frameOf({ title: "Compliance", now }), renderCompliancePage(data));
  });

  addExports(app, options);
  addProbes(app, options);
  const onFault = (thrown: unknown): void => options.onFault?.(thrown, HOOKS_PATH);
  if (options.codeHooks !== undefined) {
    app.route(CODE_HOOKS_PATH, createCodeHooks({ ...options.codeHooks, store, clock }, onFault));
  }
  if (options.push !== undefined) {
    app.route(HOOKS_PATH, createHooks({ ...options.push, store, clock }, onFault));
  }
  for (const asset of [assets.style, assets.icon]) {
    app.get(asset.route, (context) => sendAsset(context, asset));
  }

  app.notFound((context) => {
    const reason = "Nothing is here. An image line has a page once a code repository uses it.";
    return page(context, frameOf({ title: "Not found" }), renderFault({ title: "Not found", reason }), 404);
  });
  app.onError((thrown, context) => {
    options.onFault?.(thrown, pathToTell(context.req.path));
    const fault = faultOf(thrown);
    return page(context, frameOf({ title: fault.title }), renderFault(fault), fault.status);
  });
  return app;
}

/** The path as it may stand in the log: that of a hook holds its secret. */
function pathToTell(path: string): string {
  return path.startsWith(HOOKS_PATH) ? HOOKS_PATH : path;
}

/** Read as it is sent: what there is need not fit into memory. What fails on the way cuts the connection, so that no half passes for all. */
function addExports(app: Hono, options: WebOptions): void {
  const { store, clock, onFault } = options;
  const send = async (context: Context, type: string, pieces: AsyncIterable<string>): Promise<Response> => {
    const { path } = context.req;
    // While nothing was sent, a store that does not answer can still be told of by the status.
    await store.targets();
    context.header("Cache-Control", "no-store");
    context.header("Content-Disposition", `attachment; filename="${path.slice(1)}"`);
    const told = (thrown: unknown): void => onFault?.(thrown, path);
    return context.body(streamOf(pieces, told), 200, { "Content-Type": type });
  };
  app.get("/obligations.json", async (context) => {
    const now = await clock.now();
    const pieces = obligationsJson(clocksOfAll(options, now), store, now);
    return send(context, "application/json; charset=utf-8", pieces);
  });
  app.get("/obligations.csv", async (context) => {
    const pieces = obligationsCsv(clocksOfAll(options, await clock.now()));
    return send(context, "text/csv; charset=utf-8; header=present", pieces);
  });
}

function addProbes(app: Hono, { ready, metrics, version }: WebOptions): void {
  app.get("/healthz", (context) => {
    context.header("Cache-Control", "no-store");
    return context.json({ alive: true, version });
  });
  app.get("/readyz", async (context) => {
    const health = await healthOf(ready);
    const faults = health.filter(({ fault }) => fault !== undefined);
    context.header("Cache-Control", "no-store");
    return context.json(
      { ready: faults.length === 0, faults, parts: health.map(({ name }) => name) },
      faults.length === 0 ? 200 : 503,
    );
  });
  app.get("/metrics", async (context) => {
    context.header("Cache-Control", "no-store");
    return context.body(await metrics.text(), 200, { "Content-Type": metrics.contentType });
  });
}

function page(
  context: Context,
  frame: Frame,
  body: Html,
  status: 200 | 404 | 500 | 503 = 200,
): Response | Promise<Response> {
  context.header("Cache-Control", "no-store");
  return context.html(renderPage(frame, body), status);
}

function sendAsset(context: Context, asset: Asset): Response {
  const isNamedByContent = `${asset.route}?v=${context.req.query("v") ?? ""}` === asset.path;
  context.header("Cache-Control", isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache");
  context.header("ETag", asset.etag);
  if (context.req.header("If-None-Match") === asset.etag) return context.body(null, 304);
  return context.body(asset.text, 200, { "Content-Type": asset.contentType });
}

/** The image line that a path names; undefined for anything else. */
function lineOf(text: string): ImageLine | undefined {
  try {
    const { repository, tag, digest } = parseReference(text);
    return tag === undefined || digest !== undefined ? undefined : { repository, tag };
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return undefined;
    throw thrown;
  }
}

/** Whether each part is ready. A question without an answer is a fault, too. */
async function healthOf(ready: WebOptions["ready"]): Promise<readonly Health[]> {
  const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
  const late = new Promise<readonly Health[]>((resolve) => {
    const fault = `no answer in ${READY_TIMEOUT_MS / 1_000} s`;
    signal.addEventListener("abort", () => resolve([{ name: "readiness", fault }]), { once: true });
  });
  try {
    return await Promise.race([ready(), late]);
  } catch (thrown) {
    return [{ name: "readiness", fault: messageOf(thrown) }];
  }
}

/** What to tell a reader. Only messages of ours are shown: others may hold anything. */
function faultOf(thrown: unknown): {
  readonly title: string;
  readonly reason: string;
  readonly status: 500 | 503;
} {
  if (!(thrown instanceof CodedError)) {
    return { title: "This page failed", reason: "The reason is in the log of this process.", status: 500 };
  }
  const reason = `${thrown.message} (${thrown.code})`;
  return thrown.transient
    ? { title: "Could not ask", reason, status: 503 }
    : { title: "This page failed", reason, status: 500 };
}
