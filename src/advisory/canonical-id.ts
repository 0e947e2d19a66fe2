import type { OsvRecord } from "./osv.ts";

/** Records followed from one record at most. */
const FOLLOWED_MAX = 1_000;

/** Which names of vulnerabilities lead to which others. */
export interface KnownNames {
  /** By id: what the record of that id gives as alias or upstream. */
  readonly said: ReadonlyMap<string, readonly string[]>;
  /** By alias: records that give it. Aliases go both ways; upstream leads from an advisory to what it is about only. */
  readonly saidOf: ReadonlyMap<string, readonly string[]>;
}

/** What records say about names, to follow what one says without naming its CVE. */
export function knownNamesOf(records: Iterable<OsvRecord>): KnownNames {
  const said = new Map<string, readonly string[]>();
  const saidOf = new Map<string, string[]>();
  for (const record of records) {
    said.set(record.id, linksOf(record));
    for (const alias of record.aliases ?? []) {
      const others = saidOf.get(alias);
      if (others === undefined) saidOf.set(alias, [record.id]);
      else if (others.length < FOLLOWED_MAX) others.push(record.id);
    }
  }
  return { said, saidOf };
}

/**
 * The vulnerabilities a record is about: its CVE if it is one; else those it, or a record it names, gives as alias or upstream;
 * else those of records that give it as alias; else itself. An advisory of a distribution may be about several.
 */
export function canonicalIdsOf(record: OsvRecord, { said, saidOf }: KnownNames): readonly string[] {
  if (isCve(record.id)) return [record.id];
  const links = (id: string): readonly string[] =>
    id === record.id ? linksOf(record) : (said.get(id) ?? []);
  const found = cvesFrom(record.id, links);
  if (found.length > 0) return found;
  const anyway = cvesFrom(record.id, (id) => [...links(id), ...(saidOf.get(id) ?? [])]);
  return anyway.length > 0 ? anyway : [record.id];
}

function cvesFrom(start: string, linksFrom: (id: string) => readonly string[]): readonly string[] {
  const seen = new Set([start]);
  const found = new Set<string>();
  // A set grows while it is walked: what is added at the end is still visited.
  for (const id of seen) {
    if (isCve(id)) {
      found.add(id);
      continue;
    }
    for (const other of linksFrom(id)) if (seen.size < FOLLOWED_MAX) seen.add(other);
  }
  return [...found].toSorted();
}

function linksOf({ aliases = [], upstream = [] }: OsvRecord): readonly string[] {
  return [...aliases, ...upstream];
}

/** Whether a name is a CVE's. */
export function isCve(id: string): boolean {
  return /^CVE-\d{4}-\d{4,19}$/.test(id);
}
