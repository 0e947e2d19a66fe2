import { expect, test } from "vitest";
import { candidatesFor, parseLdd } from "../../scripts/lib/unpack.mjs";

test.each([
  { title: "nothing missing", text: "\tlibc.so.6 => /lib/libc.so.6 (0x1)\n", missing: [], tooOld: false },
  { title: "a static program", text: "\tnot a dynamic executable\n", missing: [], tooOld: false },
  {
    title: "libraries missing",
    text: "\tlibjemalloc.so.2 => not found\n\tliblzf.so.1 => not found\n\tlibjemalloc.so.2 => not found\n",
    missing: ["libjemalloc.so.2", "liblzf.so.1"],
    tooOld: false,
  },
  {
    title: "a C library that is too old",
    text: "x: /lib/libc.so.6: version `GLIBC_2.38' not found (required by x)\n\tlibc.so.6 => /lib/libc.so.6\n",
    missing: [],
    tooOld: true,
  },
])("reads of $title", ({ text, missing, tooOld }) => {
  expect(parseLdd(text)).toEqual({ missing, tooOld });
});

const DEPENDS = ["adduser", "libatomic1", "libc6", "liblzf1", "libssl3t64", "libhiredis1.1.0"];

test.each([
  { library: "liblzf.so.1", first: "liblzf1" },
  { library: "libssl.so.3", first: "libssl3t64" },
  { library: "libhiredis.so.1.1.0", first: "libhiredis1.1.0" },
])("looks for $library in $first first", ({ library, first }) => {
  expect(candidatesFor(library, DEPENDS)[0]).toBe(first);
});

test("looks in every other library, never in the C library or in programs", () => {
  expect(candidatesFor("libcrypto.so.3", DEPENDS).toSorted()).toEqual([
    "libatomic1",
    "libhiredis1.1.0",
    "liblzf1",
    "libssl3t64",
  ]);
});
