import { type ImageLine, isSameRepository, renderLine } from "../image/reference.ts";
import type { ProposalRecord, Store } from "../ports/store.ts";
import { groupOf } from "../proposal/group.ts";
import type { Grouping } from "../vendor/pull-rules.ts";
import type { Scan } from "../watch/scan.ts";

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
    for (const group of groupsAbout(line, grouping, scan)) {
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

/** Groups of the places of a line, and of other tags of its repository: a pull request may have moved a place there. */
function groupsAbout(line: ImageLine, grouping: Grouping, { places }: Scan): ReadonlySet<string> {
  return new Set(
    places.flatMap(({ path, state }) =>
      state.kind === "handled" && isSameRepository(state.line.repository, line.repository)
        ? [groupOf(grouping, { line, path, profile: state.profile })]
        : [],
    ),
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
