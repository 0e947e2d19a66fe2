import { type Instant, renderInstant } from "../../time.ts";
import { countOf, type Html, html, NOTHING, visible } from "./html.ts";

/** A part that readiness asks about, and what is wrong with it, if anything is. */
export interface Health {
  readonly name: string;
  readonly fault?: string;
}

/** What stands around every page. */
export interface Frame {
  readonly title: string;
  /** Absent when the clock could not be asked. */
  readonly now?: Instant;
  readonly version: string;
  /** Paths of the style sheet and the mark. */
  readonly assets: { readonly style: string; readonly icon: string };
  readonly health: readonly Health[];
  /** How often the page asks again by itself; absent for one that does not. */
  readonly refresh?: { readonly everySeconds: number; readonly pausePath: string };
  /** Where a reader who paused it goes on. */
  readonly resumePath?: string;
}

/** A whole document. */
export function renderPage(frame: Frame, body: Html): Html {
  const { title, version, assets, refresh } = frame;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        ${
          refresh === undefined
            ? NOTHING
            : html`<meta http-equiv="refresh" content="${refresh.everySeconds}" />`
        }
        <title>${visible(title)} · Hullkeeper</title>
        <link rel="icon" type="image/svg+xml" href="${assets.icon}" />
        <link rel="stylesheet" href="${assets.style}" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header>
          <a class="brand" href="/"><img src="${assets.icon}" alt="" width="32" height="32" /> Hullkeeper</a>
          <p class="asof">${renderAsOf(frame)}</p>
        </header>
        <main id="main">${renderHealth(frame.health)} ${body}</main>
        <footer>
          <p>
            Hullkeeper ${version} · <a href="/compliance">compliance</a> ·
            <a href="/trust">distrust, approvals, declined</a> · <a href="/metrics">metrics</a> ·
            <a href="/readyz">readiness</a> · all times in UTC
          </p>
        </footer>
      </body>
    </html>`;
}

function renderAsOf({ now, refresh, resumePath }: Frame): Html {
  if (now === undefined) return NOTHING;
  const state = html`<time datetime="${renderInstant(now)}"
    >as of ${renderInstant(now).slice(11, 19)} UTC</time
  >`;
  if (refresh !== undefined) {
    return html`${state} · every ${refresh.everySeconds} s · <a href="${refresh.pausePath}">pause</a>`;
  }
  return resumePath === undefined ? state : html`${state} · paused · <a href="${resumePath}">resume</a>`;
}

function renderHealth(health: readonly Health[]): Html {
  const faults = health.flatMap(({ name, fault }) => (fault === undefined ? [] : [{ name, fault }]));
  if (faults.length === 0) return NOTHING;
  return html`<div class="alarm" role="alert">
    <p><strong>Not ready:</strong> ${countOf(faults.length, "part")} of this process cannot do its work.</p>
    <ul>
      ${faults.map(({ name, fault }) => html`<li><b>${visible(name)}</b>: ${visible(fault)}</li>`)}
    </ul>
  </div>`;
}
