import { MINUTE_MS, SECOND_MS } from "../time.ts";

/** Least distance between two polls of a repository that notices of pushes bring about: a flood of them is no flood of ours. */
export const PUSH_GAP_MS = 30 * SECOND_MS;

/** The same for pushes of tags that nobody watches: a repository may get one with every build. */
export const PUSH_ELSEWHERE_GAP_MS = 5 * MINUTE_MS;
