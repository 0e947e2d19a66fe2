import { isSameRepository } from "../../image/reference.ts";
import type { Instant } from "../../time.ts";
import { isBackwards, isSameContent } from "../../watch/history.ts";
import { isWhere } from "../../watch/wanted.ts";
import { type Coverage, coverageOf } from "../../watch/coverage.ts";
import { readableName, reasonInWords, type Scan, type ScannedPlace } from "../../watch/scan.ts";
import {
  countOf,
  renderCount,
  type Html,
  html,
  NOTHING,
  renderAgo,
  renderBadge,
  renderDigest,
  renderLineLink,
  visible,
} from "./html.ts";
import { renderNotes } from "./repository-notes.ts";
import { renderTable } from "./table.ts";
import { isAnswered, OBSERVED, type WatchView } from "./watches.ts";

const NOT_READ = "No code repository was read yet.";

type Pin = Extract<ScannedPlace["state"], { kind: "handled" }>;

/** Which code repositories were read, and how much was found in them. */
export function renderScans(scans: readonly Scan[], now: Instant): Html {
  return renderTable({
    id: "code-repositories",
    title: "Code repositories",
    noun: "repository",
    columns: ["Code repository", "Handled", "To be pinned", "Seen only", "Not readable", "Read"],
    rows: scans,
    cellsOf: (scan) => {
      const handled = scan.places.filter(({ state }) => state.kind === "handled").length;
      const unpinned = scan.places.filter(
        ({ state }) => state.kind === "seen" && state.isPinnable === true,
      ).length;
      return [
        html`${visible(`${scan.codeRepository.owner}/${scan.codeRepository.name}`)}
          <small
            >${visible(scan.branch)}
            <code title="${visible(scan.commit)}">${visible(scan.commit.slice(0, 7))}</code></small
          >
          ${renderNotes(scan)}`,
        renderCount(handled, "place"),
        renderCount(unpinned, "place"),
        renderCount(scan.places.length - handled - unpinned, "place"),
        renderSkipped(scan),
        scan.unread === undefined
          ? renderAgo(scan.scannedAt, now)
          : html`<span class="quiet">tried ${renderAgo(scan.unread.at, now)}</span>`,
      ];
    },
    empty: NOT_READ,
  });
}

/** Reasons of one kind of file that are shown. */
const REASONS_MAX = 8;

/** How much of what kind of file is kept up to date, and why the rest is not. */
export function renderCoverage(scans: readonly Scan[]): Html {
  return renderTable({
    id: "coverage",
    title: "Coverage",
    noun: "kind of file",
    columns: ["Kind of file", "Handled", "To be pinned", "Not handled"],
    rows: coverageOf(scans),
    cellsOf: ({ format, handledCount, unpinnedCount, reasons }) => [
      format === undefined ? html`not known` : html`<code>${format}</code>`,
      renderCount(handledCount, "place"),
      renderCount(unpinnedCount, "place"),
      renderReasons(reasons),
    ],
    empty: scans.length === 0 ? NOT_READ : "No place names an image.",
    note: "To be pinned are tags of hardened images without a digest. Whether a pull request adds it is the policy's to say (pin).",
  });
}

function renderReasons(reasons: Coverage["reasons"]): Html {
  if (reasons.length === 0) return html`<span class="quiet">none</span>`;
  const rest = reasons.slice(REASONS_MAX).reduce((sum, { count }) => sum + count, 0);
  return html`<ul class="plain">
    ${reasons.slice(0, REASONS_MAX).map(
      ({ reason, count }) =>
        html`<li>
          ${renderCount(count, "place")} <small>${reasonInWords(reason)}</small>
          <code class="code">${reason}</code>
        </li>`,
    )}
    ${rest === 0 ? NOTHING : html`<li>and ${countOf(rest, "more place")}</li>`}
  </ul>`;
}

function renderSkipped({ skipped }: Scan): Html {
  if (skipped.length === 0) return html`<span class="quiet">none</span>`;
  return html`${renderBadge("warn", countOf(skipped.length, "file"))}
    <ul class="plain">
      ${skipped.slice(0, 5).map(({ path, reason }) => html`<li><small>${visible(path)}: ${visible(reason)}</small></li>`)}
    </ul>`;
}

