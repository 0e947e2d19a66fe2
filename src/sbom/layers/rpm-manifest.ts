import { linesOf } from "./lines.ts";
import { type DatabaseEntry, INVALID_ENTRY } from "./package.ts";

/**
 * Reads the answer of `rpm -qa` that images without rpm keep: per line name, version-release, two times, vendor, epoch, size, architecture,
 * epoch again as a number, source, divided by tabs.
 */
export function* rpmPackagesInManifest(text: string): Generator<DatabaseEntry> {
  for (const line of linesOf(text)) {
    if (line.trim() !== "") yield entryOf(line.split("\t", COLUMNS));
  }
}

const COLUMNS = 10;

function entryOf(columns: readonly string[]): DatabaseEntry {
  const [name = "", version = "", , , , , , architecture = "", epoch = "", upstream = ""] = columns;
  if (columns.length < COLUMNS || name === "" || !version.includes("-")) return INVALID_ENTRY;
  return {
    kind: "package",
    package: {
      type: "rpm",
      name,
      version,
      ...(/^\d+$/.test(epoch) ? { epoch } : {}),
      ...(isSaid(architecture) ? { architecture } : {}),
      ...(isSaid(upstream) ? { upstream } : {}),
    },
  };
}

function isSaid(text: string): boolean {
  return text !== "" && text !== "(none)";
}
