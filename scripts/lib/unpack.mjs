import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { capture, faultLineOf } from "./process.mjs";

const LIBRARIES_MAX = 20;

/**
 * Unpacks a program and the libraries it lacks on this machine into a folder, without installing anything.
 *
 * @param {{ apt: import("./apt.mjs").Apt, packages: readonly string[], binary: string, into: string, work: string }} request
 *   `binary` is the program's path inside the packages; `into` is replaced when all went well; `work` is for downloads
 * @returns {Promise<{ path: string, env: Record<string, string> }>} where the program is and what it needs in its environment
 */
export async function unpackProgram({ apt, packages, binary, into, work }) {
  const fresh = `${into}.new-${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  try {
    for (const name of packages) await unpack(await downloaded(apt, name, work), fresh);
    await addLibraries({ apt, packages, binary: join(fresh, binary), root: fresh, work });
    await rm(into, { recursive: true, force: true });
    await rename(fresh, into);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  const directories = await libraryDirectoriesOf(into);
  return {
    path: join(into, binary),
    env: directories.length === 0 ? {} : { LD_LIBRARY_PATH: directories.join(":") },
  };
}

/**
 * Reads what `ldd` printed.
 *
 * @param {string} text standard output and standard error
 * @returns {{ missing: string[], tooOld: boolean }} libraries not found; whether one that is there is older than the program needs
 */
export function parseLdd(text) {
  const missing = [...text.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name = ""]) => name);
  return { missing: [...new Set(missing)], tooOld: /version `[^']+' not found/.test(text) };
}

/**
 * Package names in the order worth trying for a library. Debian names a library package after the library
 * (`libjemalloc.so.2` is in libjemalloc2, `libssl.so.3` in libssl3t64), but not all: `libcrypto.so.3` is in libssl3.
 *
 * @param {string} library `libjemalloc.so.2`
 * @param {readonly string[]} names
 */
export function candidatesFor(library, names) {
  const expected = library.toLowerCase().replace(/\.so\.?/, "");
  const score = (/** @type {string} */ name) => Number(name.replace("-", "").startsWith(expected));
  return names
    .filter((name) => name.startsWith("lib") && !name.startsWith("libc6"))
    .toSorted((one, other) => score(other) - score(one));
}

/** @param {{ apt: import("./apt.mjs").Apt, packages: readonly string[], binary: string, root: string, work: string }} request */
async function addLibraries({ apt, packages, binary, root, work }) {
  const tried = new Set(packages);
  const known = new Set();
  const learn = async (/** @type {string} */ name) => {
    for (const each of (await apt.show(name))?.depends ?? []) known.add(each);
  };
  for (const name of packages) await learn(name);
  for (let round = 0; round < LIBRARIES_MAX; round += 1) {
    const { missing, tooOld } = await lddOf(binary, root);
    if (tooOld) throw new Error("it needs a newer C library than this machine has");
    const [library] = missing;
    if (library === undefined) return;
    let found = false;
    for (const name of candidatesFor(library, [...known]).filter((each) => !tried.has(each))) {
      tried.add(name);
      await learn(name);
      const archive = await downloaded(apt, name, work);
      found = await holds(archive, library);
      if (found) await unpack(archive, root);
      if (found) break;
    }
    if (!found) throw new Error(`no package with ${library} was found`);
  }
  throw new Error(`it needs more than ${LIBRARIES_MAX} libraries that are not installed`);
}

async function lddOf(/** @type {string} */ binary, /** @type {string} */ root) {
  const directories = await libraryDirectoriesOf(root);
  const env = { ...process.env, LC_ALL: "C", LD_LIBRARY_PATH: directories.join(":") };
  const { stdout, stderr } = await capture("ldd", [binary], { env });
  return parseLdd(`${stdout}\n${stderr}`);
}

/** Debian puts libraries into `[usr/]lib/<machine>`. */
async function libraryDirectoriesOf(/** @type {string} */ root) {
  const found = [];
  for (const parent of [join(root, "usr", "lib"), join(root, "lib")]) {
    for (const entry of await readdir(parent, { withFileTypes: true }).catch(() => [])) {
      if (!entry.isDirectory() || !entry.name.includes("-linux-")) continue;
      const directory = join(parent, entry.name);
      if ((await readdir(directory)).some((name) => name.includes(".so"))) found.push(directory);
    }
  }
  return found;
}

async function downloaded(
  /** @type {import("./apt.mjs").Apt} */ apt,
  /** @type {string} */ name,
  /** @type {string} */ work,
) {
  const directory = await mkdtemp(join(work, "deb-"));
  await apt.download(name, directory);
  const archive = (await readdir(directory)).find((each) => each.endsWith(".deb"));
  if (archive === undefined) throw new Error(`apt-get download ${name} left no package`);
  return join(directory, archive);
}

async function unpack(/** @type {string} */ archive, /** @type {string} */ into) {
  const { code, stderr } = await capture("dpkg-deb", ["-x", archive, into]);
  if (code !== 0) throw new Error(`dpkg-deb -x ${basename(archive)}: ${faultLineOf(stderr)}`);
}

async function holds(/** @type {string} */ archive, /** @type {string} */ library) {
  const { stdout } = await capture("dpkg-deb", ["-c", archive]);
  return stdout.split("\n").some((line) => line.replace(/ -> .*$/, "").endsWith(`/${library}`));
}
