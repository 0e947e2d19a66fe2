import { type RunOptions, missingTools, runTool } from "./tool.ts";

/** Why oras cannot be run here, or undefined when it can. */
export function orasMissing(): string | undefined {
  return missingTools("oras");
}

/**
 * Runs oras.
 *
 * @throws {Error} when it is missing or refuses; the message holds what it printed
 */
export function oras(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return runTool("oras", args, options);
}
