import type { Redis } from "ioredis";
import { z } from "zod";
import { CodedError, quote } from "../../errors.ts";
import type { Digest } from "../../image/digest.ts";
import type { ImageLine } from "../../image/reference.ts";
import { renderLine } from "../../image/reference.ts";
import { digestSchema, imageLineSchema } from "../../image/schema.ts";
import {
  type ApprovalRecord,
  DECISIONS_MAX,
  type DistrustRecord,
  type OperatorStore,
} from "../../ports/operators.ts";
import { distrustId } from "../../trust/distrust.ts";
import { asking, parseRecord } from "./asking.ts";
import { keys } from "./keys.ts";
import { instantSchema } from "./records.ts";
import { ADD_BOUNDED } from "./scripts.ts";

const decision = { by: z.string(), reason: z.string(), at: instantSchema };

const distrustRecordSchema = z.object({
  subject: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("key"), fingerprint: z.string() }),
    z.object({ kind: z.literal("identity"), issuer: z.string(), subject: z.string() }),
    z.object({ kind: z.literal("certificate"), root: z.string(), subject: z.string() }),
    z.object({ kind: z.literal("digest"), digest: digestSchema }),
  ]),
  ...decision,
}) satisfies z.ZodType<DistrustRecord>;

const approvalRecordSchema = z.object({
  line: imageLineSchema,
  digest: digestSchema,
  ...decision,
}) satisfies z.ZodType<ApprovalRecord>;

/** What operators decided, each list one hash. */
export function createOperatorStore(redis: Redis): OperatorStore {
  const all = async <Shape>(key: string, schema: z.ZodType<Shape>): Promise<readonly Shape[]> => {
    const fields = Object.entries(await asking(() => redis.hgetall(key)));
    return fields
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, text]) => parseRecord(`${key} ${field}`, text, schema));
  };
  const add = async (key: string, field: string, record: unknown): Promise<boolean> => {
    const added = await asking(() =>
      redis.eval(ADD_BOUNDED, 1, key, field, JSON.stringify(record), DECISIONS_MAX),
    );
    if (added === -1) throw full(field);
    return added === 1;
  };
  const remove = async (key: string, field: string): Promise<boolean> =>
    (await asking(() => redis.hdel(key, field))) === 1;

  return {
    distrusted: () => all(keys.distrusted(), distrustRecordSchema),
    distrust: (record) => add(keys.distrusted(), distrustId(record.subject), record),
    liftDistrust: (subject) => remove(keys.distrusted(), distrustId(subject)),

    approvals: () => all(keys.approvals(), approvalRecordSchema),
    async approval(line, digest) {
      const field = approvalName(line, digest);
      const text = await asking(() => redis.hget(keys.approvals(), field));
      return text === null
        ? undefined
        : parseRecord(`${keys.approvals()} ${field}`, text, approvalRecordSchema);
    },
    approve: (record) => add(keys.approvals(), approvalName(record.line, record.digest), record),
    withdrawApproval: (line, digest) => remove(keys.approvals(), approvalName(line, digest)),
  };
}

function approvalName(line: ImageLine, digest: Digest): string {
  return `${renderLine(line)}@${digest}`;
}

function full(name: string): CodedError {
  return new CodedError(
    "decisions-full",
    `${DECISIONS_MAX} decisions are kept already, so ${quote(name)} cannot be`,
  );
}
