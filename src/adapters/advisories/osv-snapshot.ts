import { type OsvRecord, parseOsvRecord } from "../../advisory/osv.ts";
import { type PackageKey, renderPackageKey } from "../../advisory/package-key.ts";
import { messageOf } from "../../errors.ts";
import { type Instant, parseInstant } from "../../time.ts";
import { type OsvFile, type TextLimits, textsIn } from "./osv-files.ts";

/** Something in the directory that could not be read and was left out. */
export interface OsvFault {
  readonly path: string;
  /** 1-based; absent for a file of one record. */
  readonly line?: number;
  readonly reason: string;
}

/** Everything that was read from a directory at one time. */
export interface OsvSnapshot {
  readonly recordsOf: (key: PackageKey) => readonly OsvRecord[];
  /** Records, withdrawn ones included. */
  readonly readCount: number;
  /** Records that are not withdrawn. */
  readonly recordCount: number;
  /** When the newest record was modified; records that claim to be from the future do not count. */
  readonly asOf: Instant | undefined;
  /** Without release, sorted. */
  readonly ecosystems: readonly string[];
  readonly faultCount: number;
  /** The first {@link FAULTS_MAX} of them. */
  readonly faults: readonly OsvFault[];
}

export interface SnapshotLimits extends TextLimits {
  readonly recordsMax: number;
}

const FAULTS_MAX = 20;

/** Reads files into an index by package. What cannot be read is counted and left out. */
export async function snapshotOf(
  files: readonly OsvFile[],
  limits: SnapshotLimits,
  nowMs: number,
): Promise<OsvSnapshot> {
  const records = new Map<string, OsvRecord>();
  const faults: OsvFault[] = [];
  let faultCount = 0;
  for (const file of files) {
    for await (const outcome of recordsIn(file, limits)) {
      const isFull = records.size >= limits.recordsMax;
      if (outcome.kind === "record" && !isFull) keepNewest(records, outcome.record);
      if (outcome.kind === "record" && !isFull) continue;
      faultCount += 1;
      const fault =
        outcome.kind === "fault"
          ? outcome.fault
          : { path: file.path, reason: `more than ${limits.recordsMax} records` };
      if (faults.length < FAULTS_MAX) faults.push(fault);
      if (isFull) break;
    }
  }
  return { ...indexOf([...records.values()], nowMs), faultCount, faults };
}

type Outcome =
  | { readonly kind: "record"; readonly record: OsvRecord }
  | { readonly kind: "fault"; readonly fault: OsvFault };

async function* recordsIn(file: OsvFile, limits: TextLimits): AsyncGenerator<Outcome> {
  try {
    for await (const part of textsIn(file, limits)) {
      const place = { path: file.path, ...(part.line === undefined ? {} : { line: part.line }) };
      if (part.kind === "fault") yield { kind: "fault", fault: { ...place, reason: part.reason } };
      else yield outcomeOf(part.text, place);
    }
  } catch (thrown) {
    yield { kind: "fault", fault: { path: file.path, reason: messageOf(thrown) } };
  }
}

function outcomeOf(text: string, place: Omit<OsvFault, "reason">): Outcome {
  try {
    return { kind: "record", record: parseOsvRecord(JSON.parse(text)) };
  } catch (thrown) {
    return { kind: "fault", fault: { ...place, reason: messageOf(thrown) } };
  }
}

/** A feed may lie in the directory in two forms: of one id the newer counts, withdrawn or not. */
function keepNewest(records: Map<string, OsvRecord>, record: OsvRecord): void {
  const known = records.get(record.id);
  if (known === undefined || modifiedAt(known) < modifiedAt(record)) records.set(record.id, record);
}

function modifiedAt(record: OsvRecord): number {
  return parseInstant(record.modified) ?? 0;
}

function indexOf(
  records: readonly OsvRecord[],
  nowMs: number,
): Pick<OsvSnapshot, "recordsOf" | "readCount" | "recordCount" | "asOf" | "ecosystems"> {
  const live = records.filter(({ withdrawn }) => withdrawn === undefined);
  const index = new Map<string, Set<OsvRecord>>();
  const ecosystems = new Set<string>();
  let asOf: Instant | undefined;
  for (const record of records) {
    const modified = parseInstant(record.modified);
    if (modified !== undefined && modified <= nowMs && (asOf === undefined || modified > asOf))
      asOf = modified;
  }
  for (const record of records) {
    for (const affected of record.affected ?? []) {
      if (affected.package === undefined) continue;
      ecosystems.add(affected.package.ecosystem.split(":")[0] ?? "");
      const key = renderPackageKey(affected.package);
      index.set(key, (index.get(key) ?? new Set()).add(record));
    }
  }
  return {
    recordsOf: (key) => [...(index.get(renderPackageKey(key)) ?? [])],
    readCount: records.length,
    recordCount: live.length,
    asOf,
    ecosystems: [...ecosystems].toSorted(),
  };
}
