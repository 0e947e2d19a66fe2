import { Worker } from "node:worker_threads";
import { CodedError } from "../../errors.ts";
import type { VerifyQuestion } from "../../ports/verifier.ts";
import type { Judgement } from "../../sbom/judge.ts";
import { MINUTE_MS } from "../../time.ts";
import type { ThreadAnswer } from "./thread.ts";

const ENTRY = new URL("./thread.ts", import.meta.url);

/** Small pieces are copied: to move one is to take everything that shares its memory. */
const MOVED_BYTES_MIN = 64 * 1024;

export interface ThreadsOptions {
  /** Threads at once; more questions wait. */
  readonly threadsMax: number;
  /** How long one question may take, waiting not counted. */
  readonly timeoutMs: number;
  /** Heap of one thread, in MiB. An SBOM of 40 MB needs ten times that while it is read. */
  readonly heapMiB: number;
  /** How long a thread is kept that has nothing to do. */
  readonly idleMs: number;
}

export const THREADS_DEFAULT: ThreadsOptions = {
  threadsMax: 2,
  timeoutMs: 2 * MINUTE_MS,
  heapMiB: 1_024,
  idleMs: MINUTE_MS,
};

interface Waiting {
  readonly question: VerifyQuestion;
  readonly signal: AbortSignal;
  readonly settle: (answer: ThreadAnswer | Error) => void;
}

/** Judges in threads of their own, each question in one, at most so many at a time. A thread that fails takes nobody with it. */
export class Threads {
  readonly #options: ThreadsOptions;
  readonly #waiting: Waiting[] = [];
  readonly #idle: Thread[] = [];
  readonly #all = new Set<Thread>();
  #isClosed = false;

  constructor(options: Partial<ThreadsOptions> = {}) {
    this.#options = { ...THREADS_DEFAULT, ...options };
  }

  /** @throws {CodedError} `verification-exhausted`, or the signal's reason */
  async judge(question: VerifyQuestion, signal: AbortSignal): Promise<Judgement> {
    signal.throwIfAborted();
    if (this.#isClosed) throw exhausted(question, "the verifier was closed");
    const { promise, resolve } = Promise.withResolvers<ThreadAnswer | Error>();
    const waiting: Waiting = { question, signal, settle: resolve };
    this.#waiting.push(waiting);
    const leave = (): void => {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      resolve(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#next();
    const answer = await promise;
    signal.removeEventListener("abort", leave);
    if (answer instanceof Error) throw answer;
    if (answer.kind === "judged") return answer.judgement;
    throw answer.code === undefined ? new Error(answer.message) : new CodedError(answer.code, answer.message);
  }

  /** Ends all threads; what they do is answered as exhausted. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { question, settle } of this.#waiting.splice(0)) {
      settle(exhausted(question, "the verifier was closed"));
    }
    await Promise.all([...this.#all].map((thread) => thread.end()));
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const thread =
      this.#idle.pop() ?? (this.#all.size < this.#options.threadsMax ? this.#start() : undefined);
    const waiting = thread === undefined ? undefined : this.#waiting.shift();
    if (waiting !== undefined) thread?.run(waiting, this.#options.timeoutMs);
  }

  #start(): Thread {
    const thread = new Thread(this.#options.heapMiB, {
      free: () => {
        this.#rest(thread);
        this.#next();
      },
      gone: () => {
        this.#all.delete(thread);
        this.#retire(thread);
        this.#next();
      },
    });
    this.#all.add(thread);
    return thread;
  }

  #rest(thread: Thread): void {
    this.#idle.push(thread);
    thread.afterIdle(this.#options.idleMs, () => {
      // Nobody may be given a thread that is about to end.
      this.#retire(thread);
      void thread.end();
    });
  }

  #retire(thread: Thread): void {
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

interface Told {
  /** It has answered and may be asked again. */
  readonly free: () => void;
  /** It has ended, by itself or not. */
  readonly gone: () => void;
}

/** One thread, and the question it works on. */
class Thread {
  readonly #worker: Worker;
  #current: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #fault = "its thread ended";

  constructor(heapMiB: number, told: Told) {
    this.#worker = new Worker(ENTRY, { resourceLimits: { maxOldGenerationSizeMb: heapMiB } });
    // A thread without work must not keep the process alive.
    this.#worker.unref();
    this.#worker.on("message", (answer: ThreadAnswer) => {
      this.#settle(answer);
      told.free();
    });
    this.#worker.on("error", (error: Error & { readonly code?: string }) => {
      const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.#fault = isMemory ? `it needs more than ${heapMiB} MiB` : error.message;
    });
    this.#worker.on("exit", () => {
      if (this.#current !== undefined) this.#settle(exhausted(this.#current.question, this.#fault));
      told.gone();
    });
  }

  run(waiting: Waiting, timeoutMs: number): void {
    clearTimeout(this.#timer);
    this.#current = waiting;
    this.#worker.ref();
    this.#timer = setTimeout(() => this.#stop(`it takes longer than ${timeoutMs / 1_000} s`), timeoutMs);
    waiting.signal.addEventListener("abort", this.#abandon, { once: true });
    this.#worker.postMessage(waiting.question, movedIn(waiting.question));
  }

  afterIdle(idleMs: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, idleMs);
    this.#timer.unref();
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  readonly #abandon = (): void => this.#stop("nobody waits for it any more");

  #stop(fault: string): void {
    this.#fault = fault;
    void this.#worker.terminate();
  }

  #settle(answer: ThreadAnswer | Error): void {
    clearTimeout(this.#timer);
    this.#worker.unref();
    this.#current?.signal.removeEventListener("abort", this.#abandon);
    this.#current?.settle(answer);
    this.#current = undefined;
  }
}

function exhausted({ digest }: VerifyQuestion, fault: string): CodedError {
  return new CodedError("verification-exhausted", `judging what hangs on ${digest}: ${fault}`);
}

/** Memory that is handed to the thread instead of being copied: only what one piece has for itself. */
function movedIn({ evidence, about }: VerifyQuestion): readonly ArrayBuffer[] {
  const listed = about !== "image" && about.kind === "listed" ? about.listed.statements : [];
  const hanging = evidence.candidates.flatMap((candidate) => {
    switch (candidate.kind) {
      case "cosign-signature":
        return [candidate.payload];
      case "cosign-attestation":
      case "notation-signature":
        return [candidate.envelope];
      case "sigstore-bundle":
        return [candidate.bundle];
      case "signed-manifest":
        return [candidate.statement];
      default:
        return candidate satisfies never;
    }
  });
  const moved = [...hanging, ...listed.map(({ statement }) => statement)].flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && byteLength >= MOVED_BYTES_MIN && buffer.byteLength === byteLength
      ? [buffer]
      : [],
  );
  return [...new Set(moved)];
}
