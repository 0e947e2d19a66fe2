import type { Redis } from "ioredis";
import { z } from "zod";
import { SEVERITIES } from "../../advisory/severity.ts";
import { CodedError, quote } from "../../errors.ts";
import { parseReference } from "../../image/reference.ts";
import { digestSchema } from "../../image/schema.ts";
import {
  type BreachRecord,
  type ClockFactStore,
  FACTS_MAX,
  type TargetKey,
} from "../../ports/clock-facts.ts";
import { breachId } from "../../sla/breach.ts";
import { factId, type LineFact, type TargetFact } from "../../sla/facts.ts";
import { instantOf } from "../../time.ts";
import { asking, parseRecord } from "./asking.ts";
import { keys, targetName } from "./keys.ts";
import { instantSchema } from "./records.ts";
import { ADD_FACTS } from "./scripts.ts";

const severitySchema = z.enum(SEVERITIES);
const placeSchema = z.object({ path: z.string(), ordinal: z.int().nonnegative() });
const at = { at: instantSchema };
const ofDigest = { digest: digestSchema, ...at };
const ofVulnerability = { id: z.string(), ...at };

const lineFactSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("onboarded"), ...at }),
  z.object({
    kind: z.literal("observed"),
    after: instantSchema.exactOptional(),
    content: digestSchema.exactOptional(),
    ...ofDigest,
  }),
  z.object({ kind: z.literal("verified"), ...ofDigest }),
  z.object({ kind: z.literal("gone"), why: z.enum(["removed", "revoked"]), ...ofDigest }),
  z.object({ kind: z.literal("back"), ...ofDigest }),
  z.object({ kind: z.literal("backwards"), ...ofDigest }),
  z.object({ kind: z.literal("assessed"), ...at }),
  z.object({
    kind: z.literal("affected"),
    ids: z.array(z.string()),
    unknown: z.array(z.string()).exactOptional(),
    platforms: z.array(z.object({ id: z.string(), names: z.array(z.string()) })).exactOptional(),
    ...ofDigest,
  }),
  z.object({ kind: z.literal("unassessed"), reason: z.string(), ...ofDigest }),
  z.object({
    kind: z.literal("vulnerability"),
    id: z.string(),
    publishedAt: instantSchema,
    seenAt: instantSchema,
    wasHealthy: z.boolean(),
    packages: z.array(z.string()),
    hasFix: z.boolean(),
  }),
  z.object({
    kind: z.literal("rated"),
    severity: severitySchema,
    score: z.number().exactOptional(),
    by: z.string().exactOptional(),
    ...ofVulnerability,
  }),
  z.object({
    kind: z.literal("kev"),
    addedAt: instantSchema,
    dueAt: instantSchema.exactOptional(),
    ...ofVulnerability,
  }),
  z.object({
    kind: z.literal("ssvc"),
    exploitation: z.enum(["none", "poc", "active"]),
    automatable: z.enum(["yes", "no"]),
    technicalImpact: z.enum(["partial", "total"]),
    ...ofVulnerability,
  }),
  z.object({
    kind: z.literal("not-applicable"),
    why: z.enum(["vex", "withdrawn", "backport"]),
    ...ofVulnerability,
  }),
  z.object({ kind: z.literal("returned"), ...ofVulnerability }),
]) satisfies z.ZodType<LineFact>;

const targetFactSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("subscribed"), ...at }),
  z.object({
    kind: z.literal("pinned"),
    place: placeSchema,
    how: z.enum(["merged", "scanned"]),
    ...ofDigest,
  }),
  z.object({
    kind: z.literal("ended"),
    place: placeSchema.exactOptional(),
    how: z.enum(["gone", "cancelled"]),
    ...at,
  }),
  z.object({ kind: z.literal("offered"), from: digestSchema, ...ofDigest }),
  z.object({ kind: z.literal("declined"), ...ofDigest }),
  z.object({
    kind: z.literal("accepted"),
    id: z.string(),
    from: instantSchema,
    until: instantSchema,
    by: z.string(),
    reason: z.string(),
  }),
  z.object({ kind: z.literal("acceptance-lifted"), from: instantSchema, by: z.string(), ...ofVulnerability }),
  z.object({
    kind: z.literal("paused"),
    from: instantSchema,
    until: instantSchema,
    by: z.string(),
    reason: z.string(),
  }),
  z.object({
    kind: z.literal("restored"),
    severity: severitySchema,
    startedAt: instantSchema,
    dueAt: instantSchema.exactOptional(),
    from: digestSchema,
    to: digestSchema,
    ...ofVulnerability,
  }),
]) satisfies z.ZodType<TargetFact>;

