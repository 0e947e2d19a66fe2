import { renderMoment } from "../../time.ts";
import { shortOf } from "../../image/digest.ts";
import type { PlaceSeen } from "../../ports/registry-inspection.ts";
import { printable } from "../printable.ts";
import type { Absent } from "./findings.ts";
import { type EvidenceSeen, isAccepted, type ProbeReport, type SubjectReport } from "./report.ts";
import type { SbomSeen } from "./sboms.ts";
import { renderClaim } from "./signers.ts";

/** Lines of one kind about one manifest at most; the rest is counted, and JSON has all of it. */
const LINES_MAX = 40;
const TEXT_LENGTH_MAX = 300;

const PLACES = {
  "referrers-api": "list of referrers",
  "referrers-tag": "tag of referrers",
  "sig-tag": "tag .sig",
  "att-tag": "tag .att",
  "sbom-tag": "tag .sbom",
} as const satisfies Record<PlaceSeen["place"], string>;

/** A report for a terminal. The draft stands as it can be copied. */
export function renderProbe(report: ProbeReport | Absent): string {
  const draft = report.kind === "seen" && report.draft !== "" ? `\ndraft\n${draftLines(report.draft)}\n` : "";
  return `${linesOf(report).map(shown).join("\n")}\n${draft}`;
}

function draftLines(draft: string): string {
  return draft.trimEnd().split("\n").map(printable).join("\n");
}

/** A report for programs. */
export function renderProbeJson(report: ProbeReport | Absent): string {
  return `${JSON.stringify({ ...report, accepted: isAccepted(report) }, undefined, 2)}\n`;
}

/** Foreign text stands in most lines: none of it moves the cursor, and none goes on for ever. */
function shown(line: string): string {
  const safe = printable(line);
  return safe.length > TEXT_LENGTH_MAX ? `${safe.slice(0, TEXT_LENGTH_MAX - 1)}…` : safe;
}

function linesOf(report: ProbeReport | Absent): readonly string[] {
  if (report.kind === "absent") {
    const alike = report.alike.length === 0 ? [] : [`  there are ${report.alike.join(", ")}`];
    return [`✖ ${report.reference} is not there`, ...alike];
  }
  const { image, subjects, tags, profile, judgement, differences, at } = report;
  const platforms = image.platforms.map(({ platform }) => platform);
  return [
    `${image.reference}, looked at ${renderMoment(at)}`,
    `  ${image.digest}`,
    `  ${image.mediaType}${image.kind === "index" ? ` of ${counted(platforms.length, "platform")}: ${few(platforms)}` : ""}`,
    tags.kind === "failed"
      ? `  tags could not be listed: ${tags.message}`
      : `  one of ${counted(tags.total, "tag")}, of which ${tags.ofEvidence} hold evidence`,
    ...subjects.flatMap(subjectLines),
    ...sbomLines(subjects.flatMap(({ sboms }) => sboms)),
    "",
    profile === undefined
      ? "no profile claims it"
      : `profile ${profile.id} (${profile.name}), ${profile.origin === "vendor" ? "built in" : "of your own"}, ${profile.mode}`,
    ...(profile?.notice === undefined ? [] : [`  ${profile.notice}`]),
    `${SIGNS[judgement.kind]} ${judgement.reason}`,
    ...section(
      "what differs",
      differences.map((line) => `  - ${line}`),
    ),
  ];
}

const SIGNS = {
  accepted: "✔ accepted:",
  refused: "✖ not accepted:",
  unknown: "▲ not judged:",
} as const satisfies Record<ProbeReport["judgement"]["kind"], string>;

