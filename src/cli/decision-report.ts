import { type Digest, shortOf } from "../image/digest.ts";
import { type ImageLine, renderImage, renderLine } from "../image/reference.ts";
import type { ApprovalRecord, DistrustRecord } from "../ports/operators.ts";
import type { ProposalRecord, WatchState } from "../ports/store.ts";
import type { AffectedImage } from "../steps/affected.ts";
import type { Outcome } from "../steps/decisions.ts";
import type { Use } from "../steps/in-use.ts";
import { renderMoment } from "../time.ts";
import { distrustId, type DistrustSubject } from "../trust/distrust.ts";
import type { Distrust } from "../trust/policy.ts";
import { renderFingerprint } from "../trust/signer.ts";
import { printable } from "./printable.ts";

/** Users of one digest that are listed; the pages list all. */
const USES_MAX = 200;

/** A subject as people write it. */
export function renderSubject(subject: DistrustSubject): string {
  switch (subject.kind) {
    case "key":
      return `key ${renderFingerprint(subject)}`;
    case "identity":
      return `identity ${printable(subject.issuer)} ${printable(subject.subject)}`;
    case "certificate":
      return `certificate ${printable(subject.root)} ${printable(subject.subject)}`;
    case "digest":
      return `digest ${subject.digest}`;
    default:
      return subject satisfies never;
  }
}

/** Everything that is distrusted: what was said here, then what the configuration says beside. */
export function renderDistrusted(records: readonly DistrustRecord[], configured: Distrust): string {
  const here = records.map(
    ({ subject, by, reason, at }) =>
      `${renderSubject(subject)}\n  ${printable(reason)} (${printable(by)}, ${renderMoment(at)})\n`,
  );
  const known = new Set(records.map(({ subject }) => distrustId(subject)));
  const others = [...configured.signers, ...configured.digests.map((digest) => `digest ${digest}`)]
    .filter((id) => !known.has(id))
    .map((id) => `${printable(id)}\n  by the configuration\n`);
  const all = [...here, ...others];
  return all.length === 0 ? "Nothing is distrusted.\n" : all.join("");
}

/** Which digests in use are affected, and who uses them. */
export function renderAffected(affected: readonly AffectedImage[]): string {
  if (affected.length === 0) return "Affected: nothing that is in use, as far as verdicts are known.\n";
  const images = affected.map(({ image, uses }) => {
    const lines = uses.slice(0, USES_MAX).map((use) => `  ${useInWords(use)}\n`);
    const rest = uses.length - lines.length;
    return `${renderImage(image)}\n${lines.join("")}${rest > 0 ? `  and ${rest} more\n` : ""}`;
  });
  return `Affected: ${affected.length} ${affected.length === 1 ? "digest" : "digests"} in use\n${images.join("")}`;
}

function useInWords(use: Use): string {
  switch (use.kind) {
    case "tag":
      return `the tag points at it: ${renderLine(use.line)}`;
    case "pin":
      return `pinned: ${use.codeRepository.owner}/${use.codeRepository.name} on ${printable(use.branch)}`;
    case "open":
      return `proposed: ${pullName(use.proposal)}, open: it is flagged`;
    case "merged":
      return `merged: ${pullName(use.proposal)}`;
    default:
      return use satisfies never;
  }
}

function pullName({ codeRepository: { owner, name }, number, url }: ProposalRecord): string {
  return `${owner}/${name}#${number} ${printable(url)}`;
}

/** What was said here, as the configuration says it; nothing for nothing. */
export function renderForConfiguration(records: readonly DistrustRecord[]): string {
  if (records.length === 0) return "";
  const entries = records.map((record) => ({ ...entryOf(record.subject), reason: record.reason }));
  const lists = ["keys", "identities", "certificates", "digests"] as const;
  const lines = lists.flatMap((list) => {
    const own = entries.filter((entry) => entry.list === list);
    if (own.length === 0) return [];
    return [
      `  ${list}:`,
      ...own.flatMap(({ fields, reason }) =>
        [...fields, ["reason", reason] as const].map(
          ([name, text], position) => `    ${position === 0 ? "-" : " "} ${name}: ${yamlText(text)}`,
        ),
      ),
    ];
  });
  return [
    "",
    "Redis may be lost, and this with it: put it into the configuration as well.",
    "",
    "distrust:",
    ...lines,
    "",
  ].join("\n");
}

interface Entry {
  readonly list: "keys" | "identities" | "certificates" | "digests";
  readonly fields: readonly (readonly [name: string, text: string])[];
}

function entryOf(subject: DistrustSubject): Entry {
  switch (subject.kind) {
    case "key":
      return { list: "keys", fields: [["fingerprint", renderFingerprint(subject)]] };
    case "identity":
      return {
        list: "identities",
        fields: [
          ["issuer", subject.issuer],
          ["subject", subject.subject],
        ],
      };
    case "certificate":
      return {
        list: "certificates",
        fields: [
          ["root", subject.root],
          ["subject", subject.subject],
        ],
      };
    case "digest":
      return { list: "digests", fields: [["digest", subject.digest]] };
    default:
      return subject satisfies never;
  }
}

/** A text as YAML reads it back: JSON, with everything that cannot be seen escaped. */
function yamlText(text: string): string {
  return JSON.stringify(text).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** All approvals. */
export function renderApprovals(records: readonly ApprovalRecord[]): string {
  if (records.length === 0) return "No step backwards was approved.\n";
  return records
    .map(
      ({ line, digest, by, reason, at }) =>
        `${renderLine(line)}@${digest}\n  ${printable(reason)} (${printable(by)}, ${renderMoment(at)})\n`,
    )
    .join("");
}

/** What came of an approval, or of taking one back, and what to expect. */
export function renderApproved({
  kind,
  line,
  digest,
  outcome,
  watch,
}: {
  readonly kind: "approve" | "withdraw";
  readonly line: ImageLine;
  readonly digest: Digest;
  readonly outcome: Outcome;
  readonly watch: WatchState;
}): string {
  const name = `${renderLine(line)} at ${shortOf(digest, 12)}`;
  if (kind === "withdraw") {
    return outcome === "done"
      ? `${name} is no longer approved. A pull request that proposes it is flagged.\n`
      : `${name} was not approved.\n`;
  }
  const head = `${name} is approved ${outcome === "done" ? "now" : "already"}.\n`;
  const current = watch.history.at(-1)?.digest;
  if (watch.subscribers.length === 0)
    return `${head}No code repository uses this line: nothing is proposed.\n`;
  if (current !== digest) {
    const where = current === undefined ? "has not been seen yet" : `points at ${shortOf(current, 12)}`;
    return `${head}The tag ${where}: nothing is proposed unless it points at this digest.\n`;
  }
  return `${head}It is proposed once it is verified, as a step backwards that you approved.\n`;
}
