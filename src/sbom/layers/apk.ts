import { linesOf } from "./lines.ts";
import { type DatabaseEntry, INVALID_ENTRY } from "./package.ts";

/** Fields that count; the others are files, checksums and dependencies. */
const FIELDS: ReadonlySet<string> = new Set(["P", "V", "A", "L", "o"]);

/**
 * Reads apk's database of installed packages: one letter, a colon and a value per line, an empty line after each package.
 *
 * @see apk-tools 2.14, src/database.c, `apk_pkg_write_index_entry`
 */
export function* apkPackagesIn(text: string): Generator<DatabaseEntry> {
  let fields = new Map<string, string>();
  let isOpen = false;
  for (const line of linesOf(text)) {
    if (line === "") {
      if (isOpen) yield entryOf(fields);
      fields = new Map();
      isOpen = false;
      continue;
    }
    isOpen = true;
    const letter = line.charAt(0);
    // The first counts: what follows `F:` and `R:` are files, whose own letters are others.
    if (line.charAt(1) === ":" && FIELDS.has(letter) && !fields.has(letter))
      fields.set(letter, line.slice(2));
  }
  if (isOpen) yield entryOf(fields);
}

function entryOf(fields: ReadonlyMap<string, string>): DatabaseEntry {
  const [name = "", version = ""] = [fields.get("P"), fields.get("V")];
  if (name === "" || version === "") return INVALID_ENTRY;
  const architecture = fields.get("A");
  const upstream = fields.get("o");
  const licence = fields.get("L");
  return {
    kind: "package",
    package: {
      type: "apk",
      name,
      version,
      ...(architecture === undefined ? {} : { architecture }),
      ...(upstream === undefined ? {} : { upstream }),
      ...(licence === undefined ? {} : { licence }),
    },
  };
}
