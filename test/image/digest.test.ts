import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { dashedOf, digestOf, hexOf, isDigest, parseDigest, shortOf } from "../../src/image/digest.ts";
import { readVectors } from "../vectors/read.ts";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const invalid = readVectors("digests.invalid.txt").map((text) => ({
  text,
  title: JSON.stringify(text).slice(0, 60),
}));

test("there are vectors", () => {
  expect(invalid.length).toBeGreaterThan(25);
});

describe("parseDigest", () => {
  test.each(invalid)("refuses $title", ({ text }) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(InvalidInputError);
  });

  test("reads sha256 and 64 lower-case hex digits", () => {
    expect(parseDigest(EMPTY)).toBe(EMPTY);
  });
});

test("forms of a digest", () => {
  const digest = digestOf(new Uint8Array());
  expect(digest).toBe(EMPTY);
  expect(hexOf(digest)).toBe(EMPTY.slice(7));
  expect(shortOf(digest)).toBe("e3b0c44");
  expect(shortOf(digest, 12)).toBe("e3b0c44298fc");
  expect(dashedOf(digest)).toBe(EMPTY.replace(":", "-"));
});

test("the digest is of the bytes, not of what they spell", () => {
  expect(digestOf(Buffer.from('{"a":1}'))).not.toBe(digestOf(Buffer.from('{"a": 1}')));
});
