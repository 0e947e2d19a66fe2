import type { JobFailure } from "../adapters/queue/queues.ts";
import { shortOf } from "../image/digest.ts";
import { familiarNameOf, type ImageLine } from "../image/reference.ts";
import type { ProposalRecord, Store, WatchState } from "../ports/store.ts";
import { renderMoment } from "../time.ts";
import type { Verdict } from "../trust/verdict.ts";
import { printable } from "./printable.ts";
import type { BranchListing } from "../ports/repositories.ts";
import { branchesInWords } from "../vendor/base-branches.ts";
import { faultInWords } from "../watch/own-faults.ts";
import { readableName, reasonInWords, type Scan } from "../watch/scan.ts";

/** What a pass found and did. */
export interface PassResult {
  readonly store: Store;
  readonly failures: readonly JobFailure[];
  /** Jobs that were not done when the pass ended. */
  readonly left: number;
}

/** A pass in words: repositories, images, pull requests, failures. Ends in one line of totals. */
export async function renderSummary({ store, failures, left }: PassResult): Promise<string> {
  const scans = (await store.scans()).filter(
    ({ places, skipped, own, unread }) =>
      unread !== undefined || places.length + skipped.length + (own?.faults.length ?? 0) > 0,
  );
  const watches = await store.watches();
  const proposals = (await store.proposals()).filter(({ state }) => state === "open");
  const lines = [
    ...scans.flatMap(scanLines),
    ...(await store.branchListings()).flatMap(branchLines),
    ...(await Promise.all(watches.map((watch) => watchLine(watch, store)))),
    ...proposals.map(proposalLine),
    ...failures.map(({ queue, job, reason }) => `failed: ${queue} ${job}\n  ${printable(reason)}`),
    ...(left === 0 ? [] : [`not finished: ${left} jobs; they go on at the next pass`]),
  ];
  const totals = [
    `${watches.length} image lines watched`,
    `${proposals.length} pull requests open`,
    `${failures.length} failures`,
  ];
  return `${[...lines, totals.join(", ")].join("\n")}\n`;
}

function scanLines(scan: Scan): readonly string[] {
  const { branch, places, skipped, own, unread } = scan;
  const name = printable(readableName(scan));
  const { owner, name: repository } = scan.codeRepository;
  return [
    ...(unread === undefined
      ? []
      : [
          `${owner}/${repository} ${printable(branch)}\n  cannot be read: ${printable(unread.reason)}; what was known before holds`,
        ]),
    ...places.map(({ path, line, raw, state }) => {
      const isLeftOut = state.kind === "handled" && state.isLeftOut === true;
      const standing = isLeftOut ? `watched; ${reasonInWords("left-out")}` : "watched";
      const what = state.kind === "handled" ? standing : reasonInWords(state.reason);
      return `${name} ${printable(path)}:${line}  ${printable(raw)}\n  ${what}`;
    }),
    ...skipped.map(({ path, reason }) => `${name} ${printable(path)}\n  not read: ${printable(reason)}`),
    ...(own?.faults ?? []).map(
      (fault) => `${name} ${own?.path ?? ""}\n  refused: ${printable(faultInWords(fault))}`,
    ),
  ];
}

function branchLines(listing: BranchListing): readonly string[] {
  const { owner, name } = listing.codeRepository;
  const words = branchesInWords(listing);
  return words === undefined ? [] : [`${owner}/${name}\n  not all branches are read: ${printable(words)}`];
}

async function watchLine({ line, history, failure }: WatchState, store: Store): Promise<string> {
  const current = history.at(-1);
  const asked =
    failure === undefined ? "" : `\n  could not ask: ${failure.code}: ${printable(failure.message)}`;
  if (current === undefined) return `${nameOf(line)}${asked === "" ? "\n  not asked yet" : asked}`;
  const record = await store.verdict({ repository: line.repository, digest: current.digest });
  return `${nameOf(line)} → ${shortOf(current.digest)}\n  ${record === undefined ? "not verified yet" : verdictInWords(record.verdict)}${asked}`;
}

function proposalLine({ codeRepository, number, title, url, dueAt }: ProposalRecord): string {
  return `${codeRepository.owner}/${codeRepository.name}#${number}  ${title}\n  ${dueAt === undefined ? "no deadline" : `merge by ${renderMoment(dueAt)}`}  ${url}`;
}

function verdictInWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case "verified":
      return [
        `verified: signed by ${verdict.signers.map(({ name }) => name).join(", ")}`,
        ...verdict.insecure.map((sentence) => `WEAKENED by configuration: ${printable(sentence)}`),
      ].join("\n  ");
    case "rejected":
      return `rejected: ${verdict.reason}: ${verdict.detail}`;
    case "awaiting-evidence":
      return `awaiting evidence: no ${verdict.missing} yet; not proposed`;
    case "unverifiable":
      return `unverifiable: ${verdict.reason}`;
    default:
      return verdict satisfies never;
  }
}

function nameOf({ repository, tag }: ImageLine): string {
  return `${familiarNameOf(repository)}:${tag}`;
}
