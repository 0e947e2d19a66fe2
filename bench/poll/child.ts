import { fork } from "node:child_process";
import { z } from "zod";
import { messageOf } from "../../src/errors.ts";

/** A program of ours in a process of its own, that answers one question at a time. */
export interface Child {
  /** @throws {Error} when the program failed at it, or ended */
  ask<Answer>(question: unknown, form: z.ZodType<Answer>): Promise<Answer>;
  /** Ends it, and waits for that. */
  end(): Promise<void>;
}

const answerSchema = z.union([z.object({ answer: z.looseObject({}) }), z.object({ error: z.string() })]);

/**
 * Starts a program that calls {@link answerParent}. It ends with this process.
 *
 * @param flags of Node
 */
export function startChild(program: URL, flags: readonly string[] = []): Child {
  const child = fork(program, { execArgv: [...flags], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = new Promise<string>((resolve) =>
    child.once("exit", (code, signal) => resolve(`${program.pathname} ended with ${code ?? signal}`)),
  );
  return {
    async ask(question, form) {
      const answered = new Promise<unknown>((resolve) => child.once("message", resolve));
      child.send({ question });
      const message = await Promise.race([
        answered,
        ended.then((reason) => {
          throw new Error(reason);
        }),
      ]);
      const result = answerSchema.parse(message);
      if ("error" in result) throw new Error(result.error);
      return form.parse(result.answer);
    },
    async end() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Answers what the parent asks until it is gone, which ends this process. What is thrown is told to the parent. */
export function answerParent<Question>(
  form: z.ZodType<Question>,
  answer: (question: Question) => Promise<object>,
): void {
  process.on("disconnect", () => process.exit());
  process.on("message", (message: unknown) => {
    const { question } = z.object({ question: form }).parse(message);
    answer(question).then(
      (result) => process.send?.({ answer: result }),
      (error: unknown) => process.send?.({ error: messageOf(error) }),
    );
  });
}
