import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import { type ImageLine, renderLine } from "../../src/image/reference.ts";
import {
  type ApprovalRecord,
  DECISIONS_MAX,
  type DistrustRecord,
  type OperatorStore,
} from "../../src/ports/operators.ts";
import { distrustId } from "../../src/trust/distrust.ts";

/** What operators decided, in memory. Values are copied on the way in and out. */
export function createFakeOperators(): OperatorStore {
  const distrusted = bounded<DistrustRecord>();
  const approvals = bounded<ApprovalRecord>();
  return {
    distrusted: async () => distrusted.all(),
    distrust: async (record) => distrusted.add(distrustId(record.subject), record),
    liftDistrust: async (subject) => distrusted.remove(distrustId(subject)),
    approvals: async () => approvals.all(),
    approval: async (line, digest) => approvals.get(nameOf(line, digest)),
    approve: async (record) => approvals.add(nameOf(record.line, record.digest), record),
    withdrawApproval: async (line, digest) => approvals.remove(nameOf(line, digest)),
  };
}

function nameOf(line: ImageLine, digest: Digest): string {
  return `${renderLine(line)}@${digest}`;
}

function bounded<Entry>() {
  const entries = new Map<string, Entry>();
  return {
    all: (): readonly Entry[] =>
      structuredClone([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)),
    get: (name: string): Entry | undefined => structuredClone(entries.get(name)),
    add(name: string, entry: Entry): boolean {
      if (entries.has(name)) return false;
      if (entries.size >= DECISIONS_MAX) throw new CodedError("decisions-full", `no room for ${name}`);
      entries.set(name, structuredClone(entry));
      return true;
    },
    remove: (name: string): boolean => entries.delete(name),
  };
}
