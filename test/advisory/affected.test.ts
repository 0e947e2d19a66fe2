import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { advisoryIndexOf } from "../../src/advisory/advisory-index.ts";
import { affectedIn, readingOf } from "../../src/advisory/affected.ts";
import { type AdvisoryAnswer, answerAsOf } from "../../src/advisory/answer.ts";
import type { Finding } from "../../src/advisory/finding.ts";
import { type OsvRecord, parseOsvRecord } from "../../src/advisory/osv.ts";
import type { VexStatement } from "../../src/advisory/vex.ts";
import { NO_VEX } from "../../src/advisory/vex-match.ts";
import { instantOf } from "../../src/time.ts";
import { libericaRelease, listOf } from "../fixtures/lists.ts";
import { feedOf } from "../fixtures/feeds.ts";
import { osvFixtures } from "../fixtures/osv-records.ts";
import { sharedData } from "../shared-data.ts";

const ECOSYSTEM = "BellSoft Hardened Containers:25";
const CRITICAL = [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }];

function purl(name: string, version: string, upstream?: string): string {
  const source = upstream === undefined ? "" : `&upstream=${upstream}`;
  return `pkg:apk/bellsoft-hardened-containers/${name}@${version}?distro=bellsoft-hardened-containers-25${source}`;
}

function recordOf(
  id: string,
  more: Partial<OsvRecord> = {},
  name = "openssl",
  ecosystem = ECOSYSTEM,
): OsvRecord {
  return {
    id,
    modified: "2026-11-20T00:00:00Z",
    published: "2026-11-18T00:00:00Z",
    affected: [
      {
        package: { ecosystem, name },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "3.0-r0" }, { fixed: "3.5.4-r0" }] }],
      },
    ],
    ...more,
  };
}

const openssl = [purl("libcrypto3", "3.5.3-r0", "openssl"), purl("libssl3", "3.5.3-r0", "openssl")];

function found(purls: readonly string[], ...records: readonly OsvRecord[]): readonly Finding[] {
  return affectedIn(readingOf(listOf(...purls), advisoryIndexOf(answerOf(records)), NO_VEX));
}

function answerOf(records: readonly OsvRecord[], more: Partial<AdvisoryAnswer> = {}): AdvisoryAnswer {
  const ecosystems = [
    "Alpaquita",
    "BellSoft Hardened Containers",
    "Wolfi",
    "Go",
    "Docker Hardened Images",
    "DHI",
  ];
  return {
    feeds: [feedOf({ ecosystems })],
    records,
    related: [],
    vex: [],
    signals: new Map(),
    ...more,
  };
}

