import { labelsOf } from "./pull-shapes.ts";
import { newestStatuses } from "./status-routes.ts";
import type { PullState, RepositoryState, World } from "./world.ts";

/** Pages for people who look at a demo: data to HTML, everything escaped, no script. */

const DIFF_LENGTH_MAX = 500_000;

/** Sent with every page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
};

export const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
pre { background: #f6f8fa; border: 1px solid #d1d9e0; border-radius: 6px; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; } td, th { border: 1px solid #d1d9e0; padding: .3rem .7rem; text-align: left; }
.open { color: #1a7f37; } .merged { color: #8250df; } .closed { color: #cf222e; }
.label { border: 1px solid #d1d9e0; border-radius: 1rem; padding: .1rem .6rem; margin-right: .3rem; }
form { display: inline; } button { font: inherit; padding: .3rem .9rem; }
`;

/** All repositories with their pull requests. */
export function renderIndexPage(world: World): string {
  const sections = [...world.repositories.values()].map(
    (repository) =>
      `<h2>${escapeHtml(`${repository.owner}/${repository.name}`)}</h2>${renderList(repository)}`,
  );
  return renderDocument("Code repositories", sections.join("\n") || "<p>There is no repository yet.</p>");
}

/** One pull request: what it says, what was checked, what it changes. */
export async function renderPullPage(repository: RepositoryState, pull: PullState): Promise<string> {
  const diff = await repository.git.diff(pull.baseCommit, pull.headCommit);
  const state = stateOf(pull);
  const labels = labelsOf(repository, pull).map(
    ({ name }) => `<span class="label">${escapeHtml(name)}</span>`,
  );
  const statuses = newestStatuses(repository, pull.headCommit).map(
    (status) =>
      `<tr><td>${escapeHtml(status.context)}</td><td>${escapeHtml(status.state)}</td>` +
      `<td>${escapeHtml(status.description ?? "")}</td></tr>`,
  );
  const branches = `${pull.headBranch} → ${pull.baseBranch}`;
  return renderDocument(
    `${pull.title} · #${pull.number}`,
    [
      `<p><a href="/">All repositories</a></p>`,
      `<p><strong class="${state}">${state}</strong> · ${escapeHtml(branches)} · <code>${pull.headCommit}</code></p>`,
      `<p>${labels.join("")}</p>`,
      pull.state === "open" ? renderControls(repository, pull) : "",
      `<h2>Statuses</h2>`,
      statuses.length === 0 ? "<p>None.</p>" : `<table>${statuses.join("")}</table>`,
      `<h2>Text</h2><pre>${escapeHtml(pull.body ?? "")}</pre>`,
      `<h2>Changes</h2><pre>${escapeHtml(diff.slice(0, DIFF_LENGTH_MAX))}</pre>`,
    ].join("\n"),
  );
}

/** As on GitHub's pages. */
export function stateOf(pull: PullState): "open" | "closed" | "merged" {
  return pull.mergedAt === undefined ? pull.state : "merged";
}

function renderList(repository: RepositoryState): string {
  const rows = repository.pulls.toReversed().map((pull) => {
    const state = stateOf(pull);
    const link = `<a href="${pathOf(repository, pull)}">${escapeHtml(pull.title)}</a>`;
    return `<li>#${pull.number} <strong class="${state}">${state}</strong> ${link}</li>`;
  });
  return rows.length === 0 ? "<p>No pull request.</p>" : `<ul>${rows.join("")}</ul>`;
}

function renderControls(repository: RepositoryState, pull: PullState): string {
  const path = pathOf(repository, pull);
  return (
    `<form method="post" action="${path}/merge"><button>Merge</button></form> ` +
    `<form method="post" action="${path}/close"><button>Close</button></form>`
  );
}

function pathOf({ owner, name }: RepositoryState, { number }: PullState): string {
  return `/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/pull/${number}`;
}

function renderDocument(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(title)}</title><link rel="stylesheet" href="/style.css"></head>
<body>
<p><em>A stand-in for GitHub on this machine. Nothing here reached github.com.</em></p>
<h1>${escapeHtml(title)}</h1>
${content}
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
