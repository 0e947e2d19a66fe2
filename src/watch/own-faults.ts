import { createHash } from "node:crypto";
import type { OwnFault } from "../vendor/own-settings.ts";
import type { OwnFile } from "./scan.ts";

/** `line 3, column 5: labels[0]: is empty`. */
export function faultInWords({ path, line, column, reason }: OwnFault): string {
  const where = line === undefined ? "" : `line ${line}${column === undefined ? "" : `, column ${column}`}: `;
  return `${where}${path === "" ? "" : `${path}: `}${reason}`;
}

/** Tells faults of one file from other ones: 32 hex digits. */
export function faultsHashOf({ path, faults }: Pick<OwnFile, "path" | "faults">): string {
  return createHash("sha256")
    .update(JSON.stringify([path, faults]))
    .digest("hex")
    .slice(0, 32);
}
