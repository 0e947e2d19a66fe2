import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * @typedef {{ uri: string, suite: string, components: readonly string[] }} Source one archive and suite
 */

/**
 * Reads the `deb` lines of a sources.list.
 *
 * @param {string} text
 * @returns {Source[]}
 * @see sources.list(5), "THE ONE-LINE-STYLE FORMAT"
 */
export function parseSourceList(text) {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, uri = "", suite = "", components = ""] = match;
    return [{ uri, suite, components: wordsOf(components) }];
  });
}

/**
 * Reads the enabled binary stanzas of a .sources file.
 *
 * @param {string} text
 * @returns {Source[]}
 * @see sources.list(5), "DEB822-STYLE FORMAT"
 */
export function parseSourceStanzas(text) {
  const withoutComments = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n");
  return withoutComments.split(/\n[ \t]*\n/).flatMap((stanza) => {
    const fields = fieldsOf(stanza);
    if (!wordsOf(fields.get("types") ?? "").includes("deb")) return [];
    if (/^(no|false|off|disable|without)$/i.test(fields.get("enabled") ?? "yes")) return [];
    const components = wordsOf(fields.get("components") ?? "");
    return wordsOf(fields.get("uris") ?? "").flatMap((uri) =>
      wordsOf(fields.get("suites") ?? "").map((suite) => ({ uri, suite, components })),
    );
  });
}

/**
 * Where Debian's own packages come from on this machine: the archive and, if it has one, the security archive.
 * Archives of others may look the same (suite `stable`, component `main`); apt tells them apart by Debian's key.
 *
 * @param {readonly Source[]} sources
 * @param {string} codename of the running release, `bookworm`
 * @returns {{ uri: string, part: string }[]} `part` is what follows the codename: nothing, `-updates` or `-security`
 */
export function debianArchivesOf(sources, codename) {
  const own = new RegExp(`^(?:${codename}|(?:old)*stable|testing|unstable)(|-updates|-security)/?$`);
  const archives = sources.flatMap(({ uri, suite, components }) => {
    const part = own.exec(suite)?.[1];
    if (part === undefined || !components.includes("main")) return [];
    return [{ uri, part }];
  });
  return archives.filter(
    ({ uri, part }, position) =>
      archives.findIndex((each) => each.uri === uri && each.part === part) === position,
  );
}

/**
 * Every source this machine's apt knows.
 *
 * @param {string} [etc] apt's folder
 * @returns {Promise<Source[]>}
 */
export async function readSources(etc = "/etc/apt") {
  const parts = join(etc, "sources.list.d");
  const names = (await readdir(parts).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1));
  const main = parseSourceList(await readText(join(etc, "sources.list")));
  const others = await Promise.all(
    names.map(async (name) => {
      if (name.endsWith(".list")) return parseSourceList(await readText(join(parts, name)));
      if (name.endsWith(".sources")) return parseSourceStanzas(await readText(join(parts, name)));
      return [];
    }),
  );
  return [...main, ...others.flat()];
}

function fieldsOf(/** @type {string} */ stanza) {
  const fields = new Map();
  let name = "";
  for (const line of stanza.split("\n")) {
    const match = /^([A-Za-z][\w-]*):(.*)$/.exec(line);
    if (match !== null) name = (match[1] ?? "").toLowerCase();
    const value = match === null ? line : (match[2] ?? "");
    fields.set(name, `${fields.get(name) ?? ""} ${value.trim()}`.trim());
  }
  return fields;
}

function wordsOf(/** @type {string} */ text) {
  return text.split(/\s+/).filter((word) => word !== "");
}

function readText(/** @type {string} */ path) {
  return readFile(path, "utf8").catch(() => "");
}
