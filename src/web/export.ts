import { renderLine } from "../image/reference.ts";
import type { Store } from "../ports/store.ts";
import type { Evaluation, PlaceEvaluation } from "../sla/evaluation.ts";
import { versionAt, versionOfClock } from "../sla/version-in-force.ts";
import type { SlaPolicy } from "../sla/policy.ts";
import type { TargetClocks } from "../steps/obligations.ts";
import { type Instant, renderInstant } from "../time.ts";
import { csvRow } from "./csv.ts";

/** Every column of the table of obligations. Moments are RFC 3339 in UTC; several values of a cell are apart by `; `. */
const COLUMNS = [
  "repository",
  "branch",
  "image",
  "path",
  "ordinal",
  "pinned",
  "id",
  "severity",
  "score",
  "packages",
  "state",
  "publishedAt",
  "seenAt",
  "listedAsExploitedAt",
  "startedAt",
  "startedBy",
  "fixedBy",
  "dueAt",
  "excusedUntil",
  "endedAt",
  "rule",
  "policy",
  "policyVersion",
  "moves",
  "acceptedBy",
  "acceptedUntil",
  "acceptedReason",
  "notes",
] as const;

/** All obligations as comma-separated values, one row each, in pieces. */
export async function* obligationsCsv(targets: AsyncIterable<TargetClocks>): AsyncGenerator<string> {
  yield csvRow(COLUMNS);
  for await (const target of targets) {
    const rows = target.places.flatMap((place) =>
      place.obligations.map((evaluation) => csvRow(cellsOf(target, place, evaluation))),
    );
    yield rows.join("");
  }
}

function cellsOf(
  { key: { codeRepository, baseBranch, line: name }, line, policy }: TargetClocks,
  { place, pinned }: PlaceEvaluation,
  evaluation: Evaluation,
): readonly (string | number | undefined)[] {
  const { id, startedAt, acceptance, score } = evaluation;
  const vulnerability = line.vulnerabilities.get(id);
  const inForce = startedAt === undefined ? policy : versionOfClock(policy, startedAt);
  const cells: Readonly<Record<(typeof COLUMNS)[number], string | number | undefined>> = {
    repository: `${codeRepository.owner}/${codeRepository.name}`,
    branch: baseBranch,
    image: renderLine(name),
    path: place.path,
    ordinal: place.ordinal,
    pinned,
    id,
    severity: evaluation.severity,
    score,
    packages: evaluation.packages.join("; "),
    state: evaluation.state,
    publishedAt: momentOf(vulnerability?.publishedAt),
    seenAt: momentOf(vulnerability?.seenAt),
    listedAsExploitedAt: momentOf(vulnerability?.kev?.addedAt),
    startedAt: momentOf(startedAt),
    startedBy: evaluation.startedBy,
    fixedBy: evaluation.fixedBy,
    dueAt: momentOf(evaluation.dueAt),
    excusedUntil: momentOf(evaluation.excusedUntil),
    endedAt: momentOf(evaluation.endedAt),
    rule: evaluation.rule,
    policy: inForce.id,
    policyVersion: inForce.version,
    moves: evaluation.moves.map(({ at, why, detail }) => `${renderInstant(at)} ${why}: ${detail}`).join("; "),
    acceptedBy: acceptance?.by,
    acceptedUntil: momentOf(acceptance?.until),
    acceptedReason: acceptance?.reason,
    notes: evaluation.notes.join("; "),
  };
  return COLUMNS.map((column) => cells[column]);
}

function momentOf(at: Instant | undefined): string | undefined {
  return at === undefined ? undefined : renderInstant(at);
}

/**
 * All obligations with every fact that they are computed from, as one JSON document in pieces: targets with their obligations and facts,
 * then the facts of each image line, once. Moments are milliseconds since 1970 in UTC, as facts have them.
 */
export async function* obligationsJson(
  targets: AsyncIterable<TargetClocks>,
  store: Pick<Store, "lineFacts" | "targetFacts">,
  now: Instant,
): AsyncGenerator<string> {
  const lines = new Map<string, TargetClocks>();
  yield `{"format":"hullkeeper-obligations","version":1,"computedAt":${now},"targets":[`;
  let isFirst = true;
  for await (const target of targets) {
    const { key, policy, places, news } = target;
    lines.set(renderLine(key.line), target);
    const image = renderLine(key.line);
    const { codeRepository, baseBranch: branch } = key;
    const facts = [...(await store.targetFacts(key)), ...news.target];
    const policies = policyFields(versionAt(policy, now));
    const document = { codeRepository, branch, image, policy: policies, places, facts };
    yield `${isFirst ? "" : ","}\n${JSON.stringify(document)}`;
    isFirst = false;
  }
  yield '],"lines":[';
  isFirst = true;
  for (const [image, { key, news }] of lines) {
    const facts = [...(await store.lineFacts(key.line)), ...news.line];
    yield `${isFirst ? "" : ","}\n${JSON.stringify({ image, facts })}`;
    isFirst = false;
  }
  yield "]}\n";
}

function policyFields({ id, version, basis, source, asOf, terms, table }: SlaPolicy): object {
  return { id, version, basis, source, asOf, terms, table };
}

/** Pieces of text as bytes, each made when the reader wants it. @param onFault told of what ended it early */
export function streamOf(
  pieces: AsyncIterable<string>,
  onFault: (thrown: unknown) => void,
): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (thrown) {
        onFault(thrown);
        // What the server makes of it may be shown: a message of somebody else's may hold anything.
        controller.error(new Error("the export failed, the reason is in the log of this process"));
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