const breachSchema = z.object({
  place: placeSchema,
  id: z.string(),
  severity: severitySchema,
  startedAt: instantSchema,
  dueAt: instantSchema,
  rule: z.string(),
  policy: z.object({ id: z.string(), version: z.int() }),
  noticedAt: instantSchema,
}) satisfies z.ZodType<BreachRecord>;

/** Facts in Redis: one hash for each line and target, by the identity of the fact. */
export function createClockFactStore(redis: Redis): ClockFactStore {
  const all = async <Shape>(key: string, schema: z.ZodType<Shape>): Promise<readonly Shape[]> =>
    Object.entries(await asking(() => redis.hgetall(key))).map(([field, text]) =>
      parseRecord(`${key} ${field}`, text, schema),
    );
  const add = async (
    key: string,
    entries: readonly (readonly [string, unknown])[],
    name = "",
  ): Promise<number> => {
    let count = 0;
    for (let start = 0; start < entries.length; start += ADDED_AT_ONCE) {
      const step = entries.slice(start, start + ADDED_AT_ONCE);
      const added = await asking(() =>
        redis.eval(
          ADD_FACTS,
          2,
          key,
          keys.targets(),
          FACTS_MAX,
          name,
          ...step.flatMap(([field, value]) => [field, JSON.stringify(value)]),
        ),
      );
      if (typeof added !== "number" || added < 0) {
        throw new CodedError("facts-full", `${FACTS_MAX} facts are kept already under ${quote(key)}`);
      }
      count += added;
    }
    return count;
  };
  return {
    lineFacts: (line) => all(keys.lineFacts(line), lineFactSchema),
    addLineFacts: async (line, facts) => void (await add(keys.lineFacts(line), factEntries(facts))),
    targetFacts: (target) => all(keys.targetFacts(target), targetFactSchema),
    addTargetFacts: async (target, facts) =>
      void (await add(keys.targetFacts(target), factEntries(facts), targetName(target))),
    targets: async () => (await asking(() => redis.smembers(keys.targets()))).toSorted().map(targetNamed),

    async breaches(target) {
      const records = await all(keys.breaches(target), breachSchema);
      const retracted = await asking(() => redis.hgetall(keys.retractions(target)));
      return records
        .map((record): BreachRecord => {
          const text = retracted[breachId(record)];
          return text === undefined ? record : { ...record, retractedAt: instantOf(Number(text)) };
        })
        .toSorted((a, b) => a.dueAt - b.dueAt || (breachId(a) < breachId(b) ? -1 : 1));
    },
    addBreach: async (target, record) =>
      (await add(keys.breaches(target), [[breachId(record), breachSchema.parse(record)]])) === 1,
    retractBreach: async (target, breach, moment) =>
      (await asking(() => redis.hsetnx(keys.retractions(target), breachId(breach), String(moment)))) === 1,
  };
}

function factEntries(
  facts: readonly (LineFact | TargetFact)[],
): readonly (readonly [string, LineFact | TargetFact])[] {
  return facts.map((fact) => [factId(fact), fact]);
}

/** Facts of one step. */
const ADDED_AT_ONCE = 500;

function targetNamed(name: string): TargetKey {
  const [code = "", line = "", ...branch] = name.split("#");
  const slash = code.indexOf("/");
  const { repository, tag } = parseReference(line);
  if (tag === undefined) throw new CodedError("record-invalid", `a stored target has no tag: ${quote(name)}`);
  return {
    codeRepository: { owner: code.slice(0, slash), name: code.slice(slash + 1) },
    baseBranch: branch.join("#"),
    line: { repository, tag },
  };
}
