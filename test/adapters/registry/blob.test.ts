import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { dashedOf, type Digest, parseDigest } from "../../../src/image/digest.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import { type Parts, partsFor } from "./parts.ts";
import { clientFor, closeAll, errorOf, imageAt, PATH, startFake } from "./stage.ts";

const MEGABYTE = 1024 * 1024;
const LARGEST = 64;
const { signal } = new AbortController();
const opened: Parts[] = [];

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

afterEach(async () => {
  await Promise.all(opened.splice(0).map((parts) => parts.close()));
  await closeAll();
});

async function scene(): Promise<{ readonly fake: FakeRegistry; readonly parts: Parts }> {
  const fake = await startFake();
  const parts = partsFor([fake]);
  opened.push(parts);
  return { fake, parts };
}

/** The digest of this many megabytes of blanks, which the fake can send without having them. */
function digestOfBlanks(megabytes: number): Digest {
  const blanks = Buffer.alloc(MEGABYTE, 0x20);
  const hash = createHash("sha256");
  for (let count = 0; count < megabytes; count++) hash.update(blanks);
  return parseDigest(`sha256:${hash.digest("hex")}`);
}

const blanks = (megabytes: number, framing: "chunked" | "length" = "chunked"): Fault => ({
  kind: "oversize",
  megabytes,
  framing,
});

/** Megabytes that are in use, not those that only wait for being collected. */
function megabytesInUse(): number {
  if (typeof collect === "function") collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MEGABYTE;
}

describe("a blob is read piece by piece", () => {
  test("and 64 MiB of it leave nothing behind", async () => {
    const { fake, parts } = await scene();
    const digest = digestOfBlanks(LARGEST);
    fake.faults.add({ path: /\/blobs\//, fault: blanks(LARGEST) });
    const before = megabytesInUse();
    const peaks: number[] = [];
    let length = 0;
    const expected = { bytesMax: LARGEST * MEGABYTE, size: LARGEST * MEGABYTE };
    const take = (piece: Uint8Array): void => {
      const eighth = (expected.size / 8) >> 0;
      if (Math.floor((length + piece.byteLength) / eighth) > Math.floor(length / eighth)) {
        peaks.push(megabytesInUse() - before);
      }
      length += piece.byteLength;
    };
    await parts.content.readBlob(imageAt(fake, digest), expected, take, signal);
    expect(length).toBe(LARGEST * MEGABYTE);
    expect(peaks).toHaveLength(8);
    expect(Math.max(...peaks)).toBeLessThan(16);
  });

  test("the next one is read when the last one was taken", async () => {
    const { fake, parts } = await scene();
    fake.faults.add({ path: /\/blobs\//, fault: blanks(2) });
    let atATime = 0;
    const take = async (): Promise<void> => {
      atATime += 1;
      expect(atATime).toBe(1);
      await Promise.resolve();
      atATime -= 1;
    };
    await parts.content.readBlob(imageAt(fake, digestOfBlanks(2)), { bytesMax: 2 * MEGABYTE }, take, signal);
  });

  test.each([
    { title: "too many bytes, chunked", fault: blanks(3), code: "registry-too-large" },
    { title: "too many bytes, announced", fault: blanks(3, "length"), code: "registry-too-large" },
    { title: "bytes without an end", fault: blanks(Infinity), code: "registry-too-large" },
    { title: "other bytes", fault: { kind: "bytes", body: "x" }, code: "registry-integrity" },
    { title: "no bytes", fault: { kind: "bytes", body: "" }, code: "registry-integrity" },
    { title: "fewer bytes", fault: blanks(1), code: "registry-integrity" },
    { title: "an end too soon", fault: { kind: "drop", when: "in-body" }, code: "registry-unavailable" },
    { title: "404", fault: { kind: "status", status: 404 }, code: "registry-not-found" },
    { title: "206", fault: { kind: "status", status: 206 }, code: "registry-protocol" },
    { title: "a bomb", fault: { kind: "bomb", encoding: "zstd", megabytes: 50 }, code: "registry-protocol" },
  ] satisfies readonly { title: string; fault: Fault; code: string }[])(
    "$title: $code, and nothing beyond the limit is handed over",
    async ({ fault, code }) => {
      const { fake, parts } = await scene();
      const digest = digestOfBlanks(2);
      fake.putBlob(PATH, Buffer.alloc(2 * MEGABYTE, 0x20));
      fake.faults.add({ path: /\/blobs\//, fault });
      let length = 0;
      const take = (piece: Uint8Array): void => {
        length += piece.byteLength;
      };
      const reading = parts.content.readBlob(imageAt(fake, digest), { bytesMax: 2 * MEGABYTE }, take, signal);
      expect(await errorOf(reading)).toMatchObject({ code });
      expect(length).toBeLessThanOrEqual(2 * MEGABYTE);
    },
  );

  test.each([1, 3 * MEGABYTE, 2 ** 52])("a descriptor that says %d bytes is found out", async (size) => {
    const { fake, parts } = await scene();
    fake.faults.add({ path: /\/blobs\//, fault: blanks(2) });
    const expected = { bytesMax: 64 * MEGABYTE, size };
    const reading = parts.content.readBlob(
      imageAt(fake, digestOfBlanks(2)),
      expected,
      () => undefined,
      signal,
    );
    expect(await errorOf(reading)).toMatchObject({ code: "manifest-invalid", transient: false });
  });

  test("who takes the pieces can end it, and the connection ends with it", async () => {
    const { fake, parts } = await scene();
    fake.faults.add({ path: /\/blobs\//, fault: blanks(Infinity) });
    const reading = parts.content.readBlob(
      imageAt(fake, digestOfBlanks(1)),
      { bytesMax: Infinity },
      () => Promise.reject(new Error("enough")),
      signal,
    );
    expect((await errorOf(reading)).message).toContain("enough");
  });
});

test("an attestation of 64 MiB is kept in the room that it needs", async () => {
  const fake = await startFake();
  const client = clientFor([fake]);
  const image = fake.putImage(PATH);
  const digest = digestOfBlanks(LARGEST);
  const layer = { mediaType: "application/vnd.dsse.envelope.v1+json", digest, size: LARGEST * MEGABYTE };
  const config = fake.putBlob(PATH, "{}");
  const manifest = { schemaVersion: 2, config, layers: [layer] };
  fake.putManifest(PATH, manifest, { tag: `${dashedOf(image.digest)}.att` });
  fake.faults.add({ path: new RegExp(digest), fault: blanks(LARGEST) });

  const before = megabytesInUse();
  const { candidates, skipped } = await client.evidenceOf(imageAt(fake, image.digest), signal);
  expect(megabytesInUse() - before).toBeLessThan(LARGEST + 16);
  expect(skipped).toEqual([]);
  expect(candidates).toMatchObject([{ kind: "cosign-attestation", source: { layer: digest } }]);
  const [candidate] = candidates;
  const envelope = candidate?.kind === "cosign-attestation" ? candidate.envelope : new Uint8Array();
  expect(envelope.byteLength).toBe(LARGEST * MEGABYTE);
  expect(envelope.buffer.byteLength).toBe(LARGEST * MEGABYTE);
});