function subjectLines(subject: SubjectReport): readonly string[] {
  const { digest, platform, places, evidence, skipped, fault } = subject;
  return [
    "",
    platform === undefined ? `on ${digest}` : `on ${platform}, ${digest}`,
    ...places.flatMap(({ repository, seen }) => [
      `  in ${repository}`,
      ...seen.map(({ place, answer }) => `    ${PLACES[place]}: ${answerInWords(answer)}`),
    ]),
    ...(fault === undefined ? [] : [`  ✖ its evidence could not be read: ${fault.message} (${fault.code})`]),
    ...cutLines(evidence.flatMap(evidenceLines)),
    ...cutLines(skipped.map(({ place, reason, detail }) => `  – not taken (${reason}), ${place}: ${detail}`)),
  ];
}

function answerInWords(answer: PlaceSeen["answer"]): string {
  switch (answer.kind) {
    case "listed":
      return `${counted(answer.count, "entry", "entries")}${answer.isCut ? " on its first page" : ""}`;
    case "empty":
      return "empty";
    case "tagged":
      return answer.digest;
    case "absent":
      return `none (${answer.status})`;
    case "strange":
      return `no list: ${answer.detail}`;
    case "failed":
      return `✖ ${answer.message} (${answer.code})`;
    default:
      return answer satisfies never;
  }
}

function evidenceLines(seen: EvidenceSeen): readonly string[] {
  const { kind, place, repository, predicateType, artifactType, size, createdAt, outcome, claims } = seen;
  const sign = outcome === undefined ? "·" : outcome.kind === "accepted" ? "✔" : "✖";
  const facts = [
    place,
    ...(repository === undefined ? [] : [`in ${repository}`]),
    ...(artifactType === undefined ? [] : [`manifest ${artifactType}`]),
    `${size} bytes`,
    ...(createdAt === undefined ? [] : [`created ${createdAt}`]),
  ];
  return [
    `  ${sign} ${kind}${predicateType === undefined ? "" : ` ${predicateType}`} (${facts.join(", ")})`,
    ...(outcome?.kind === "accepted"
      ? [
          `      by ${outcome.signer}${outcome.timeProof === undefined ? "" : `, time by ${outcome.timeProof}`}`,
        ]
      : []),
    ...(outcome?.kind === "refused" ? [`      ${outcome.refusal}: ${outcome.detail}`] : []),
    ...(claims.length === 0 ? ["      nobody signed its manifest"] : []),
    ...claims.map(
      ({ by, logEntries, countersignatures }) =>
        `      says it is by ${renderClaim(by)}; ${counted(logEntries, "log entry", "log entries")}, ${counted(countersignatures, "timestamp")}`,
    ),
  ];
}

function sbomLines(sboms: readonly SbomSeen[]): readonly string[] {
  if (sboms.length === 0) return ["", "no SBOM was found"];
  return ["", "SBOMs", ...cutLines(sboms.flatMap(sbomSummary))];
}

function sbomSummary({
  digest,
  platform,
  predicateType,
  wrapping,
  isVerified,
  content,
}: SbomSeen): readonly string[] {
  const on = platform ?? `sha256:${shortOf(digest)}`;
  const proof = isVerified ? "verified" : "nobody vouches for it";
  const head = `  ${isVerified ? "✔" : "▲"} ${predicateType} on ${on}, as ${wrapping}, ${proof}`;
  if (content.kind === "unreadable") return [head, `      cannot be read: ${content.reason}`];
  const { specVersion, tool, components, types, skipped } = content;
  const left = skipped.map(({ reason, count }) => `${reason} ${count}`);
  return [
    head,
    `      version ${specVersion}${tool === undefined ? "" : ` by ${tool}`}: ${counted(components, "package")}: ${few(types.map(({ type, count }) => `${type} ${count}`))}`,
    ...(left.length === 0 ? [] : [`      not counted: ${few(left)}`]),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...cutLines(lines)];
}

function cutLines(lines: readonly string[]): readonly string[] {
  const rest = lines.length - LINES_MAX;
  return rest <= 0 ? lines : [...lines.slice(0, LINES_MAX), `  … and ${rest} more lines (--json has all)`];
}

function few(words: readonly string[]): string {
  const shownWords = words.slice(0, 12).join(", ");
  return words.length > 12 ? `${shownWords} and ${words.length - 12} more` : shownWords;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
