import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../../src/errors.ts";
import { blobsIn } from "../../../src/sbom/layers/sqlite.ts";
import { rpmDatabaseOf } from "../../tools/rpm-database.ts";

const blobOf = (bytes: number, fill: number): Buffer => Buffer.alloc(bytes, fill % 256);
/** Around every length at which SQLite puts a value somewhere else. */
const LENGTHS = [
  0, 1, 400, 470, 480, 490, 500, 1_000, 4_050, 4_060, 4_061, 4_062, 4_090, 4_100, 8_200, 70_000, 300_000,
];

/** Throws what is no error of ours. */
function outcomeOf(bytes: Buffer): string {
  try {
    blobsIn(bytes, "Packages");
    return "read";
  } catch (error) {
    if (error instanceof InvalidInputError) return "refused";
    throw error;
  }
}

describe("a SQLite file", () => {
  test.each([512, 1_024, 4_096, 65_536])(
    "with pages of %d bytes gives the blobs that were put in",
    (pageBytes) => {
      const blobs = LENGTHS.flatMap((length, index) => [
        blobOf(length, index),
        blobOf(length + 1, index + 100),
      ]);
      const read = blobsIn(rpmDatabaseOf(blobs, pageBytes), "Packages");
      expect(read.map((blob) => Buffer.from(blob))).toStrictEqual(blobs);
    },
  );

  test("of 3,000 rows gives them in order, through pages of pages", () => {
    const blobs = Array.from({ length: 3_000 }, (_, index) => Buffer.from(`row ${index}`.padEnd(200)));
    const read = blobsIn(rpmDatabaseOf(blobs, 512), "Packages");
    expect(read.map((blob) => Buffer.from(blob).toString())).toStrictEqual(
      blobs.map((blob) => blob.toString()),
    );
  });

  test("without rows gives none", () => {
    expect(blobsIn(rpmDatabaseOf([]), "Packages")).toStrictEqual([]);
  });

  const small = rpmDatabaseOf([blobOf(300, 1), blobOf(9_000, 2)], 1_024);

  test.each([
    { title: "nothing", bytes: Buffer.alloc(0) },
    { title: "another file", bytes: Buffer.alloc(4_096, "x") },
    { title: "a header alone", bytes: small.subarray(0, 100) },
    { title: "half of it", bytes: small.subarray(0, small.byteLength / 2) },
    { title: "pages of 0 bytes", bytes: patched(16, 0) },
    { title: "a page that leads to itself", bytes: patchedPage() },
  ])("$title is refused", ({ bytes }) => {
    expect(() => blobsIn(bytes, "Packages")).toThrow(InvalidInputError);
  });

  test("without the table is refused", () => {
    expect(() => blobsIn(small, "Other")).toThrow("the table is not there");
  });

  test("changed anywhere gives blobs or our error, and ends", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(small.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const changed = Buffer.from(small);
          for (const [at, byte] of changes) changed[at] = byte;
          expect(["read", "refused"]).toContain(outcomeOf(changed));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  function patched(at: number, value: number): Buffer {
    const changed = Buffer.from(small);
    changed.writeUInt16BE(value, at);
    return changed;
  }

  /** The first page of overflow says that the next one is itself. */
  function patchedPage(): Buffer {
    const changed = Buffer.from(small);
    for (let page = 2; page * 1_024 <= changed.byteLength; page++) {
      const at = (page - 1) * 1_024;
      // Overflow pages are full of the blob's bytes.
      if (changed[at + 500] === 2) {
        changed.writeUInt32BE(page, at);
        return changed;
      }
    }
    throw new Error("no overflow page");
  }
});
