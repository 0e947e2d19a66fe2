import { join } from "node:path";
import { type RunOptions, missingTools, runTool } from "./tool.ts";

/** A key pair made by cosign, as files; the private half has an empty password. */
export interface CosignKey {
  readonly privatePath: string;
  readonly publicPath: string;
}

/** Why cosign cannot be run here, or undefined when it can. */
export function cosignMissing(): string | undefined {
  return missingTools("cosign");
}

/**
 * Runs cosign.
 *
 * @throws {Error} when it is missing or refuses; the message holds what it printed
 */
export function cosign(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return runTool("cosign", args, { ...options, env: { COSIGN_PASSWORD: "", ...options.env } });
}

/** Makes a P-256 key pair in a folder: `NAME.key` and `NAME.pub`. */
export async function generateKeyPair(directory: string, name = "cosign"): Promise<CosignKey> {
  await cosign(["generate-key-pair", "--output-key-prefix", name], { cwd: directory });
  return { privatePath: join(directory, `${name}.key`), publicPath: join(directory, `${name}.pub`) };
}
