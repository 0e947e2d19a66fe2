import { linesOf } from "./lines.ts";

/** What an image says its operating system is. */
export interface OsRelease {
  /** `alpine`, `debian`, `rhel`. */
  readonly id: string;
  /** `3.22.1`, `12`; absent for systems without releases. */
  readonly version?: string;
  /** Of the system, as Red Hat's advisories name it. */
  readonly cpe?: string;
}

const FIELDS: ReadonlySet<string> = new Set(["ID", "VERSION_ID", "CPE_NAME"]);

/**
 * Reads os-release; undefined for one that names no system. Of a name that stands twice the last counts, as for a shell.
 *
 * @see os-release(5)
 */
export function parseOsRelease(text: string): OsRelease | undefined {
  const fields = new Map<string, string>();
  for (const line of linesOf(text)) {
    const equals = line.indexOf("=");
    const name = line.slice(0, Math.max(equals, 0)).trim();
    if (FIELDS.has(name)) fields.set(name, unquoted(line.slice(equals + 1).trim()));
  }
  const id = fields.get("ID") ?? "";
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id)) return undefined;
  const version = fields.get("VERSION_ID") ?? "";
  const cpe = fields.get("CPE_NAME") ?? "";
  return {
    id,
    ...(/^[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}$/.test(version) ? { version } : {}),
    ...(/^cpe:[!-~]{1,200}$/.test(cpe) ? { cpe } : {}),
  };
}

function unquoted(text: string): string {
  const [first = ""] = text;
  return (first === '"' || first === "'") && text.length > 1 && text.endsWith(first)
    ? text.slice(1, -1)
    : text;
}