describe("findings", () => {
  test("one per source package, with all that is known", () => {
    const record = recordOf("BELL-CVE-2026-0001", { upstream: ["CVE-2026-0001"], severity: CRITICAL });
    expect(found(openssl, record)).toStrictEqual([
      {
        id: "CVE-2026-0001",
        recordId: "BELL-CVE-2026-0001",
        severity: "critical",
        score: 9.8,
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        packageName: "openssl",
        installedVersion: "3.5.3-r0",
        fixedVersion: "3.5.4-r0",
        publishedAt: Date.UTC(2026, 10, 18),
      },
    ]);
  });

  test("one per vulnerability of an advisory about three", () => {
    const record = recordOf("BSA-1", { upstream: ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"] });
    expect(found(openssl, record).map(({ id, recordId }) => [id, recordId])).toStrictEqual([
      ["CVE-2026-0001", "BSA-1"],
      ["CVE-2026-0002", "BSA-1"],
      ["CVE-2026-0003", "BSA-1"],
    ]);
  });

  test("two records about one: the graver, known since the earlier, in either order", () => {
    const early = recordOf("A-1", { upstream: ["CVE-2026-0001"], published: "2026-11-01T00:00:00Z" });
    const grave = recordOf("B-1", { aliases: ["CVE-2026-0001"], severity: CRITICAL });
    const expected = [
      expect.objectContaining({ recordId: "B-1", severity: "critical", publishedAt: Date.UTC(2026, 10, 1) }),
    ];
    expect(found(openssl, early, grave)).toStrictEqual(expected);
    expect(found(openssl, grave, early)).toStrictEqual(expected);
  });

  test("one per source package of one vulnerability", () => {
    const ids = { upstream: ["CVE-2026-0001"] };
    const findings = found(
      [...openssl, purl("libx", "3.1-r0")],
      recordOf("A-1", ids),
      recordOf("A-2", ids, "libx"),
    );
    expect(findings.map(({ packageName }) => packageName)).toStrictEqual(["libx", "openssl"]);
  });

  test("without published date: since it was modified", () => {
    const { published: _, ...record } = recordOf("A-1");
    expect(found(openssl, record)[0]?.publishedAt).toBe(Date.UTC(2026, 10, 20));
  });

  test("worst first", () => {
    const high = [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" }];
    const low = [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" }];
    const records = [
      recordOf("U-1"),
      recordOf("H-2", { severity: low }),
      recordOf("C-1", { severity: CRITICAL }),
      recordOf("H-1", { severity: high }),
    ];
    expect(found(openssl, ...records).map(({ id }) => id)).toStrictEqual(["C-1", "H-1", "H-2", "U-1"]);
  });
});

describe("no findings", () => {
  test.each([
    {
      title: "a withdrawn record",
      purls: openssl,
      record: recordOf("A-1", { withdrawn: "2026-11-19T00:00:00Z" }),
    },
    {
      title: "another release",
      purls: openssl,
      record: recordOf("A-1", {}, "openssl", "BellSoft Hardened Containers:23"),
    },
    { title: "another distribution", purls: openssl, record: recordOf("A-1", {}, "openssl", "Alpaquita:25") },
    {
      title: "the binary package's name where the source is known",
      purls: openssl,
      record: recordOf("A-1", {}, "libssl3"),
    },
    {
      title: "a version before it was introduced",
      purls: [purl("openssl", "2.9-r0")],
      record: recordOf("A-1"),
    },
    { title: "the fixed version", purls: [purl("openssl", "3.5.4-r0")], record: recordOf("A-1") },
    {
      title: "a release that is not stated",
      purls: ["pkg:apk/bellsoft-hardened-containers/openssl@3.5.3-r0"],
      record: recordOf("A-1"),
    },
    {
      title: "an entry that names no package",
      purls: openssl,
      record: recordOf("A-1", { affected: [{ versions: ["3.5.3-r0"] }] }),
    },
    { title: "a record about nothing", purls: openssl, record: recordOf("A-1", { affected: [] }) },
  ])("$title", ({ purls, record }) => {
    expect(found(purls, record)).toStrictEqual([]);
    expect(found(openssl, recordOf("A-1"))).toHaveLength(1);
  });
});

test("Wolfi's advisories name the package or its source", () => {
  const purls = ["pkg:apk/wolfi/libssl3@3.5.3-r0?upstream=openssl"];
  const records = [recordOf("A-1", {}, "libssl3", "Wolfi"), recordOf("A-2", {}, "openssl", "Wolfi")];
  expect(found(purls, ...records).map(({ id, packageName }) => `${id} ${packageName}`)).toStrictEqual([
    "A-1 openssl",
    "A-2 openssl",
  ]);
});

test("three releases of the image", () => {
  const ids = ([1, 2, 3] as const).map((release) =>
    affectedIn(readingOf(libericaRelease(release), advisoryIndexOf(answerOf(osvFixtures())), NO_VEX)).map(
      ({ id, severity }) => `${id} ${severity}`,
    ),
  );
  expect(ids).toStrictEqual([
    ["CVE-2026-99101 critical", "CVE-2026-99102 high", "CVE-2026-99104 medium", "CVE-2026-99103 medium"],
    ["CVE-2026-99104 medium"],
    [],
  ]);
});

const feed = sharedData("osv/bellsoft-live.jsonl.gz");

function feedRecords(): readonly OsvRecord[] {
  const lines = gunzipSync(readFileSync(feed)).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => parseOsvRecord(JSON.parse(line)));
}

function findingsIn(
  versions: Readonly<Record<string, string>>,
  records: readonly OsvRecord[],
): readonly Finding[] {
  const purls = Object.entries(versions).map(
    ([name, version]) => `pkg:apk/alpaquita/${name}@${version}?distro=alpaquita-stream`,
  );
  return found(purls, ...records);
}

describe.skipIf(!existsSync(feed))("BellSoft's feed (real data, skipped where not present)", () => {
  // Source packages of Alpaquita stream on 2024-06-15 and 2024-10-24, those of a typical base image.
  const BEFORE = {
    openssl: "3.3.1-r0",
    curl: "8.8.0-r0",
    expat: "2.6.2-r0",
    libxml2: "2.12.7-r0",
    sqlite: "3.46.0-r0",
  };
  const AFTER = {
    openssl: "3.3.2-r3",
    curl: "8.10.1-r0",
    expat: "2.6.3-r0",
    libxml2: "2.13.4-r0",
    sqlite: "3.46.1-r0",
  };
  const GOLDEN = [
    "CVE-2024-45491 expat 2.6.3-r0 critical 9.8",
    "CVE-2024-45492 expat 2.6.3-r0 critical 9.8",
    "CVE-2025-3277 sqlite 3.46.1-r0 critical 9.8",
    "CVE-2024-40896 libxml2 2.13.4-r0 critical 9.1",
    "CVE-2024-5535 openssl 3.3.1-r2 critical 9.1",
    "CVE-2024-45490 expat 2.6.3-r0 high 7.5",
    "CVE-2024-6197 curl 8.9.0-r0 high 7.5",
    "CVE-2024-7264 curl 8.9.1-r0 medium 6.5",
    "CVE-2024-6874 curl 8.9.0-r0 medium 4.3",
    "CVE-2024-9143 openssl 3.3.2-r3 medium 4.3",
  ];

  function fixedWith(records: readonly OsvRecord[]): readonly string[] {
    const after = findingsIn(AFTER, records);
    expect(after.length).toBeGreaterThan(0);
    const left = new Set(after.map(({ id, packageName }) => `${id} ${packageName}`));
    return findingsIn(BEFORE, records)
      .filter(({ id, packageName }) => !left.has(`${id} ${packageName}`))
      .map(
        ({ id, packageName, fixedVersion, severity, score }) =>
          `${id} ${packageName} ${fixedVersion} ${severity} ${score}`,
      );
  }

  test(
    "U1: ten go from the one base image to the other: 5 critical, 2 high, 3 medium",
    { timeout: 60_000 },
    () => {
      const records = feedRecords();
      expect(records).toHaveLength(12_401);
      expect(fixedWith(records)).toStrictEqual(GOLDEN);
    },
  );

  test(
    "U2: as of the day of the newer image eight of them: 3 critical, 2 high, 3 medium",
    { timeout: 60_000 },
    () => {
      const day = instantOf(Date.UTC(2024, 9, 24, 23, 59));
      const { records } = answerAsOf(answerOf(feedRecords()), day);
      const later = ["CVE-2025-3277", "CVE-2024-40896"];
      expect(fixedWith(records)).toStrictEqual(
        GOLDEN.filter((line) => !later.some((id) => line.startsWith(id))),
      );
      expect(fixedWith(records)).toHaveLength(8);
    },
  );

  test("indexed in under a second, and 1,125 packages matched in a part of one", { timeout: 60_000 }, () => {
    const records = feedRecords();
    const spoken = records.flatMap((record) =>
      (record.affected ?? []).map((each) => each.package?.name ?? ""),
    );
    const names = [
      ...new Set(spoken),
      ...Array.from({ length: 1_125 }, (_, position) => `package-${position}`),
    ];
    const purls = names
      .slice(0, 1_125)
      .map((name) => `pkg:apk/alpaquita/${encodeURIComponent(name)}@1.0.0-r0?distro=alpaquita-stream`);
    const list = listOf(...purls);
    expect(list.components).toHaveLength(1_125);
    // The best of several runs: the machine may be busy.
    const runs = Array.from({ length: 12 }, () => {
      const start = performance.now();
      const index = advisoryIndexOf(answerOf(records));
      const indexed = performance.now();
      expect(readingOf(list, index, NO_VEX).judgements.size).toBeGreaterThan(50);
      return { indexMs: indexed - start, matchMs: performance.now() - indexed };
    });
    expect(Math.min(...runs.map(({ indexMs }) => indexMs))).toBeLessThan(1_000);
    expect(Math.min(...runs.map(({ matchMs }) => matchMs))).toBeLessThan(150);
  });
});

describe("what sets a finding apart", () => {
  const ids = { upstream: ["CVE-2026-0001"] };
  const window = (...events: readonly Readonly<Record<string, string>>[]) => ({
    ...ids,
    affected: [
      {
        package: { ecosystem: ECOSYSTEM, name: "openssl" },
        ranges: [{ type: "ECOSYSTEM", events: events.map((event) => ({ ...event })) }],
      },
    ],
  });

  test("U3: libcrypto3 with upstream openssl is matched as openssl", () => {
    expect(found([purl("libcrypto3", "3.5.3-r0", "openssl")], recordOf("A-1", ids))).toMatchObject([
      { id: "CVE-2026-0001", packageName: "openssl" },
    ]);
  });

  test("U4: without any hint of its source it is asked about by its own name: no match, and counted", () => {
    const list = listOf(purl("libcrypto3", "3.5.3-r0"));
    const result = readingOf(list, advisoryIndexOf(answerOf([recordOf("A-1", ids)])), NO_VEX);
    expect(affectedIn(result)).toStrictEqual([]);
    expect([result.matched.size, result.ownNamed.size, result.unmatched.size]).toStrictEqual([1, 1, 0]);
  });

  test("U6: without a release it is unmatched, and not Alpine's", () => {
    const list = listOf("pkg:apk/bellsoft-hardened-containers/openssl@3.5.3-r0");
    const alpine = recordOf("A-1", ids, "openssl", "Alpine:v3.22");
    const result = readingOf(list, advisoryIndexOf(answerOf([alpine, recordOf("A-2", ids)])), NO_VEX);
    expect(affectedIn(result)).toStrictEqual([]);
    expect([...result.unmatched.values()]).toStrictEqual(["release of their distribution unknown"]);
  });

  test.each([
    { title: "U7: below introduced: not affected", version: "2.9-r9", count: 0 },
    { title: "introduced itself: affected", version: "3.0-r0", count: 1 },
    { title: "U9: the fixed version: not affected", version: "3.5.4-r0", count: 0 },
  ])("$title", ({ version, count }) => {
    expect(found([purl("openssl", version)], recordOf("A-1", ids))).toHaveLength(count);
  });

  test("U8: without a fix it is affected, and names none", () => {
    const [finding] = found(openssl, recordOf("A-1", window({ introduced: "3.0-r0" })));
    expect(finding).toMatchObject({ id: "CVE-2026-0001" });
    expect(finding).not.toHaveProperty("fixedVersion");
  });

  test.each([
    { title: "U10: the last affected version itself is affected", version: "3.5.3-r0", count: 1 },
    { title: "U10: the next one is not", version: "3.5.3-r1", count: 0 },
  ])("$title", ({ version, count }) => {
    const record = recordOf("A-1", window({ introduced: "0" }, { last_affected: "3.5.3-r0" }));
    expect(found([purl("openssl", version)], record)).toHaveLength(count);
  });

  test("U11: a withdrawn record is a reason not to be affected; un-withdrawn, it finds again", () => {
    const withdrawn = recordOf("A-1", {
      ...ids,
      withdrawn: "2026-11-21T00:00:00Z",
      summary: "does not affect our software",
    });
    const index = advisoryIndexOf(answerOf([withdrawn]));
    const result = readingOf(listOf(...openssl), index, NO_VEX);
    expect(affectedIn(result)).toStrictEqual([]);
    expect([...result.judgements.values()].map(({ state }) => state)).toStrictEqual([
      {
        kind: "not-affected",
        because: {
          id: "CVE-2026-0001",
          packageName: "openssl",
          why: "withdrawn",
          detail: "does not affect our software",
          saidBy: "A-1",
        },
      },
    ]);
    expect(found(openssl, recordOf("A-1", ids))).toHaveLength(1);
    expect(found(openssl, withdrawn, recordOf("B-1", ids))).toHaveLength(1);
  });

  test("U12: without a rating it is unknown, and critical once it has one", () => {
    expect(found(openssl, recordOf("A-1", ids))).toMatchObject([{ severity: "unknown" }]);
    expect(found(openssl, recordOf("A-1", { ...ids, severity: CRITICAL }))).toMatchObject([
      { severity: "critical", score: 9.8 },
    ]);
  });

  test("U13: two records of one CVE are one finding", () => {
    expect(
      found(openssl, recordOf("A-1", ids), recordOf("B-1", { aliases: ["CVE-2026-0001"] })),
    ).toHaveLength(1);
  });

  test("U14: an advisory about three CVEs is three findings", () => {
    const three = { upstream: ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"] };
    expect(found(openssl, recordOf("BSA-1", three))).toHaveLength(3);
  });

  test("U22: of a range of six windows the version is in one or in none", () => {
    const events = [1, 2, 3, 4, 5, 6].flatMap((major) => [
      { introduced: `${major}.0.0` },
      { fixed: `${major}.5.0` },
    ]);
    const record = {
      ...recordOf("DHI-1", ids, "redis", "DHI"),
      affected: [{ package: { ecosystem: "DHI", name: "redis" }, ranges: [{ type: "SEMVER", events }] }],
    };
    const fixes = ["0.9.0", "1.0.0", "3.4.9", "3.5.0", "6.1.0", "6.5.0", "7.0.0"].map(
      (version) => found([`pkg:dhi/redis@${version}`], record)[0]?.fixedVersion ?? "none",
    );
    expect(fixes).toStrictEqual(["none", "1.5.0", "3.5.0", "none", "6.5.0", "none", "none"]);
  });
});

function rated(records: readonly OsvRecord[], related: readonly OsvRecord[]): readonly Finding[] {
  const index = advisoryIndexOf(answerOf(records, { related }));
  return affectedIn(readingOf(listOf(...openssl), index, NO_VEX));
}

describe("ratings", () => {
  const ids = { upstream: ["CVE-2026-0001"] };
  const HIGH = [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" }];
  const nvd = { ...recordOf("CVE-2026-0001", { severity: CRITICAL }), affected: [] };
  const ghsa = { ...recordOf("GHSA-x", { aliases: ["CVE-2026-0001"], severity: HIGH }), affected: [] };

  test("the record that names the package goes before all others", () => {
    const own = rated([recordOf("A-1", { ...ids, severity: HIGH })], [nvd]);
    expect(own).toMatchObject([{ severity: "high", score: 7.5 }]);
    expect(own[0]).not.toHaveProperty("ratedBy");
  });

  test("U21: one without a rating takes another record's, the CVE's own last; else it is unknown", () => {
    expect(rated([recordOf("DHI-1", ids)], [])).toMatchObject([{ severity: "unknown" }]);
    expect(rated([recordOf("DHI-1", ids)], [nvd])).toMatchObject([
      { severity: "critical", score: 9.8, recordId: "DHI-1", ratedBy: "CVE-2026-0001" },
    ]);
    expect(rated([recordOf("DHI-1", ids)], [nvd, ghsa])).toMatchObject([
      { severity: "high", recordId: "DHI-1", ratedBy: "GHSA-x" },
    ]);
  });

  test("a word of the database is a rating too", () => {
    expect(
      rated([recordOf("DHI-1", { ...ids, database_specific: { severity: "HIGH" } })], [nvd]),
    ).toMatchObject([{ severity: "high" }]);
  });

  test("a withdrawn record rates nothing, and a related one affects nothing", () => {
    const gone = { ...nvd, withdrawn: "2026-11-21T00:00:00Z" };
    expect(rated([recordOf("DHI-1", ids)], [gone])).toMatchObject([{ severity: "unknown" }]);
    expect(rated([], [recordOf("A-1", ids)])).toStrictEqual([]);
  });
});

test("what is known about exploiting it is joined by its CVE", () => {
  const kev = { addedAt: instantOf(Date.UTC(2026, 10, 20)), isRansomware: true };
  const signals = new Map([["CVE-2026-0001", { kev, epss: { score: 0.9, percentile: 0.99 } }]]);
  const records = [recordOf("A-1", { upstream: ["CVE-2026-0001"] }), recordOf("A-2")];
  const index = advisoryIndexOf(answerOf(records, { signals }));
  const findings = affectedIn(readingOf(listOf(...openssl), index, NO_VEX));
  expect(findings).toMatchObject([{ id: "A-2" }, { id: "CVE-2026-0001", kev, epss: { score: 0.9 } }]);
  expect(findings[0]).not.toHaveProperty("kev");
});

test("packages that no feed speaks of are not looked up, whatever records there are", () => {
  const npm = recordOf("A-1", {}, "a", "npm");
  const index = advisoryIndexOf(answerOf([npm]));
  const result = readingOf(listOf("pkg:npm/a@3.1.0", ...openssl), index, NO_VEX);
  expect([...result.unmatched.values()]).toStrictEqual(["no feed speaks of their ecosystem"]);
  expect(result.judgements.size).toBe(0);
});

test.each([
  { title: "the release itself", ecosystems: ["Debian", "Debian:12", "Debian:13"], is: true },
  { title: "the distribution, and no release of it", ecosystems: ["Debian"], is: true },
  { title: "other releases of it alone", ecosystems: ["Debian", "Debian:12"], is: false },
  { title: "another distribution", ecosystems: ["Ubuntu", "Ubuntu:13"], is: false },
])("a feed that speaks of $title covers a release: $is", ({ ecosystems, is }) => {
  expect(advisoryIndexOf(answerOf([], { feeds: [feedOf({ ecosystems })] })).covers("Debian:13")).toBe(is);
});

test("a version without an order is neither affected nor fixed", () => {
  const result = readingOf(
    listOf(purl("openssl", "latest")),
    advisoryIndexOf(answerOf([recordOf("A-1")])),
    NO_VEX,
  );
  expect([...result.judgements.values()].map(({ state }) => state.kind)).toStrictEqual(["unknown"]);
  expect(affectedIn(result)).toStrictEqual([]);
});

const said = (status: VexStatement["status"], more: Partial<VexStatement> = {}): VexStatement => ({
  vulnerabilities: ["A-1"],
  status,
  at: instantOf(0),
  author: "the vendor",
  products: [],
  from: "attestation",
  ...more,
});

describe("what a vendor says of its own packages", () => {
  const LIBSSL = "apk/bellsoft-hardened-containers/libssl3";

  /** What becomes of A-1 in openssl where these are said of its two packages, and under which names it was asked about. */
  function judged(
    [crypto, ssl]: readonly [VexStatement | undefined, VexStatement | undefined],
    more: Partial<OsvRecord> = {},
  ) {
    const asked: (readonly string[])[] = [];
    const record = recordOf("A-1", more);
    const result = readingOf(listOf(...openssl), advisoryIndexOf(answerOf([record])), ({ key }, names) => {
      asked.push(names);
      return key === LIBSSL ? ssl : crypto;
    });
    return { states: [...result.judgements.values()].map(({ state }) => state), asked };
  }

  test.each([
    {
      title: "not affected, with the vendor's word for it",
      crypto: said("not_affected", { justification: "vulnerable_code_not_present", impact: "none" }),
      because: { why: "vex", detail: "vulnerable_code_not_present" },
    },
    {
      title: "not affected, in its own words",
      crypto: said("not_affected", { impact: "not built in" }),
      because: { why: "vex", detail: "not built in" },
    },
    { title: "not affected, without a word", crypto: said("not_affected"), because: { why: "vex" } },
    { title: "fixed", crypto: said("fixed"), because: { why: "backport" } },
    {
      title: "a fix that was brought back",
      crypto: said("not_affected", { justification: "inline_mitigations_already_exist" }),
      because: { why: "backport", detail: "inline_mitigations_already_exist" },
    },
    {
      title: "fixed in one of its packages, and otherwise not affected in the other",
      crypto: said("fixed"),
      ssl: said("not_affected"),
      because: { why: "vex" },
    },
  ])("$title", ({ crypto, ssl = crypto, because }) => {
    expect(judged([crypto, ssl]).states).toStrictEqual([
      {
        kind: "not-affected",
        because: { id: "A-1", packageName: "openssl", ...because, saidBy: "the vendor" },
      },
    ]);
  });

  test.each([
    { title: "nothing is said", crypto: undefined, ssl: undefined },
    { title: "nothing is said of one of its packages", crypto: said("not_affected"), ssl: undefined },
    { title: "nothing is said of the other", crypto: undefined, ssl: said("fixed") },
    { title: "one of them is affected", crypto: said("fixed"), ssl: said("affected") },
    { title: "it is looked into", crypto: said("under_investigation"), ssl: said("under_investigation") },
  ])("affected where $title", ({ crypto, ssl }) => {
    expect(judged([crypto, ssl]).states).toStrictEqual([{ kind: "affected" }]);
  });

  test("is looked for by the vulnerability, the record and its other names, and no other vulnerability's", () => {
    const names = { upstream: ["CVE-2026-0001"], aliases: ["GHSA-1", "CVE-2026-9999"] };
    const { asked } = judged([undefined, undefined], names);
    expect(asked.length).toBeGreaterThan(1);
    for (const each of asked) expect(each.slice(1)).toStrictEqual(["A-1", "GHSA-1"]);
    expect(new Set(asked.map(([first]) => first))).toStrictEqual(new Set(["CVE-2026-0001", "CVE-2026-9999"]));
  });
});

describe("what is told beside the judgement", () => {
  test("a withdrawn record says why, where it does", () => {
    const withdrawn = { withdrawn: "2026-11-21T00:00:00Z" };
    for (const more of [withdrawn, { ...withdrawn, summary: "does not affect it" }]) {
      const result = readingOf(
        listOf(...openssl),
        advisoryIndexOf(answerOf([recordOf("A-1", more)])),
        NO_VEX,
      );
      expect([...result.judgements.values()].map(({ state }) => state)).toStrictEqual([
        {
          kind: "not-affected",
          because: {
            id: "A-1",
            packageName: "openssl",
            why: "withdrawn",
            ...("summary" in more ? { detail: more.summary } : {}),
            saidBy: "A-1",
          },
        },
      ]);
    }
  });

  test("a version without an order says so, and names no fix", () => {
    const list = listOf(purl("openssl", "latest"));
    const [judgement] = readingOf(
      list,
      advisoryIndexOf(answerOf([recordOf("A-1")])),
      NO_VEX,
    ).judgements.values();
    expect(judgement?.state).toStrictEqual({
      kind: "unknown",
      reason: 'whether version "latest" has the fix: it has no order that is known',
    });
    expect(judgement?.finding).not.toHaveProperty("fixedVersion");
  });

  test("the packages, by their sources; those that could not be asked about, with the reason", () => {
    const list = listOf(...openssl, purl("zlib", "1.3.1-r0"), "pkg:npm/a@1.0.0", "pkg:generic/b@1");
    const { packages, unmatched, unmatchedPackages, matched, ownNamed } = readingOf(
      list,
      advisoryIndexOf(answerOf([])),
      NO_VEX,
    );
    expect(packages).toStrictEqual(
      new Set(['["apk","openssl"]', '["apk","zlib"]', '["npm","a"]', '["generic","b"]']),
    );
    expect([...unmatchedPackages.keys()]).toStrictEqual(['["generic","b"]', '["npm","a"]']);
    expect([matched.size, ownNamed.size, unmatched.size]).toStrictEqual([3, 1, 2]);
    expect(unmatchedPackages.get('["npm","a"]')).toBe("no feed speaks of their ecosystem");
    expect(unmatchedPackages.get('["generic","b"]')).not.toBe("no feed speaks of their ecosystem");
  });

  test("two records about one vulnerability: the graver, known since the earlier, in all packages", () => {
    const early = recordOf("A-1", { upstream: ["CVE-2026-0001"], published: "2026-11-01T00:00:00Z" });
    const grave = recordOf("B-1", { upstream: ["CVE-2026-0001"], severity: CRITICAL });
    for (const records of [
      [early, grave],
      [grave, early],
    ]) {
      const [judgement] = readingOf(
        listOf(...openssl),
        advisoryIndexOf(answerOf(records)),
        NO_VEX,
      ).judgements.values();
      expect(judgement?.finding).toMatchObject({
        recordId: "B-1",
        severity: "critical",
        publishedAt: Date.parse("2026-11-01T00:00:00Z"),
      });
      expect(judgement?.packages).toStrictEqual(new Set(['["apk","openssl"]']));
    }
  });

  test("a record without a date of publication has the one it was changed at, and one without any is refused", () => {
    const { published: _published, ...undated } = recordOf("A-1");
    expect(found(openssl, undated)).toMatchObject([{ publishedAt: Date.parse("2026-11-20T00:00:00Z") }]);
    expect(() => found(openssl, { ...undated, modified: "yesterday" })).toThrow(
      '"A-1" has no date that can be read',
    );
  });
});
