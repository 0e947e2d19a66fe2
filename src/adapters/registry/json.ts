import type { z } from "zod";
import { quote } from "../../errors.ts";
import { faultOf, type Subject } from "./fault.ts";
import type { HttpAnswer } from "./http.ts";
import type { Question, Session } from "./session.ts";

/** What a JSON document must be. */
export interface JsonForm<Shape> {
  readonly schema: z.ZodType<Shape>;
  readonly bytesMax: number;
}

/** A JSON document, and what came with it. */
export interface JsonPage<Shape> {
  readonly value: Shape;
  readonly headers: HttpAnswer["headers"];
  /** Where it came from in the end: what a `Link` is relative to. */
  readonly url: URL;
}

/**
 * Asks for a JSON document, which must be answered with 200.
 *
 * @throws {CodedError} as {@link readJson}; other `registry-*` for other statuses and without an answer
 */
export function askJson<Shape>(
  session: Session,
  question: Question,
  form: JsonForm<Shape>,
  signal: AbortSignal,
): Promise<JsonPage<Shape>> {
  return session.ask(question, signal, async (answer, fail) => {
    if (answer.status !== 200) return fail();
    const value = await readJson(answer, question.subject, form);
    return { value, headers: answer.headers, url: answer.url };
  });
}

/**
 * Reads the body of an answer as JSON in UTF-8.
 *
 * @throws {CodedError} `registry-too-large` above `bytesMax`; `registry-protocol` for a Content-Encoding, for what is no JSON, and for
 *   another shape
 */
export async function readJson<Shape>(
  answer: HttpAnswer,
  subject: Subject,
  { schema, bytesMax }: JsonForm<Shape>,
): Promise<Shape> {
  const document = parse(await answer.bytes(bytesMax), subject);
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  // The path may hold keys of the document.
  const place = issue === undefined ? "" : ` at ${quote(issue.path.map(String).join("."))}: ${issue.message}`;
  throw faultOf("registry-protocol", subject, `the answer has another shape${place}`);
}

function parse(bytes: Uint8Array, subject: Subject): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // The parser's message repeats the text, of which nobody knows what it holds.
    throw faultOf("registry-protocol", subject, "the answer is not JSON in UTF-8");
  }
}
