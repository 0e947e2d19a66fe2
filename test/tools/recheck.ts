import { execFile } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { promisify } from "node:util";
import { digestOf } from "../../src/image/digest.ts";
import type { ImageId } from "../../src/image/reference.ts";
import { type AcceptedResult, recheckOf } from "../../src/trust/recheck.ts";
import type { Signer } from "../../src/trust/signer.ts";
import type { Accepted } from "../../src/trust/verdict.ts";
import { toolOf } from "./tool.ts";

const run = promisify(execFile);

/** What a reader would be told to run if this had been accepted. */
export interface SupposedResult {
  readonly signer: Signer;
  readonly kind?: AcceptedResult["kind"];
  readonly place?: AcceptedResult["source"]["place"];
  readonly predicateType?: string;
  readonly outcome?: Partial<Accepted>;
}

/** A result as if it had been accepted: by default of a legacy signature, or attestation where there is a type. */
export function supposedResult({ signer, predicateType, outcome, ...found }: SupposedResult): AcceptedResult {
  const { kind = predicateType === undefined ? "cosign-signature" : "cosign-attestation" } = found;
  const {
    place = kind === "cosign-signature" ? "sig-tag" : kind === "cosign-attestation" ? "att-tag" : "referrer",
  } = found;
  const nowhere = digestOf(Buffer.from("nowhere"));
  return {
    kind,
    source: { place, manifest: nowhere, layer: nowhere },
    outcome: {
      kind: "accepted",
      signer,
      groups: [],
      proves: predicateType === undefined ? "image" : "statement",
      ...outcome,
    },
    ...(predicateType === undefined ? {} : { predicateType }),
  };
}

/** Where commands are run: the folder with the reader's files, and what else they have in their environment. */
export interface Reader {
  readonly directory: string;
  readonly keyFile?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Added to every command: what the machine of the test lacks, such as a network. */
  readonly flags?: (line: string) => string;
  readonly signal?: AbortSignal;
}

/** Runs a printed command as a reader would, through the shell. */
export async function runRecheck(
  result: AcceptedResult,
  about: ImageId,
  reader: Reader,
): Promise<"passes" | "fails"> {
  const { directory, keyFile = "vendor.pub", environment, flags, signal } = reader;
  const recheck = recheckOf(result, about, () => keyFile);
  if (recheck.kind === "none") throw new Error(`there is no command: ${recheck.reason}`);
  const tool = toolOf("cosign");
  if (tool.kind === "missing") throw new Error(tool.reason);
  const env = {
    ...tool.env,
    HOME: directory,
    PATH: [dirname(tool.path), process.env["PATH"]].join(delimiter),
    // Nothing may ask the public Sigstore: whoever tries is refused at once.
    HTTPS_PROXY: "http://127.0.0.1:1",
    ...environment,
  };
  const line = `${recheck.line}${flags?.(recheck.line) ?? ""}`;
  return run("/bin/sh", ["-c", line], { cwd: directory, env, signal }).then(
    () => "passes" as const,
    () => "fails" as const,
  );
}
