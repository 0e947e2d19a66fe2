import type { ChainableCommander, Redis } from "ioredis";
import type { z } from "zod";
import { CodedError, messageOf, quote } from "../../errors.ts";

/**
 * A record as it is kept.
 *
 * @throws {CodedError} `record-invalid` for what does not have its form
 */
export function parseRecord<Shape>(key: string, text: string, schema: z.ZodType<Shape>): Shape {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CodedError("record-invalid", `the record ${quote(key)} is not JSON`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CodedError(
    "record-invalid",
    `the record ${quote(key)} does not have its form: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
  );
}

/**
 * The answer of Redis.
 *
 * @throws {CodedError} `redis-unavailable` when there is none
 */
export async function asking<Answer>(question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await question();
  } catch (cause) {
    throw new CodedError("redis-unavailable", `asking Redis failed: ${messageOf(cause)}`, { cause });
  }
}

/**
 * The records under these keys, in one question; those that are not there are left out.
 *
 * @throws {CodedError} `redis-unavailable`; `record-invalid` for one that does not have its form
 */
export async function readAll<Shape>(
  redis: Redis,
  all: readonly string[],
  reading: (key: string, text: string) => Shape,
): Promise<readonly Shape[]> {
  if (all.length === 0) return [];
  const texts = await asking(() => redis.mget([...all]));
  return texts.flatMap((text, position) => (text === null ? [] : [reading(all[position] ?? "", text)]));
}

/**
 * Does all writes of a step, or none.
 *
 * @throws {CodedError} `redis-unavailable`
 */
export async function allOf(step: ChainableCommander): Promise<void> {
  const answers = await asking(() => step.exec());
  const failure = answers?.find(([error]) => error !== null)?.[0];
  if (answers === null || (failure !== undefined && failure !== null)) {
    throw new CodedError("redis-unavailable", `a step of several writes failed: ${messageOf(failure)}`);
  }
}

/**
 * The answers to questions that were asked together.
 *
 * @throws {CodedError} `redis-unavailable`
 */
export async function pipelined<Answers>(
  step: ChainableCommander,
  schema: z.ZodType<Answers>,
): Promise<Answers> {
  const answers = (await asking(() => step.exec())) ?? [];
  const failure = answers.find(([error]) => error !== null)?.[0];
  if (failure !== undefined && failure !== null) {
    throw new CodedError("redis-unavailable", `asking Redis failed: ${messageOf(failure)}`, {
      cause: failure,
    });
  }
  return schema.parse(answers.map(([, answer]) => answer));
}
