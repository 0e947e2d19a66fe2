import { createZstdDecompress, constants, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ZstdFrames } from "../../../../src/adapters/registry/layers/zstd-frames.ts";

const CONTENT = [
  Buffer.alloc(300_000, "a"),
  Buffer.from("short"),
  Buffer.alloc(0),
  Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * index) % 251)),
];
const CHECKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

function skippable(text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a50, 0);
  header.writeUInt32LE(text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

const STREAM = Buffer.concat([
  skippable("first"),
  ...CONTENT.flatMap((part) => [zstdCompressSync(part), skippable(""), zstdCompressSync(part, CHECKED)]),
  skippable("last"),
]);

function cutsOf(stream: Buffer, pieceBytes: number): readonly Uint8Array[] {
  const frames = new ZstdFrames();
  const cuts: Uint8Array[] = [];
  for (let at = 0; at < stream.byteLength; at += pieceBytes) {
    cuts.push(...frames.cut(stream.subarray(at, at + pieceBytes)));
  }
  return cuts;
}

async function expanded(cuts: readonly Uint8Array[]): Promise<Buffer> {
  const stream = createZstdDecompress();
  const pieces: Uint8Array[] = [];
  stream.on("data", (piece: Uint8Array) => pieces.push(piece));
  for (const cut of cuts) stream.write(cut);
  stream.end();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.on("end", resolve).on("error", reject);
  await promise;
  return Buffer.concat(pieces);
}

describe("the frames of a zstd stream", () => {
  test("Node's decompressor drops what it is written after a frame, which is why they are cut", async () => {
    const two = Buffer.concat([zstdCompressSync("one"), zstdCompressSync("two")]);
    expect((await expanded([two])).toString()).toBe("one");
    expect((await expanded(cutsOf(two, 1_000))).toString()).toBe("onetwo");
  });

  test.each([1, 2, 3, 7, 64, 1_000, STREAM.byteLength])(
    "all content arrives, in pieces of %d bytes",
    async (pieceBytes) => {
      const all = Buffer.concat(CONTENT.flatMap((part) => [part, part]));
      expect((await expanded(cutsOf(STREAM, pieceBytes))).equals(all)).toBe(true);
    },
  );

  test.each([
    { title: "text", bytes: Buffer.from("no zstd stream") },
    { title: "gzip", bytes: Buffer.from("1f8b0800000000000003", "hex") },
    { title: "text after a frame", bytes: Buffer.concat([zstdCompressSync("x"), Buffer.from("garbage")]) },
  ])("$title is refused", ({ bytes }) => {
    expect(() => cutsOf(bytes, 1_000)).toThrow(SyntaxError);
  });

  test("any bytes are cut or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(STREAM.byteLength - 1), (bytes, at) => {
        const changed = Buffer.concat([STREAM.subarray(0, at), bytes]);
        expect(["cut", "refused"]).toContain(outcomeOf(changed));
      }),
    );
  });
});

/** Throws what is no error of ours. */
function outcomeOf(bytes: Buffer): string {
  try {
    cutsOf(bytes, 100_000);
    return "cut";
  } catch (error) {
    if (error instanceof SyntaxError) return "refused";
    throw error;
  }
}
