import { linesOf } from "./lines.ts";
import { type DatabaseEntry, INVALID_ENTRY } from "./package.ts";

const FIELDS: ReadonlySet<string> = new Set(["package", "status", "version", "architecture", "source"]);
/** States in which a package's files are there, if not all set up. */
const INSTALLED: ReadonlySet<string> = new Set([
  "installed",
  "unpacked",
  "half-configured",
  "triggers-awaited",
  "triggers-pending",
]);

/**
 * Reads dpkg's status, or one file of `status.d`, where packages have no status: they are installed.
 *
 * @see deb-control(5), dpkg-query(1)
 */
export function* debPackagesIn(text: string): Generator<DatabaseEntry> {
  let fields = new Map<string, string>();
  let isOpen = false;
  for (const line of linesOf(text)) {
    if (line.trim() === "") {
      if (isOpen) yield entryOf(fields);
      fields = new Map();
      isOpen = false;
      continue;
    }
    isOpen = true;
    // A line that begins with a blank goes on with the field before, and no field that counts is long.
    if (line.startsWith(" ") || line.startsWith("\t")) continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (FIELDS.has(name) && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  if (isOpen) yield entryOf(fields);
}

function entryOf(fields: ReadonlyMap<string, string>): DatabaseEntry {
  const status = fields.get("status");
  // "install ok installed": what is wanted, whether something is wrong, what is.
  if (status !== undefined && !INSTALLED.has(status.split(" ").at(-1) ?? "")) {
    return { kind: "skipped", reason: "not-installed" };
  }
  const [name = "", version = ""] = [fields.get("package"), fields.get("version")];
  if (name === "" || version === "") return INVALID_ENTRY;
  const architecture = fields.get("architecture");
  const upstream = upstreamOf(fields.get("source"));
  return {
    kind: "package",
    package: {
      type: "deb",
      name,
      version,
      ...(architecture === undefined ? {} : { architecture }),
      // Without the field the source has the package's own name, which dpkg knows and does not write.
      upstream: upstream ?? name,
    },
  };
}

/** `openssl (3.0.15-1)` is `openssl@3.0.15-1`. */
function upstreamOf(source: string | undefined): string | undefined {
  if (source === undefined || source === "") return undefined;
  const open = source.indexOf("(");
  if (open === -1) return source;
  const name = source.slice(0, open).trim();
  const version = source
    .slice(open + 1)
    .replace(/\)$/, "")
    .trim();
  return version === "" ? name : `${name}@${version}`;
}