/** Places that are kept up to date, and how each stands to its tag. */
export function renderHandled(scans: readonly Scan[], watches: readonly WatchView[], now: Instant): Html {
  const rows = scans.flatMap((scan) =>
    scan.places.flatMap((place) =>
      place.state.kind === "handled" ? [{ scan, place, pin: place.state }] : [],
    ),
  );
  return renderTable({
    id: "handled",
    title: "Kept up to date",
    noun: "place",
    columns: ["Place", "Image line", "Pinned digest", "Against the tag"],
    rows,
    cellsOf: ({ scan, place, pin }) => [
      renderPlace(scan, place),
      renderLineLink(pin.line),
      renderDigest(pin.digest),
      renderPin(pin, watches, now),
    ],
    empty: scans.length === 0 ? NOT_READ : "No place pins a digest of an image that a vendor profile claims.",
  });
}

/** How a pinned digest stands to its tag. Only an answered question about a verified digest says "up to date". */
function renderPin({ line, digest, isLeftOut }: Pin, watches: readonly WatchView[], now: Instant): Html {
  const standing = renderStanding({ line, digest }, watches, now);
  if (isLeftOut !== true) return standing;
  return html`${standing} <small>${reasonInWords("left-out")}</small>`;
}

function renderStanding(
  { line, digest }: Pick<Pin, "line" | "digest">,
  watches: readonly WatchView[],
  now: Instant,
): Html {
  const view = watches.find(
    ({ watch }) => watch.line.tag === line.tag && isSameRepository(watch.line.repository, line.repository),
  );
  if (view?.mode === "discontinued") return renderBadge("bad", "service ended");
  const current = view?.watch.history.at(-1);
  if (view === undefined || current === undefined) return renderBadge("idle", "not known yet");
  if (!isAnswered(view.watch, now)) {
    const why =
      view.watch.missing === undefined ? "the tag could not be asked about" : "there is no such tag";
    return html`${renderBadge("idle", "not known")} <small>${why}</small>`;
  }
  const isVerified = view.verdict?.verdict.kind === "verified";
  if (isWhere(digest, { digest: current.digest, shape: view.verdict?.shape })) {
    if (isBackwards(view.watch.history)) {
      const isDoubt = current.doubt !== undefined;
      const why = isDoubt ? "the tag may have moved backwards" : "the tag moved backwards";
      return html`${renderBadge("idle", "same as the tag")} <small>${why}</small>`;
    }
    return isVerified
      ? renderBadge("good", "up to date")
      : html`${renderBadge("idle", "same as the tag")} <small>the digest is not verified</small>`;
  }
  if (isSameContent(view.watch.history, digest, current.digest)) {
    return html`${renderBadge("idle", "same images")} <small>only what is attached to them changed</small>`;
  }
  if (view.mode === "observed") return html`${renderBadge("idle", "behind")} ${OBSERVED}`;
  return isVerified
    ? html`${renderBadge("busy", "behind")} <small>the new digest is verified</small>`
    : html`${renderBadge("warn", "behind")} <small>the new digest is not verified</small>`;
}

/** Places that name an image and are not kept up to date, with the reason. */
export function renderSeen(scans: readonly Scan[]): Html {
  const rows = scans.flatMap((scan) =>
    scan.places.flatMap((place) => (place.state.kind === "seen" ? [{ scan, place, seen: place.state }] : [])),
  );
  return renderTable({
    id: "seen",
    title: "Seen, not handled",
    noun: "place",
    columns: ["Place", "Names", "Why not"],
    rows,
    cellsOf: ({ scan, place, seen }) => [
      renderPlace(scan, place),
      html`<code class="raw">${visible(place.raw)}</code>`,
      html`${reasonInWords(seen.reason)}
        <code class="code">${seen.reason}</code>
        ${seen.notice === undefined ? NOTHING : html`<small>${visible(seen.notice)}</small>`}`,
    ],
    empty: scans.length === 0 ? NOT_READ : "Every place that names an image is handled.",
  });
}

function renderPlace(scan: Scan, { path, line }: ScannedPlace): Html {
  return html`${visible(path)}:${line} <small>${nameOf(scan)}</small>`;
}

function nameOf(scan: Scan): string {
  return visible(readableName(scan));
}
