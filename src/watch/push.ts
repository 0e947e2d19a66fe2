import { SECOND_MS } from "../time.ts";

/** Least distance between two polls of a repository that notices of pushes bring about: a flood of them is no flood of ours. */
export const PUSH_GAP_MS = 30 * SECOND_MS;
