import { InvalidInputError, quote } from "../../errors.ts";
import { compareTexts } from "../../versions/order.ts";
import { createCollector } from "../collector.ts";
import type { ComponentList } from "../component.ts";
import { knownLicence } from "../licence-of.ts";
import type { Purl } from "../purl.ts";
import { isShowable } from "../texts.ts";
import { apkPackagesIn } from "./apk.ts";
import { debPackagesIn } from "./dpkg.ts";
import { textOf } from "./lines.ts";
import { type OsRelease, parseOsRelease } from "./os-release.ts";
import type { DatabaseEntry, InstalledPackage } from "./package.ts";
import { layerFileKindOf } from "./paths.ts";
import { rpmPackageIn } from "./rpm-header.ts";
import { rpmPackagesInManifest } from "./rpm-manifest.ts";
import { blobsIn } from "./sqlite.ts";
import type { LayerFile, LayerFiles } from "./stack.ts";

/** What the layers of an image say is in it, or why they say nothing that could be compared. */
export type LayersReading =
  | { readonly kind: "read"; readonly list: ComponentList }
  | { readonly kind: "not-read"; /** For people, without a stop. */ readonly reason: string };

/** Counts up when the same layers give another list. */
const READER_VERSION = "1";
/** Stands where bytes were no text. */
const REPLACED = "\uFFFD";

/**
 * The component list of an image, from the files of its layers that tell about packages. Packages of distributions only: what lies about as
 * jar, wheel or node_modules is not looked for. A database that is there and cannot be read makes all of it "not read": half a list would
 * look like packages that are gone.
 */
export function listOfLayers(files: LayerFiles): LayersReading {
  const system = systemIn(files);
  const collector = createCollector();
  if (system !== undefined) collector.system({ ...system, version: system.version ?? "" });
  let notInstalled = 0;
  try {
    for (const entry of entriesIn(files)) {
      collector.enter();
      if (entry.kind === "package") add(entry.package);
      else if (entry.reason === "entry-invalid") collector.skip("entry-invalid");
      else notInstalled += 1;
    }
  } catch (error) {
    if (error instanceof InvalidInputError) return { kind: "not-read", reason: error.message };
    throw error;
  }
  const { skipped, ...found } = collector.finish();
  if (found.components.length === 0) {
    return {
      kind: "not-read",
      reason: "its layers have no database of packages that is known and names one",
    };
  }
  return {
    kind: "read",
    list: {
      format: "layers",
      specVersion: READER_VERSION,
      tool: "hullkeeper",
      toolVersion: READER_VERSION,
      ...found,
      skipped: [
        ...skipped,
        ...(notInstalled === 0 ? [] : [{ reason: "not-installed", count: notInstalled }]),
      ].toSorted((a, b) => compareTexts(a.reason, b.reason)),
    },
  };

  function add(installed: InstalledPackage): void {
    const purl = purlOf(installed, system);
    const texts = [purl.name, purl.version ?? "", ...purl.qualifiers.values()];
    if (!texts.every((text) => isShowable(text) && !text.includes(REPLACED))) {
      return collector.skip("entry-invalid");
    }
    const licence = knownLicence(installed.licence);
    collector.add(purl, licence === undefined ? {} : { licence });
  }
}

/** As tools that read images write it. */
function purlOf({ type, name, version, ...more }: InstalledPackage, system: OsRelease | undefined): Purl {
  const said = {
    arch: more.architecture,
    epoch: more.epoch,
    upstream: more.upstream,
    distro: system?.version === undefined ? undefined : `${system.id}-${system.version}`,
  };
  const qualifiers = new Map(
    Object.entries(said).flatMap(([key, value = ""]): [string, string][] =>
      value === "" ? [] : [[key, value]],
    ),
  );
  return { type, ...(system === undefined ? {} : { namespace: system.id }), name, version, qualifiers };
}

/** `etc` stands before `usr/lib`, as for everybody who reads it; mostly it is a link to the other. */
function systemIn(files: LayerFiles): OsRelease | undefined {
  for (const path of ["etc/os-release", "usr/lib/os-release"]) {
    const file = files.get(path);
    if (file?.kind === "file") return parseOsRelease(textOf(file.bytes));
  }
  return undefined;
}

/** @throws {InvalidInputError} `sbom-invalid` for a database that is there and cannot be read */
function* entriesIn(files: LayerFiles): Generator<DatabaseEntry> {
  for (const [path, file] of [...files].toSorted(([a], [b]) => compareTexts(a, b))) {
    yield* entriesOf(path, file);
  }
}

function* entriesOf(path: string, file: LayerFile): Generator<DatabaseEntry> {
  const kind = layerFileKindOf(path);
  if (kind === undefined || kind === "os-release") return;
  if (file.kind === "link") throw unread(`${quote(path)} is a link, which is not followed`);
  const { bytes } = file;
  switch (kind) {
    case "apk":
      yield* apkPackagesIn(textOf(bytes));
      return;
    case "dpkg":
    case "dpkg-part":
      yield* debPackagesIn(textOf(bytes));
      return;
    case "rpm-manifest":
      yield* rpmPackagesInManifest(textOf(bytes));
      return;
    case "rpm-sqlite":
      for (const blob of blobsIn(bytes, "Packages")) yield rpmPackageIn(blob);
      return;
    case "rpm-journal":
      // rpm leaves it empty; what is in it is newer than the database.
      if (bytes.byteLength === 0) return;
      throw unread(`${quote(path)} has changes that were not written back`);
    case "rpm-unread":
      if (bytes.byteLength === 0) return;
      throw unread(
        `${quote(path)} is an rpm database in an older form (Berkeley DB or ndb), which is not read`,
      );
    default:
      kind satisfies never;
  }
}

function unread(reason: string): InvalidInputError {
  return new InvalidInputError("sbom-invalid", reason);
}
