import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { capture, faultLineOf } from "./process.mjs";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const UPDATE_TIMEOUT_MS = 180_000;

/** Lists nobody needs here and that apt-file or an app store may have asked for: tens of megabytes. */
const OTHER_LISTS = [
  "DEP-11",
  "DEP-11-icons-small",
  "DEP-11-icons",
  "DEP-11-icons-hidpi",
  "Contents-deb",
  "CNF",
];

/**
 * An apt with lists and cache of its own: needs no root, changes nothing of the system's package state, runs none of the
 * machine's hooks, and checks Debian's signatures as ever. Proxy and login settings of the machine stay in force.
 *
 * @typedef {{
 *   show(name: string): Promise<{ version: string, depends: readonly string[] } | undefined>,
 *   download(name: string, into: string): Promise<void>,
 * }} Apt
 *
 * @param {string} directory where it may write; a folder of its own
 * @param {readonly { uri: string, suite: string }[]} sources
 * @returns {Promise<Apt>}
 */
export async function openApt(directory, sources) {
  const conf = join(directory, "apt.conf");
  await mkdir(join(directory, "lists", "partial"), { recursive: true });
  await mkdir(join(directory, "cache", "archives", "partial"), { recursive: true });
  await writeFile(join(directory, "status"), "");
  await writeFile(
    join(directory, "sources.list"),
    sources.map(({ uri, suite }) => `deb [signed-by=${KEYRING}] ${uri} ${suite} main\n`).join(""),
  );
  await writeFile(conf, configurationOf(directory));

  const update = await capture("apt-get", ["-c", conf, "-q", "update"], options(UPDATE_TIMEOUT_MS));
  // A source that could not be read does not spoil the others; whether a package can be had is asked below.
  const updateFault = update.code === 0 ? undefined : faultLineOf(update.stderr);

  return {
    async show(name) {
      const { code, stdout, stderr } = await capture(
        "apt-cache",
        ["-c", conf, "show", "--no-all-versions", name],
        options(),
      );
      if (code === 127) throw new Error(`apt-cache cannot be run: ${stderr}`);
      const version = /^Version: (?:\d+:)?(\S+)$/m.exec(stdout)?.[1];
      if (version === undefined && updateFault !== undefined)
        throw new Error(`apt-get update: ${updateFault}`);
      if (version === undefined) return undefined;
      return { version, depends: dependsOf(stdout) };
    },
    async download(name, into) {
      const { code, stderr } = await capture("apt-get", ["-c", conf, "-q", "download", name], {
        ...options(),
        cwd: into,
      });
      if (code !== 0) throw new Error(`apt-get download ${name}: ${faultLineOf(stderr)}`);
    },
  };
}

/** Names in the Depends field, alternatives included, in order. */
function dependsOf(/** @type {string} */ control) {
  const field = /^(?:Pre-)?Depends: (.*)$/m.exec(control)?.[1] ?? "";
  return field.split(/[,|]/).map((each) => each.trim().replace(/[\s(:].*$/, ""));
}

/**
 * The hooks must go by `#clear`: Debian's container images ship one that empties the system's own package cache. It works only in
 * a file given by `-c`, which apt reads after the machine's own.
 */
function configurationOf(/** @type {string} */ directory) {
  return [
    ...["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"].map((hook) => `#clear APT::Update::${hook};`),
    ...OTHER_LISTS.map((list) => `#clear Acquire::IndexTargets::deb::${list};`),
    `Dir::Etc::SourceList "${directory}/sources.list";`,
    `Dir::Etc::SourceParts "/dev/null";`,
    `Dir::Etc::Preferences "/dev/null";`,
    `Dir::Etc::PreferencesParts "/dev/null";`,
    `Dir::State::Lists "${directory}/lists";`,
    `Dir::State::status "${directory}/status";`,
    `Dir::Cache "${directory}/cache";`,
    // Otherwise a network that is down looks like an archive without packages.
    `APT::Update::Error-Mode "any";`,
    `Acquire::Languages "none";`,
    `Acquire::Retries "2";`,
    `Acquire::http::Timeout "20";`,
    `Acquire::https::Timeout "20";`,
    "",
  ].join("\n");
}

function options(timeoutMs = 300_000) {
  return { timeoutMs, env: { ...process.env, LC_ALL: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive" } };
}
