import { type Html, html, visible } from "./html.ts";

/** What a reader sees when there is no page: what it was, why, and where to go on. */
export function renderFault(fault: { readonly title: string; readonly reason: string }): Html {
  return html`<nav aria-label="Breadcrumb"><a href="/">Overview</a></nav>
    <h1>${visible(fault.title)}</h1>
    <p class="lead">${visible(fault.reason)}</p>`;
}
