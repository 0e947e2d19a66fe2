import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { type Digest, hexOf, shortOf } from "../../image/digest.ts";
import { type ImageLine, renderLine } from "../../image/reference.ts";
import { type Instant, renderInstant, renderMoment, renderSpan } from "../../time.ts";

/** Markup whose values were escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export { html };

/** Nothing at all. */
export const NOTHING: Html = raw("");

const FOREIGN_TEXT_MAX = 400;
/** Controls, and formats that hide or turn text around: zero-width, direction and tag characters, line separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text from outside as a page may show it: at most 400 characters, and what cannot be seen or turns text around is made
 * visible. Escaping is the template's.
 */
export function visible(text: string): string {
  const cut = text.length > FOREIGN_TEXT_MAX ? `${text.slice(0, FOREIGN_TEXT_MAX - 1)}…` : text;
  return cut
    .toWellFormed()
    .replaceAll(INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** What a state is like, for its colour and sign; the words say it too. */
export type Tone = "good" | "busy" | "warn" | "bad" | "idle";

const SIGNS = { good: "✓", busy: "●", warn: "▲", bad: "✕", idle: "○" } as const satisfies Record<
  Tone,
  string
>;

/** A state in words, with a sign and a colour. */
export function renderBadge(tone: Tone, words: string): Html {
  return html`<span class="badge ${tone}"><span aria-hidden="true">${SIGNS[tone]}</span> ${words}</span>`;
}

/** A moment in full. */
export function renderTime(at: Instant): Html {
  return html`<time datetime="${renderInstant(at)}">${renderMoment(at)}</time>`;
}

/** How long ago a moment was, with the moment itself for those who ask. */
export function renderAgo(at: Instant, now: Instant): Html {
  return html`<time datetime="${renderInstant(at)}" title="${renderMoment(at)}">${agoOf(at, now)}</time>`;
}

/** `3 min ago`; what is to come, by clocks that differ, is `just now`. */
export function agoOf(at: Instant, now: Instant): string {
  return now - at < 1_000 ? "just now" : `${renderSpan(now - at)} ago`;
}

/** The first digits of a digest, all of it for those who ask. */
export function renderDigest(digest: Digest): Html {
  return html`<code class="digest" title="${digest}">${shortOf(digest, 12)}</code>`;
}

/** All of a digest, breakable. */
export function renderWholeDigest(digest: Digest): Html {
  return html`<code class="digest"><span class="quiet">sha256:</span>${hexOf(digest)}</code>`;
}

/** The path of the page about an image line. */
export function pathOfLine(line: ImageLine): string {
  const path = renderLine(line).split("/").map(encodeURIComponent).join("/");
  return `/lines/${path.replaceAll("%3A", ":")}`;
}

/** An image line, its last part standing out, linked to its page. */
export function renderLineLink(line: ImageLine): Html {
  const { registry, path } = line.repository;
  const slash = path.lastIndexOf("/") + 1;
  const host = registry === "docker.io" ? "" : `${registry}/`;
  return html`<a class="line" href="${pathOfLine(line)}"
    ><span class="quiet">${visible(host + path.slice(0, slash))}</span>${visible(path.slice(slash))}<span
      class="tag"
      >:${visible(line.tag)}</span
    ></a
  >`;
}

/** A link when the address is one a browser may follow, else the bare words. */
export function renderLink(url: string, words: Html | string): Html {
  const address = URL.parse(url);
  return address?.protocol === "https:" || address?.protocol === "http:"
    ? html`<a href="${address.href}" rel="noreferrer noopener">${words}</a>`
    : html`${words}`;
}

/** A count with its noun, on one line. */
export function renderCount(count: number, one: string, many?: string): Html {
  return html`<span class="short">${countOf(count, one, many)}</span>`;
}

/** `1 place`, `2 places`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
