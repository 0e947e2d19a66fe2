/** Questions that fail, and every question that was asked. */
export interface Faults {
  /** Each question so far, in order: method and what it was about. */
  readonly asked: readonly string[];
  /** Lets every question that starts like this fail, until it is healed. */
  readonly fail: (question: string, error: Error) => void;
  readonly heal: (question: string) => void;
  /** Notes a question. @throws what it was told to */
  readonly ask: (question: string, signal: AbortSignal) => void;
}

export function createFaults(): Faults {
  const asked: string[] = [];
  const failing = new Map<string, Error>();
  return {
    asked,
    fail: (question, error) => void failing.set(question, error),
    heal: (question) => void failing.delete(question),
    ask(question, signal) {
      signal.throwIfAborted();
      asked.push(question);
      for (const [start, error] of failing) if (question.startsWith(start)) throw error;
    },
  };
}
