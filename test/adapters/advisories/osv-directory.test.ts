import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createOsvDirectory, type OsvReadReport } from "../../../src/adapters/advisories/osv-directory.ts";
import { CodedError } from "../../../src/errors.ts";
import { SECOND_MS } from "../../../src/time.ts";
import { sharedData } from "../../shared-data.ts";

const ECOSYSTEM = "BellSoft Hardened Containers:25";
const records = fileURLToPath(new URL("../../fixtures/osv/records", import.meta.url));
const never = new AbortController().signal;

function recordOf(id: string, more: object = {}): string {
  const affected = [{ package: { ecosystem: ECOSYSTEM, name: "zlib" }, versions: ["1"] }];
  return JSON.stringify({ id, modified: "2026-11-20T00:00:00Z", affected, ...more });
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "osv-directory-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Everything a test needs of one adapter: a clock that stands still until it is set, and what was reported. */
function open(more: Partial<Parameters<typeof createOsvDirectory>[0]> = {}) {
  const reports: OsvReadReport[] = [];
  const clock = { ms: Date.UTC(2026, 10, 24) };
  const advisories = createOsvDirectory({
    directory,
    nowMs: () => clock.ms,
    onRead: (report) => reports.push(report),
    ...more,
  });
  const idsOf = async (name = "zlib"): Promise<readonly string[]> =>
    (await advisories.about([{ ecosystem: ECOSYSTEM, name }], never)).records.map(({ id }) => id).toSorted();
  return { advisories, reports, clock, idsOf };
}

function write(name: string, content: string | Uint8Array): Promise<void> {
  return writeFile(join(directory, name), content);
}

async function asOf(...modified: readonly string[]): Promise<number | undefined> {
  const lines = modified.map((at, position) => recordOf(`A-${position}`, { modified: at }));
  await write("a.jsonl", lines.join("\n"));
  return (await open().advisories.about([], never)).feeds[0]?.asOf;
}

function refusal(more: Partial<Parameters<typeof createOsvDirectory>[0]> = {}): Promise<unknown> {
  return open(more)
    .advisories.about([], never)
    .catch((thrown: unknown) => thrown);
}

function touch(name: string, seconds: number): Promise<void> {
  return utimes(join(directory, name), seconds, seconds);
}

describe("answers from", () => {
  test("the records of the fixtures", async () => {
    const { advisories, reports } = open({ directory: records, name: "BellSoft OSV feed", staleAfterMs: 1 });
    const answer = await advisories.about(
      [
        { ecosystem: ECOSYSTEM, name: "openssl" },
        { ecosystem: ECOSYSTEM, name: "expat" },
        { ecosystem: ECOSYSTEM, name: "nothing" },
        { ecosystem: "BellSoft Hardened Containers:99", name: "expat" },
      ],
      never,
    );
    expect(answer.records.map(({ id }) => id)).toStrictEqual(["BELL-CVE-2026-99102", "BELL-CVE-2026-99101"]);
    const newest = Date.parse("2026-11-22T13:40:29.120Z");
    expect(answer.feeds).toStrictEqual([
      {
        id: "directory",
        name: "BellSoft OSV feed",
        snapshot: expect.stringMatching(/^[0-9a-f]{64}$/),
        asOf: newest,
        checkedAt: newest,
        recordCount: 6,
        ecosystems: ["Alpaquita", "BellSoft Hardened Containers"],
        staleAfterMs: 1,
      },
    ]);
    expect(reports).toStrictEqual([
      { directory: records, fileCount: 7, recordCount: 6, faultCount: 0, faults: [] },
    ]);
  });

  test("lines, packed lines and folders, whatever else lies there", async () => {
    await mkdir(join(directory, "BELL-CVE"));
    await mkdir(join(directory, ".git"));
    await write("a.jsonl", `${recordOf("A-1")}\n\n${recordOf("A-2")}`);
    await write("b.jsonl.gz", gzipSync(`${recordOf("B-1")}\r\n${recordOf("B-2")}\n`));
    await write("BELL-CVE/c.json", recordOf("C-1"));
    await write(".git/d.json", recordOf("D-1"));
    await write(".e.json", recordOf("E-1"));
    await write("README.md", "not a record");
    await symlink(join(directory, ".e.json"), join(directory, "linked.json"));
    await symlink(join(directory, "vanished"), join(directory, "dangling.json"));
    const { idsOf, reports } = open();
    expect(await idsOf()).toStrictEqual(["A-1", "A-2", "B-1", "B-2", "C-1", "E-1"]);
    expect(reports[0]).toMatchObject({ fileCount: 4, faultCount: 0 });
  });

  test("the newer of two records of one id, withdrawn or not", async () => {
    await write("a.json", recordOf("A-1", { modified: "2026-11-20T00:00:00Z" }));
    await write("b.json", recordOf("A-1", { modified: "2026-11-21T00:00:00Z", affected: [] }));
    await write(
      "c.json",
      recordOf("C-1", { modified: "2026-11-21T00:00:00Z", withdrawn: "2026-11-21T00:00:00Z" }),
    );
    await write("d.json", recordOf("C-1"));
    await write("e.json", recordOf("E-1"));
    const { advisories, idsOf } = open();
    expect(await idsOf()).toStrictEqual(["C-1", "E-1"]);
    expect((await advisories.about([], never)).feeds[0]?.recordCount).toBe(2);
  });

  test("a record once, however often it names the packages asked", async () => {
    const affected = ["zlib", "zlib", "expat"].map((name) => ({ package: { ecosystem: ECOSYSTEM, name } }));
    await write("a.json", recordOf("A-1", { affected }));
    const keys = ["zlib", "expat"].map((name) => ({ ecosystem: ECOSYSTEM, name }));
    expect((await open().advisories.about(keys, never)).records).toHaveLength(1);
  });

  test("packages with names of nothing ordinary", async () => {
    await write("a.json", recordOf("A-1"));
    const { idsOf } = open();
    expect(await idsOf("__proto__")).toStrictEqual([]);
    expect(await idsOf("constructor")).toStrictEqual([]);
  });
});

describe("how old it is", () => {
  test("as old as its newest record", async () => {
    expect(await asOf("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", "2026-11-02T00:00:00Z")).toBe(
      Date.UTC(2026, 10, 3),
    );
  });

  test("not as young as a record that claims to be from the future", async () => {
    expect(await asOf("2026-11-01T00:00:00Z", "2099-01-01T00:00:00Z")).toBe(Date.UTC(2026, 10, 1));
    expect(await asOf("2099-01-01T00:00:00Z")).toBeUndefined();
  });

  test("withdrawing is news too", async () => {
    await write(
      "a.json",
      recordOf("A-1", { modified: "2026-11-02T00:00:00Z", withdrawn: "2026-11-02T00:00:00Z" }),
    );
    await write("b.json", recordOf("B-1", { modified: "2026-11-01T00:00:00Z" }));
    expect((await open().advisories.about([], never)).feeds[0]?.asOf).toBe(Date.UTC(2026, 10, 2));
  });
});

describe("what cannot be read is left out and reported", () => {
  test.each([
    { title: "no JSON", name: "bad.json", content: "{", says: /JSON/, line: undefined },
    { title: "no record", name: "bad.json", content: "[]", says: /not an OSV record/, line: undefined },
    { title: "an empty file", name: "bad.json", content: "", says: /JSON/, line: undefined },
    {
      title: "one line of many",
      name: "bad.jsonl",
      content: `${recordOf("L-1")}\nnope\n${recordOf("L-3")}`,
      says: /JSON/,
      line: 2,
    },
    {
      title: "a cut last line",
      name: "bad.jsonl",
      content: `${recordOf("L-1")}\n${recordOf("L-3")}\n{"id":`,
      says: /JSON/,
      line: 3,
    },
    {
      title: "packed lines that are not packed",
      name: "bad.jsonl.gz",
      content: "plain",
      says: /header/,
      line: undefined,
    },
    {
      title: "a record over the bound",
      name: "bad.json",
      content: recordOf("x".repeat(3_000)),
      says: /more than 2000 bytes/,
      line: undefined,
    },
    {
      title: "a line over the bound",
      name: "bad.jsonl",
      content: "x".repeat(200_000),
      says: /a line of more than 2000 bytes/,
      line: 1,
    },
    {
      title: "packed lines that unpack to more than the bound",
      name: "bad.jsonl.gz",
      content: gzipSync("\n".repeat(5_000_000)),
      says: /more than 1000000 bytes/,
      line: undefined,
    },
  ])("$title", async ({ name, content, says, line }) => {
    await write("good.json", recordOf("GOOD-1"));
    await write(name, content);
    const { idsOf, reports } = open({ recordBytesMax: 2_000, fileBytesMax: 1_000_000 });
    const ids = await idsOf();
    expect(ids).toContain("GOOD-1");
    expect(ids.filter((id) => id.startsWith("L-"))).toHaveLength(
      typeof content === "string" && content.includes("L-1") ? 2 : 0,
    );
    expect(reports[0]).toMatchObject({
      faultCount: 1,
      faults: [{ path: name, reason: expect.stringMatching(says) }],
    });
    expect(line === undefined || reports[0]?.faults[0]?.line === line).toBe(true);
  });

  test("packed lines that end in the middle: what came before counts", async () => {
    const random = Array.from({ length: 2_000 }, (_, position) => recordOf(`A-${position * 7_919}`)).join(
      "\n",
    );
    const packed = gzipSync(random);
    await write("a.jsonl.gz", packed.subarray(0, packed.length - 200));
    const { idsOf, reports } = open();
    expect((await idsOf()).length).toBeGreaterThan(0);
    expect(reports[0]).toMatchObject({ faultCount: 1, faults: [{ path: "a.jsonl.gz" }] });
  });

  test("records over the bound", async () => {
    await write("a.jsonl", ["A-1", "A-2", "A-3", "A-4"].map((id) => recordOf(id)).join("\n"));
    const { idsOf, reports } = open({ recordsMax: 2 });
    expect(await idsOf()).toStrictEqual(["A-1", "A-2"]);
    expect(reports[0]?.faults).toStrictEqual([{ path: "a.jsonl", reason: "more than 2 records" }]);
  });

  test("faults are counted and the first are named", async () => {
    await write("a.jsonl", `${recordOf("A-1")}\n${"nope\n".repeat(100)}`);
    const { idsOf, reports } = open();
    await idsOf();
    expect(reports[0]?.faultCount).toBe(100);
    expect(reports[0]?.faults).toHaveLength(20);
  });
});

describe("no answer", () => {
  test.each([
    { title: "an empty directory", prepare: () => Promise.resolve() },
    { title: "nothing that is a record", prepare: () => write("a.json", "{}") },
    { title: "no file of its kinds", prepare: () => write("a.txt", recordOf("A-1")) },
  ])("$title", async ({ prepare }) => {
    await prepare();
    const thrown = await refusal();
    expect(thrown).toBeInstanceOf(CodedError);
    expect(thrown).toMatchObject({ code: "advisories-unavailable", transient: true });
  });

  test("a directory that is not there, or is a file", async () => {
    await write("a.json", recordOf("A-1"));
    for (const missing of [join(directory, "missing"), join(directory, "a.json")]) {
      expect(await refusal({ directory: missing })).toMatchObject({ code: "advisories-unavailable" });
    }
  });

  test("more files than are looked at", async () => {
    for (const name of ["a", "b", "c"]) await write(`${name}.json`, recordOf(name));
    expect(await refusal({ filesMax: 2 })).toMatchObject({
      code: "advisories-unavailable",
      message: expect.stringContaining("more than 2 files"),
    });
  });

  test("to who no longer waits, while the others get theirs", async () => {
    await write("a.json", recordOf("A-1"));
    const { advisories } = open();
    const aborted = AbortSignal.abort(new Error("shutting down"));
    await expect(advisories.about([], aborted)).rejects.toThrow("shutting down");
    const controller = new AbortController();
    const [leaving, staying] = [advisories.about([], controller.signal), advisories.about([], never)];
    controller.abort(new Error("left"));
    await expect(leaving).rejects.toThrow("left");
    expect((await staying).feeds[0]?.recordCount).toBe(1);
  });

  test("then one, once the directory has records", async () => {
    const { idsOf } = open();
    await expect(idsOf()).rejects.toThrow(CodedError);
    await write("a.json", recordOf("A-1"));
    expect(await idsOf()).toStrictEqual(["A-1"]);
  });
});

describe("changes", () => {
  test.each([
    { title: "another file", change: () => write("b.json", recordOf("B-1")), ids: ["A-1", "B-1"] },
    {
      title: "a longer file",
      change: () => appendFile(join(directory, "a.jsonl"), `\n${recordOf("A-2")}`),
      ids: ["A-1", "A-2"],
    },
    {
      title: "another content of the same length",
      change: async () => {
        await write("a.jsonl", recordOf("Z-1"));
        await touch("a.jsonl", 2_000_000_000);
      },
      ids: ["Z-1"],
    },
  ])("$title is seen when the directory is looked at again, not before", async ({ change, ids }) => {
    await write("a.jsonl", recordOf("A-1"));
    await touch("a.jsonl", 1_900_000_000);
    const { idsOf, reports, clock } = open({ checkEveryMs: 5 * SECOND_MS });
    expect(await idsOf()).toStrictEqual(["A-1"]);
    await change();
    clock.ms += 4 * SECOND_MS;
    expect(await idsOf()).toStrictEqual(["A-1"]);
    clock.ms += SECOND_MS;
    expect(await idsOf()).toStrictEqual(ids);
    expect(reports).toHaveLength(2);
  });

  test("a directory that has not changed is not read again", async () => {
    await write("a.jsonl", recordOf("A-1"));
    const { idsOf, reports, clock } = open();
    for (let round = 0; round < 3; round += 1) {
      expect(await idsOf()).toStrictEqual(["A-1"]);
      clock.ms += 60 * SECOND_MS;
    }
    expect(reports).toHaveLength(1);
  });

  test("many who ask at once cause one reading", async () => {
    await write("a.jsonl", recordOf("A-1"));
    const { idsOf, reports } = open();
    await Promise.all(Array.from({ length: 20 }, () => idsOf()));
    expect(reports).toHaveLength(1);
  });

  test("a directory that vanished is no answer, not the old one", async () => {
    const folder = join(directory, "feed");
    await mkdir(folder);
    await write("feed/a.json", recordOf("A-1"));
    const { idsOf, clock } = open({ directory: folder });
    expect(await idsOf()).toStrictEqual(["A-1"]);
    await rm(folder, { recursive: true });
    clock.ms += 60 * SECOND_MS;
    await expect(idsOf()).rejects.toThrow(CodedError);
  });
});

const feed = sharedData("osv/");

describe.skipIf(!existsSync(feed))("BellSoft's feed (real data, skipped where not present)", () => {
  test("all live records and those about hardened containers, once each", { timeout: 60_000 }, async () => {
    const { advisories, reports } = open({ directory: fileURLToPath(feed) });
    const answer = await advisories.about(
      [{ ecosystem: "BellSoft Hardened Containers:25", name: "openssl" }],
      never,
    );
    expect(reports[0]).toMatchObject({ fileCount: 3, faultCount: 0, recordCount: 12_401 });
    expect(answer.records).toHaveLength(38);
    expect(answer.feeds[0]?.asOf).toBeLessThan(Date.UTC(2026, 7, 10));
  });
});
