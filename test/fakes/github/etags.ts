import { createHash } from "node:crypto";
import type { ApiAnswer } from "./world.ts";

/**
 * A successful answer to a GET with its tag; or, where the asker has that one already, 304 without a body. The tag depends on who asks: with another
 * token, even of the same account, it is another.
 */
export function tagged(
  answer: ApiAnswer,
  { authorization, known }: { readonly authorization: string; readonly known: string | undefined },
): ApiAnswer {
  if (answer.status !== 200) return answer;
  const text = `${authorization}\n${JSON.stringify(answer.body)}`;
  const etag = `W/"${createHash("sha256").update(text).digest("hex")}"`;
  const headers = { ...answer.headers, etag, vary: "Accept, Authorization, Cookie, X-GitHub-OTP" };
  const isKnown = (known ?? "").split(",").some((each) => weak(each) === weak(etag));
  return isKnown ? { status: 304, headers } : { ...answer, headers };
}

function weak(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}
