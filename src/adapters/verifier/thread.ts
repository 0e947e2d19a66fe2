import { parentPort } from "node:worker_threads";
import { CodedError, type ErrorCode, messageOf } from "../../errors.ts";
import type { VerifyQuestion } from "../../ports/verifier.ts";
import type { Judgement } from "../../sbom/judge.ts";
import { createJudge } from "./judge.ts";

/** What a thread answers. Errors lose their class on the way, so they travel as what they are made of. */
export type ThreadAnswer =
  | { readonly kind: "judged"; readonly judgement: Judgement }
  | { readonly kind: "failed"; readonly code: ErrorCode | undefined; readonly message: string };

const judge = createJudge();

parentPort?.on("message", (question: VerifyQuestion) => {
  parentPort?.postMessage(answerTo(question));
});

function answerTo(question: VerifyQuestion): ThreadAnswer {
  try {
    return { kind: "judged", judgement: judge(question) };
  } catch (error) {
    const code = error instanceof CodedError ? error.code : undefined;
    return { kind: "failed", code, message: messageOf(error) };
  }
}
