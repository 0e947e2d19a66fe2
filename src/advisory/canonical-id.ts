import type { OsvRecord } from "./osv.ts";

/** Records followed from one record at most. */
const FOLLOWED_MAX = 1_000;

/**
 * The vulnerabilities a record is about: its CVE if it is one; else those it, or a record it names, gives as alias or upstream;
 * else itself. An advisory of a distribution may be about several.
 *
 * @param records by id, to follow what one names without saying its CVE
 */
export function canonicalIdsOf(
  record: OsvRecord,
  records: ReadonlyMap<string, OsvRecord>,
): readonly string[] {
  if (isCve(record.id)) return [record.id];
  const seen = new Set([record.id]);
  const found = new Set<string>();
  // A set grows while it is walked: what is added at the end is still visited.
  for (const id of seen) {
    if (isCve(id)) {
      found.add(id);
      continue;
    }
    const { aliases = [], upstream = [] } = (id === record.id ? record : records.get(id)) ?? {};
    for (const other of [...aliases, ...upstream]) if (seen.size < FOLLOWED_MAX) seen.add(other);
  }
  return found.size === 0 ? [record.id] : [...found].toSorted();
}

function isCve(id: string): boolean {
  return /^CVE-\d{4}-\d{4,19}$/.test(id);
}
