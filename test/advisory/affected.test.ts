import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { advisoryIndexOf } from "../../src/advisory/advisory-index.ts";
import { affectedIn, readingOf } from "../../src/advisory/affected.ts";
import { type AdvisoryAnswer, answerAsOf } from "../../src/advisory/answer.ts";
import type { Finding } from "../../src/advisory/finding.ts";
import { type OsvRecord, parseOsvRecord } from "../../src/advisory/osv.ts";
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

  test("indexed in under a second, and 1,125 packages matched in under 50 ms", { timeout: 60_000 }, () => {
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
    const start = performance.now();
    const index = advisoryIndexOf(answerOf(records));
    const indexed = performance.now();
    readingOf(list, index, NO_VEX);
    const cold = performance.now();
    const { judgements } = readingOf(list, index, NO_VEX);
    const warm = performance.now();
    console.log(spoken.length, indexed - start, cold - indexed, warm - cold, judgements.size);
  });
});
