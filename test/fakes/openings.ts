import { OPENING_TTL_S } from "../../src/adapters/redis/keys.ts";
import type { OpeningStore } from "../../src/ports/openings.ts";
import type { ProposalKey } from "../../src/ports/store.ts";
import { type Instant, later } from "../../src/time.ts";

/** Lines of groups that are about to open a pull request, in memory. */
export function createFakeOpenings(): OpeningStore {
  const lines = new Map<string, { readonly group: string; readonly until: Instant }[]>();
  return {
    async lineUpToOpen(key, now) {
      const line = (lines.get(nameOf(key)) ?? []).filter(({ until }) => until > now);
      if (!line.some(({ group }) => group === key.group)) {
        line.push({ group: key.group, until: later(now, OPENING_TTL_S * 1_000) });
      }
      lines.set(nameOf(key), line);
      return line
        .slice(
          0,
          line.findIndex(({ group }) => group === key.group),
        )
        .map(({ group }) => group);
    },
    async leaveOpening(key) {
      const line = lines.get(nameOf(key)) ?? [];
      lines.set(
        nameOf(key),
        line.filter(({ group }) => group !== key.group),
      );
    },
  };
}

function nameOf({ codeRepository: { owner, name }, baseBranch }: ProposalKey): string {
  return `${owner}/${name} ${baseBranch}`;
}
