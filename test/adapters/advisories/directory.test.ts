import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NEVER, NOW, read, recordText, sourceOf } from "./bench.ts";

const WRITTEN_S = Date.UTC(2026, 10, 23) / 1_000;
const FETCHED_S = Date.UTC(2026, 10, 24) / 1_000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "feed-directory-"));
});
afterEach(() => rm(directory, { recursive: true }));

const source = (limits: Parameters<typeof sourceOf>[1] = {}) =>
  sourceOf({ kind: "directory", path: directory }, limits);

async function write(name: string, content: string | Uint8Array, writtenS = WRITTEN_S): Promise<void> {
  await writeFile(join(directory, name), content);
  await utimes(join(directory, name), writtenS, writtenS);
}

describe("a directory gives", () => {
  test("records, lines, packed lines and folders, whatever else lies there", async () => {
    await mkdir(join(directory, "BELL-CVE"));
    await mkdir(join(directory, ".git"));
    await write("a.jsonl", `${recordText("A-1")}\n\n${recordText("A-2")}`);
    await write("b.jsonl.gz", gzipSync(`${recordText("B-1")}\r\n${recordText("B-2")}\n`));
    await write("BELL-CVE/c.json", recordText("C-1"));
    await write(".git/d.json", recordText("D-1"));
    await write(".e.json", recordText("E-1"));
    await write("README.md", "not a record");
    await symlink(join(directory, "vanished"), join(directory, "dangling.json"));
    const { kind, ids, faults } = await read(source());
    expect({ kind, ids: ids.toSorted(), faults }).toEqual({
      kind: "all",
      ids: ["A-1", "A-2", "B-1", "B-2", "C-1"],
      faults: [],
    });
  });

  test("nothing to do until a file is added, removed or written", async () => {
    await write("a.json", recordText("A-1"));
    const { validator } = await read(source());
    expect(await read(source(), validator)).toMatchObject({ kind: "unchanged" });
    await write("b.json", recordText("B-1"));
    const added = await read(source(), validator);
    expect(added.ids).toEqual(["A-1", "B-1"]);
    await write("b.json", recordText("B-1"), WRITTEN_S + 1);
    expect((await read(source(), added.validator)).kind).toBe("all");
    await rm(join(directory, "b.json"));
    expect(await read(source(), validator)).toMatchObject({ kind: "unchanged" });
  });

  test("when somebody last made sure of it: when it was written, or fetched", async () => {
    await write("a.json", recordText("A-1"));
    const { checkedAt, validator } = await read(source());
    expect(checkedAt).toBe(WRITTEN_S * 1_000);
    await mkdir(join(directory, ".git"));
    await write(".git/FETCH_HEAD", "", FETCHED_S);
    expect(await read(source(), validator)).toMatchObject({
      kind: "unchanged",
      checkedAt: FETCHED_S * 1_000,
    });
    await write(".git/FETCH_HEAD", "", NOW / 1_000 + 60);
    expect((await read(source())).checkedAt).toBe(NOW);
  });

  test("what can be read where something cannot, each with its place", async () => {
    await write("a.json", "{");
    await write("b.jsonl", `${recordText("B-1")}\n{\n${recordText("B-2")}\n`);
    await write("c.json", recordText("C-1", { x: "x".repeat(2_000) }));
    await write("d.jsonl", `${recordText("D-1")}\n${"x".repeat(200_000)}`);
    await write("e.jsonl.gz", gzipSync(recordText("E-1")).subarray(0, 40));
    const { ids, faults } = await read(source({ recordBytesMax: 1_000 }));
    expect(ids.toSorted()).toEqual(["B-1", "B-2", "D-1"]);
    const places = faults.map((fault) => fault.slice(0, fault.indexOf(":")));
    expect(places).toEqual(["a.json", "b.jsonl, line 2", "c.json", "d.jsonl, line 2", "e.jsonl.gz"]);
  });
});

describe("a directory is refused", () => {
  test("that is not there", async () => {
    const gone = sourceOf({ kind: "directory", path: join(directory, "gone") });
    await expect(read(gone)).rejects.toMatchObject({ code: "advisories-unavailable" });
  });

  test("with more records than it may have", async () => {
    await write("a.jsonl", `${recordText("A-1")}\n${recordText("A-2")}`);
    await expect(read(source({ recordsMax: 1 }))).rejects.toMatchObject({ code: "advisories-unavailable" });
  });

  test("when it is looked at and holds nothing", async () => {
    await expect(source().look(NOW, NEVER)).rejects.toThrow("has no record at all");
    await write("a.json", "{");
    await expect(source().look(NOW, NEVER)).rejects.toThrow("a.json");
    await write("b.json", recordText("B-1"));
    await expect(source().look(NOW, NEVER)).resolves.toBeUndefined();
  });
});
