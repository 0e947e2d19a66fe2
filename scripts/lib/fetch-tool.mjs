import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApt } from "./apt.mjs";
import { debianArchivesOf, readSources } from "./debian-sources.mjs";
import { askVersion, isAtLeast, pathOf } from "./program.mjs";
import { SetupError, step } from "./step.mjs";
import { unpackProgram } from "./unpack.mjs";

/** @typedef {import("../tools.mjs").Tool} Tool */
/** @typedef {import("../tools.mjs").Found} Found */

/** The release that has what older ones lack; its cosign, oras and docker-compose run from Debian 12 on. */
const OTHER_RELEASE = "trixie";

/**
 * Says why a tool cannot be fetched on this machine at all.
 *
 * @param {Tool} tool
 * @param {string} osId as in os-release
 * @returns {Promise<string | undefined>}
 */
export async function refusalOf({ packages }, osId) {
  if (packages.length === 0) {
    return osId === "debian"
      ? "is not installed (as root: apt-get install chromium, or node scripts/bootstrap.mjs setup --full)"
      : "is not installed";
  }
  if (osId !== "debian") return `is not in PATH, and is fetched on Debian only (this is ${osId}): install it`;
  for (const command of ["apt-get", "apt-cache", "dpkg-deb", "ldd"]) {
    if ((await pathOf(command)) === undefined)
      return `is not in PATH, and cannot be fetched without ${command}`;
  }
  return undefined;
}

/**
 * Fetches a tool from the machine's own release of Debian, else from the one that has it.
 *
 * @param {Tool} tool
 * @param {{ codename: string, into: string, aptOf: (release: string) => Promise<import("./apt.mjs").Apt>, work: string }} place
 * @returns {Promise<Found | string>} the reason when it cannot be had
 */
export function fetchTool(tool, { codename, into, aptOf, work }) {
  const fetchFrom = async (/** @type {string} */ release) => {
    const apt = await aptOf(release);
    const offer = await apt.show(tool.packages[0] ?? tool.name);
    if (offer === undefined) throw new Error("has no such package");
    if (!isAtLeast(offer.version, tool.minimum)) throw new Error(`has only ${offer.version}`);
    const { packages, binary } = tool;
    const { path, env } = await unpackProgram({ apt, packages, binary, into, work });
    const version = await askVersion({ path, args: tool.versionArgs, env, otherwise: offer.version });
    if (version === undefined) throw new Error("has one that does not run here");
    return { path, env, version, from: release };
  };
  const fetchFromAny = async () => {
    const reasons = [];
    for (const release of new Set([codename, OTHER_RELEASE])) {
      try {
        return await fetchFrom(release);
      } catch (error) {
        if (error instanceof SetupError) throw error;
        reasons.push(`${release}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return `could not be fetched (${reasons.join("; ")})`;
  };
  return step(`Fetching ${tool.name} from Debian`, fetchFromAny, (result) =>
    typeof result === "string" ? result : `${result.version} from ${result.from}`,
  );
}

/**
 * Lends a folder for downloads and the apt of each release, opened when first asked for, and removes all of it at the end.
 *
 * @template Result
 * @param {string} codename of the running release
 * @param {(place: { work: string, aptOf: (release: string) => Promise<import("./apt.mjs").Apt> }) => Promise<Result>} use
 * @returns {Promise<Result>}
 */
export async function withApts(codename, use) {
  const work = await mkdtemp(join(tmpdir(), "hullkeeper-apt-"));
  // As root, apt fetches as a user of its own, who must be able to look into the folder.
  await chmod(work, 0o755);
  /** @type {Map<string, Promise<import("./apt.mjs").Apt>>} */
  const opened = new Map();
  const open = async (/** @type {string} */ release) => {
    const archives = debianArchivesOf(await readSources(), codename);
    if (archives.length === 0) throw new Error("apt knows no Debian archive on this machine");
    const wanted = release === codename ? archives : archives.filter(({ part }) => part !== "-updates");
    const directory = join(work, release);
    return openApt(
      directory,
      wanted.map(({ uri, part }) => ({ uri, suite: `${release}${part}` })),
    );
  };
  try {
    return await use({
      work,
      aptOf: (release) => {
        const apt = opened.get(release) ?? open(release);
        opened.set(release, apt);
        return apt;
      },
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
