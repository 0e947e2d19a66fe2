import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { quote } from "../../../errors.ts";
import { SECOND_MS } from "../../../time.ts";
import { type DockerEntry, type NamedHelper } from "./docker-config.ts";
import { loginFailed, TOKEN_USERNAME } from "./credentials.ts";
import { Secret } from "../../../secret.ts";

/** Longest time a helper may take. */
export const HELPER_TIMEOUT_MS = 10 * SECOND_MS;
const OUTPUT_BYTES_MAX = 64 * 1024;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
/** What helpers say when they have nothing. @see docker-credential-helpers, credentials/error.go */
const NOT_FOUND = "credentials not found in native keychain";

export interface HelperCall extends NamedHelper {
  /** The file that names it. */
  readonly namedBy: string;
  readonly registry: string;
  /** All it sees of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

const answerSchema = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Asks a program for credentials, as docker does: `docker-credential-<name> get`, without a shell, the registry on its standard input.
 * `empty` when it has none.
 *
 * @throws {CodedError} `registry-login-failed`. What the program printed is left out: it may be the secret.
 * @see docker-credential-helpers, "Development"
 */
export async function askHelper(
  call: HelperCall,
  signal: AbortSignal,
): Promise<Extract<DockerEntry, { readonly kind: "basic" | "identity-token" | "empty" }>> {
  const { name, serverUrl, registry, namedBy } = call;
  const program = `docker-credential-${name}`;
  const fail = (happened: string, mend?: string): Error =>
    loginFailed(
      { registry, source: `${quote(program)}, which ${namedBy} names` },
      happened,
      mend ?? `to see why, run: echo ${serverUrl} | ${program} get`,
    );
  if (!NAME.test(name)) throw fail("no helper has such a name", "only letters, digits, _ and - are taken");

  const outcome = await run(program, call, signal);
  signal.throwIfAborted();
  if (outcome.kind === "failed") {
    if (outcome.output.includes(NOT_FOUND)) return { kind: "empty" };
    throw fail(outcome.reason);
  }
  const { Username: username, Secret: secret } = answerIn(outcome.output) ?? { Username: "", Secret: "" };
  if (secret === "") throw fail("what it printed is not an answer");
  if (username === TOKEN_USERNAME) return { kind: "identity-token", username, token: new Secret(secret) };
  if (username === "" || username.includes(":")) throw fail("its answer has no usable user");
  return { kind: "basic", username, password: new Secret(secret) };
}

type Outcome =
  | { readonly kind: "ended"; readonly output: string }
  | { readonly kind: "failed"; readonly output: string; readonly reason: string };

async function run(
  program: string,
  { serverUrl, environment, timeoutMs }: HelperCall,
  signal: AbortSignal,
): Promise<Outcome> {
  const running = promisify(execFile)(program, ["get"], {
    env: { ...environment },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: OUTPUT_BYTES_MAX,
    windowsHide: true,
    signal,
  });
  // A program that ends without reading is judged by how it ended.
  running.child.stdin?.on("error", () => undefined);
  running.child.stdin?.end(`${serverUrl}\n`);
  try {
    return { kind: "ended", output: (await running).stdout };
  } catch (thrown) {
    return { kind: "failed", output: outputOf(thrown), reason: reasonOf(thrown, timeoutMs) };
  }
}

function outputOf(thrown: unknown): string {
  return thrown instanceof Error && "stdout" in thrown && typeof thrown.stdout === "string"
    ? thrown.stdout
    : "";
}

function reasonOf(thrown: unknown, timeoutMs: number): string {
  if (!(thrown instanceof Error) || !("code" in thrown)) return "it failed";
  if (thrown.code === "ENOENT") return "there is no such program on the PATH";
  if (thrown.code === "EACCES") return "it may not be run";
  if (thrown.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
    return `it printed more than ${OUTPUT_BYTES_MAX} bytes`;
  if ("killed" in thrown && thrown.killed === true) return `it did not end within ${timeoutMs} ms`;
  return typeof thrown.code === "number" ? `it ended with status ${thrown.code}` : "it failed";
}

function answerIn(output: string): z.infer<typeof answerSchema> | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(output)).data;
  } catch {
    // The parser's message would quote the secret.
    return undefined;
  }
}
