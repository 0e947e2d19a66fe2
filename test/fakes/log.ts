import type { Log } from "../../src/ports/log.ts";

/** Says nothing. */
export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
