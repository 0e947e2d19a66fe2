import { type ImageLine, renderLine } from "../image/reference.ts";
import type { ProposalRecord, Store } from "../ports/store.ts";
import { groupOf, groupsOf } from "../proposal/group.ts";
import type { Grouping } from "../vendor/pull-rules.ts";
import { pinsOf, type Scan } from "../watch/scan.ts";

/** What proposals about a line are looked up with. */
export interface AboutSources {
  readonly scan: Scan | undefined;
  readonly grouping: Grouping;
  /** One of them that was read already. */
  readonly known?: ProposalRecord | undefined;
  readonly store: Pick<Store, "proposal">;
}

/** The pull requests of all groups that a line is in, in a code repository: of each the last one that there was. */
export async function proposalsAbout(
  line: ImageLine,
  { scan, grouping, known, store }: AboutSources,
): Promise<readonly ProposalRecord[]> {
  const records = new Map(known === undefined ? [] : [[known.group, known]]);
  if (scan !== undefined) {
    const { codeRepository, branch: baseBranch } = scan;
    const groups = new Set(pinsOf(scan, line).flatMap((pin) => groupsOf(grouping, { line, ...pin })));
    for (const group of groups) {
      if (records.has(group)) continue;
      const record = await store.proposal({ codeRepository, baseBranch, group });
      if (record !== undefined) records.set(group, record);
    }
  }
  const name = renderLine(line);
  return [...records.values()].filter(({ updates }) =>
    updates.some((update) => renderLine(update.line) === name),
  );
}

/** Names of all groups that places of a scan belong to, whoever claims them. */
export function groupsIn({ places }: Scan, grouping: Grouping): ReadonlySet<string> {
  return new Set(
    places.flatMap(({ path, state: { line, profile } }) =>
      line === undefined || profile === undefined ? [] : [groupOf(grouping, { line, path, profile })],
    ),
  );
}
