import type { FeedDefinition } from "../src/advisory/feed-definition.ts";
import { DAY_MS, HOUR_MS } from "../src/time.ts";

/** A feed that is known by its name. */
export type FeedPreset = Omit<FeedDefinition, "id">;

const DUMPS = "https://osv-vulnerabilities.storage.googleapis.com";
const ARCHIVES = "https://codeload.github.com";
const NO_PASSING_ON = "CC BY-NC-ND 4.0: not for commercial scanners, and not to be passed on";

/** A feed of OSV's dumps: asked every hour for what changed. */
function dump(ecosystem: string, name: string): FeedPreset {
  return {
    name,
    everyMs: HOUR_MS,
    staleAfterMs: DAY_MS,
    ecosystems: [ecosystem],
    place: { kind: "osv-dump", url: DUMPS, ecosystem },
  };
}

/** Feeds by name, each with what its publisher says of it. */
export const FEED_PRESETS: ReadonlyMap<string, FeedPreset> = new Map<string, FeedPreset>([
  [
    "bellsoft",
    {
      name: "BellSoft's advisories",
      everyMs: HOUR_MS,
      staleAfterMs: DAY_MS,
      ecosystems: ["Alpaquita", "BellSoft Hardened Containers"],
      licenceNote: "MIT",
      place: { kind: "archive", url: `${ARCHIVES}/bell-sw/osv-database/tar.gz/HEAD` },
    },
  ],
  [
    "docker-hardened-images",
    {
      name: "Docker Hardened Images' advisories",
      everyMs: HOUR_MS,
      staleAfterMs: DAY_MS,
      ecosystems: ["DHI", "Docker Hardened Images"],
      licenceNote: "Apache-2.0",
      place: { kind: "archive", url: `${ARCHIVES}/docker-hardened-images/advisories/tar.gz/HEAD` },
    },
  ],
  ["alpine", dump("Alpine", "Alpine's advisories")],
  ["debian", dump("Debian", "Debian's advisories")],
  ["ubuntu", dump("Ubuntu", "Ubuntu's advisories")],
  ["red-hat", dump("Red Hat", "Red Hat's advisories")],
  ["suse", dump("SUSE", "SUSE's advisories")],
  ["azure-linux", dump("Azure Linux", "Azure Linux's advisories")],
  ["minimos", dump("MinimOS", "MinimOS' advisories")],
  ["bitnami", dump("Bitnami", "Bitnami's advisories")],
  ["go", dump("Go", "Go's advisories")],
  ["maven", dump("Maven", "advisories of Maven packages")],
  ["npm", dump("npm", "advisories of npm packages")],
  ["pypi", dump("PyPI", "advisories of Python packages")],
  ["wolfi", { ...dump("Wolfi", "Wolfi's advisories"), licenceNote: NO_PASSING_ON, isPrivate: true }],
  [
    "chainguard",
    { ...dump("Chainguard", "Chainguard's advisories"), licenceNote: NO_PASSING_ON, isPrivate: true },
  ],
  [
    "osv-api",
    {
      name: "OSV's service",
      everyMs: HOUR_MS,
      staleAfterMs: HOUR_MS,
      ecosystems: [],
      place: { kind: "osv-api", url: "https://api.osv.dev" },
    },
  ],
  [
    "kev",
    {
      name: "CISA's known exploited vulnerabilities",
      everyMs: HOUR_MS,
      staleAfterMs: 3 * DAY_MS,
      ecosystems: [],
      place: {
        kind: "kev",
        url: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
      },
    },
  ],
  [
    "epss",
    {
      name: "FIRST's EPSS scores",
      everyMs: 6 * HOUR_MS,
      staleAfterMs: 3 * DAY_MS,
      ecosystems: [],
      place: { kind: "epss", url: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz" },
    },
  ],
  [
    "vulnrichment",
    {
      name: "CISA's Vulnrichment (SSVC)",
      everyMs: 6 * HOUR_MS,
      staleAfterMs: 3 * DAY_MS,
      ecosystems: [],
      licenceNote: "CC0",
      place: { kind: "archive", url: `${ARCHIVES}/cisagov/vulnrichment/tar.gz/HEAD` },
    },
  ],
]);
