import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { advisoryIndexOf } from "../../src/advisory/advisory-index.ts";
import { readingOf } from "../../src/advisory/affected.ts";
import type { AdvisoryAnswer } from "../../src/advisory/answer.ts";
import { packageKeysOf } from "../../src/advisory/ecosystem.ts";
import { type OsvRecord, parseOsvRecord } from "../../src/advisory/osv.ts";
import { renderPackageKey } from "../../src/advisory/package-key.ts";
import { NO_VEX } from "../../src/advisory/vex-match.ts";
import { assessmentOf } from "../../src/assess/assess.ts";
import type { ListsAnswer } from "../../src/assess/components.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { instantOf } from "../../src/time.ts";
import { sharedData } from "../../test/shared-data.ts";

const RELEASE = "23";
const ECOSYSTEM = `Alpaquita:${RELEASE}`;
const PACKAGES = 1_125;
/** Packages of one stored image, and how many of them the feed speaks of. */
const PACKAGES_OF_IMAGE = 60;
const TOLD_OF_IMAGE = 12;
const NOW = instantOf(Date.UTC(2026, 7, 8));
const FEED = sharedData("osv/bellsoft-live.jsonl.gz");

/** Where the real feed is missing, nothing of this is measured. */
export function feedMissing(): string | undefined {
  return existsSync(FEED) ? undefined : "BellSoft's feed is not in the folder of shared data";
}

/** Each line of BellSoft's feed. */
export function feedLines(): readonly string[] {
  return gunzipSync(readFileSync(FEED))
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
}

/** Reads every record, by the form that records have to have. */
export function recordsIn(lines: readonly string[]): readonly OsvRecord[] {
  return lines.map((line) => parseOsvRecord(JSON.parse(line)));
}

/** Makes records ready to be asked. */
export function indexOf(records: readonly OsvRecord[]) {
  return advisoryIndexOf(answerOf(records));
}

/** A list of packages: all that the feed speaks of in one release, in versions that are affected, and others. */
export function listOfFeed(records: readonly OsvRecord[]): ComponentList {
  return listOf(packagesIn(records), PACKAGES, "old");
}

/** How many vulnerabilities a list has, for certain or not. */
export function judgementsIn(list: ComponentList, index: ReturnType<typeof indexOf>): number {
  return readingOf(list, index, NO_VEX).judgements.size;
}

/** Stored images: pairs of an old and a new one, with what carries each package. */
export interface Stock {
  readonly pairs: readonly { readonly old: ComponentList; readonly new: ComponentList }[];
  /** Places in `pairs`, by the key of a package. */
  readonly carriers: ReadonlyMap<string, readonly number[]>;
  readonly recordsAbout: ReadonlyMap<string, readonly OsvRecord[]>;
}

/** As many images, each with packages of its own choice. */
export function stockOf(records: readonly OsvRecord[], count: number): Stock {
  const packages = packagesIn(records).filter(({ name }) => !name.startsWith("linux"));
  const pairs = Array.from({ length: count }, (_, image) => {
    const own = Array.from(
      { length: TOLD_OF_IMAGE },
      (__, at) => packages[(image * 7 + at * 19) % packages.length] ?? [],
    ).flat();
    return { old: listOf(own, PACKAGES_OF_IMAGE, "old"), new: listOf(own, PACKAGES_OF_IMAGE, "new") };
  });
  const carriers = new Map<string, number[]>();
  for (const [place, { old, new: current }] of pairs.entries()) {
    for (const key of packageKeysOf([old, current]).map(renderPackageKey)) {
      const known = carriers.get(key);
      if (known === undefined) carriers.set(key, [place]);
      else known.push(place);
    }
  }
  return { pairs, carriers, recordsAbout: recordsByPackage(records) };
}

/** Assesses anew the images that carry a package that any of these records is about. @returns how many */
export function reassess({ pairs, carriers, recordsAbout }: Stock, changed: readonly OsvRecord[]): number {
  const touched = new Set(
    changed.flatMap(({ affected = [] }) =>
      affected.flatMap(({ package: named }) =>
        named === undefined ? [] : (carriers.get(renderPackageKey(named)) ?? []),
      ),
    ),
  );
  for (const place of touched) {
    const pair = pairs[place];
    if (pair === undefined) continue;
    const keys = packageKeysOf([pair.old, pair.new]).map(renderPackageKey);
    const records = new Set(keys.flatMap((key) => recordsAbout.get(key) ?? []));
    const { vulnerabilities } = assessmentOf({
      movement: "forward",
      old: wholeOf(pair.old),
      new: wholeOf(pair.new),
      advisories: answerOf([...records]),
      at: NOW,
    });
    if (vulnerabilities.kind !== "assessed") throw new Error(vulnerabilities.reason);
  }
  return touched.size;
}

function answerOf(records: readonly OsvRecord[]): AdvisoryAnswer {
  const feed = {
    id: "bellsoft",
    name: "BellSoft's OSV feed",
    snapshot: "5005275d",
    checkedAt: NOW,
    recordCount: records.length,
    ecosystems: ["Alpaquita", "BellSoft Hardened Containers"],
    staleAfterMs: Number.MAX_SAFE_INTEGER,
  };
  return { feeds: [feed], records, related: [], vex: [], signals: new Map() };
}

function recordsByPackage(records: readonly OsvRecord[]): ReadonlyMap<string, readonly OsvRecord[]> {
  const known = new Map<string, OsvRecord[]>();
  for (const record of records) {
    for (const { package: named } of record.affected ?? []) {
      if (named === undefined) continue;
      const key = renderPackageKey(named);
      const about = known.get(key);
      if (about === undefined) known.set(key, [record]);
      else about.push(record);
    }
  }
  return known;
}

interface Told {
  readonly name: string;
  readonly old: string;
  readonly new: string;
}

/** Packages of one release, each in a version that some record calls affected and one that some record calls fixed. */
function packagesIn(records: readonly OsvRecord[]): readonly Told[] {
  const told = new Map<string, Told>();
  for (const { package: about, ranges = [] } of records.flatMap((record) => record.affected ?? [])) {
    if (about?.ecosystem !== ECOSYSTEM || told.has(about.name)) continue;
    const events = ranges.flatMap((range) => range.events);
    const [introduced] = events
      .flatMap((event) => event["introduced"] ?? [])
      .filter((version) => version !== "0");
    const [fixed] = events.flatMap((event) => event["fixed"] ?? []);
    if (introduced === undefined || fixed === undefined) continue;
    told.set(about.name, { name: about.name, old: introduced, new: fixed });
  }
  return [...told.values()];
}

/** So many packages: these, and others that no feed speaks of. */
function listOf(told: readonly Told[], count: number, side: "old" | "new"): ComponentList {
  const others = Array.from({ length: Math.max(0, count - told.length) }, (_, at) => ({
    name: `other-${at}`,
    old: "1.0-r0",
    new: `1.${at % 3}-r0`,
  }));
  return readSbom("https://cyclonedx.org/bom", {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    components: [...told, ...others].map((one) => ({
      type: "library",
      name: one.name,
      purl: `pkg:apk/alpaquita/${encodeURIComponent(one.name)}@${one[side]}?distro=alpaquita-${RELEASE}`,
    })),
  });
}

function wholeOf(list: ComponentList): ListsAnswer {
  return { kind: "lists", lists: [{ platform: "", list }] };
}
