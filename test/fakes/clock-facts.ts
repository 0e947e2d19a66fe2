import { CodedError } from "../../src/errors.ts";
import { renderLine } from "../../src/image/reference.ts";
import {
  type BreachRecord,
  type ClockFactStore,
  FACTS_MAX,
  type TargetKey,
} from "../../src/ports/clock-facts.ts";
import { breachId } from "../../src/sla/breach.ts";
import { factId, type LineFact, type TargetFact } from "../../src/sla/facts.ts";
import type { Instant } from "../../src/time.ts";

/** Facts of clocks, in memory. Values are copied on the way in and out. */
export function createFakeClockFacts(): ClockFactStore {
  const lines = new Map<string, Map<string, LineFact>>();
  const targets = new Map<string, Map<string, TargetFact>>();
  const keys = new Map<string, TargetKey>();
  const breaches = new Map<string, Map<string, BreachRecord>>();
  const retractions = new Map<string, Instant>();
  return {
    lineFacts: async (line) => structuredClone([...(lines.get(renderLine(line))?.values() ?? [])]),
    async addLineFacts(line, facts) {
      addAll(
        roomIn(lines, renderLine(line)),
        facts.map((fact) => [factId(fact), fact]),
      );
    },
    targetFacts: async (target) => structuredClone([...(targets.get(nameOf(target))?.values() ?? [])]),
    async addTargetFacts(target, facts) {
      const { codeRepository, baseBranch, line } = target;
      if (facts.length === 0) return;
      addAll(
        roomIn(targets, nameOf(target)),
        facts.map((fact) => [factId(fact), fact]),
      );
      keys.set(nameOf(target), structuredClone({ codeRepository, baseBranch, line }));
    },
    targets: async () =>
      structuredClone([...keys].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key)),
    breaches: async (target) =>
      structuredClone([...(breaches.get(nameOf(target))?.values() ?? [])])
        .map((record) => {
          const retractedAt = retractions.get(`${nameOf(target)} ${breachId(record)}`);
          return retractedAt === undefined ? record : { ...record, retractedAt };
        })
        .toSorted((a, b) => a.dueAt - b.dueAt || (breachId(a) < breachId(b) ? -1 : 1)),
    addBreach: async (target, record) =>
      addAll(roomIn(breaches, nameOf(target)), [[breachId(record), record]]) === 1,
    async retractBreach(target, breach, at) {
      const name = `${nameOf(target)} ${breachId(breach)}`;
      if (retractions.has(name)) return false;
      retractions.set(name, at);
      return true;
    },
  };
}

function nameOf({ codeRepository, baseBranch, line }: TargetKey): string {
  return `${codeRepository.owner}/${codeRepository.name}#${renderLine(line)}#${baseBranch}`;
}

function roomIn<Value>(all: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  const room = all.get(name) ?? new Map<string, Value>();
  all.set(name, room);
  return room;
}

function addAll<Value>(room: Map<string, Value>, entries: readonly (readonly [string, Value])[]): number {
  const fresh = new Map(entries.filter(([id]) => !room.has(id)));
  if (room.size + fresh.size > FACTS_MAX && fresh.size > 0) throw new CodedError("facts-full", "no room");
  for (const [id, value] of fresh) room.set(id, structuredClone(value));
  return fresh.size;
}
