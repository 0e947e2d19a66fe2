import { describe, expect, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { InvalidInputError } from "../../src/errors.ts";

const HEX = "ab".repeat(32);
const DIGEST = `sha256:${HEX}`;
const IMAGE = `bellsoft/hardened-base:musl@${DIGEST}`;
const LINE = { repository: { registry: "docker.io", path: "bellsoft/hardened-base" }, tag: "musl" };
const WHY = ["--reason", "it leaked", "-c", "a.yaml"];
const read = (...words: readonly string[]): unknown => parseArguments(words);

describe("understands", () => {
  test.each<{ title: string; words: readonly string[]; is: unknown }>([
    {
      title: "an approval",
      words: ["approve", IMAGE, ...WHY],
      is: { kind: "approve", action: { kind: "approve", line: LINE, digest: DIGEST, reason: "it leaked" } },
    },
    {
      title: "somebody else's approval",
      words: ["approve", IMAGE, "--by", " Alice ", ...WHY],
      is: { action: { kind: "approve", by: "Alice" } },
    },
    {
      title: "one that is withdrawn",
      words: ["approve", "--withdraw", IMAGE, ...WHY],
      is: { action: { kind: "withdraw", line: LINE, digest: DIGEST } },
    },
    {
      title: "a list of approvals",
      words: ["approve", "--list", "-c", "a"],
      is: { action: { kind: "list" } },
    },
    {
      title: "a key by its digits",
      words: ["distrust", "key", HEX.toUpperCase(), ...WHY],
      is: { kind: "distrust", action: { kind: "distrust", subject: { kind: "key", fingerprint: HEX } } },
    },
    {
      title: "a key as pages show it",
      words: ["distrust", "key", `SHA256:${Buffer.from(HEX, "hex").toString("base64").slice(0, -1)}`, ...WHY],
      is: { action: { subject: { kind: "key", fingerprint: HEX } } },
    },
    {
      title: "an identity",
      words: ["distrust", "identity", "https://token.example", "https://code.example/a b", ...WHY],
      is: {
        action: {
          subject: { kind: "identity", issuer: "https://token.example", subject: "https://code.example/a b" },
        },
      },
    },
    {
      title: "a certificate",
      words: ["distrust", "certificate", "acme", "CN=acme, O=Acme", ...WHY],
      is: { action: { subject: { kind: "certificate", root: "acme", subject: "CN=acme, O=Acme" } } },
    },
    {
      title: "a digest that is trusted again",
      words: ["distrust", "digest", DIGEST, "--lift", ...WHY],
      is: { action: { kind: "lift", subject: { kind: "digest", digest: DIGEST } } },
    },
    { title: "a list of both", words: ["distrust", "--list", "-c", "a"], is: { action: { kind: "list" } } },
  ])("$title", ({ words, is }) => {
    expect(read(...words)).toMatchObject({ config: words.at(-1), ...(typeof is === "object" ? is : {}) });
  });
});

describe("refuses", () => {
  test.each<{ title: string; words: readonly string[]; says: string | RegExp }>([
    { title: "no configuration", words: ["distrust", "--list"], says: "distrust needs --config FILE" },
    { title: "no image", words: ["approve", ...WHY], says: "approve needs one IMAGE:TAG@sha256:…" },
    { title: "two images", words: ["approve", IMAGE, IMAGE, ...WHY], says: "approve needs one" },
    { title: "no tag", words: ["approve", `a/b@${DIGEST}`, ...WHY], says: "needs a tag and a digest" },
    { title: "no digest", words: ["approve", "a/b:1", ...WHY], says: "needs a tag and a digest" },
    { title: "half a digest", words: ["approve", "a/b:1@sha256:ab", ...WHY], says: "not a sha256 digest" },
    { title: "no reason", words: ["approve", IMAGE, "-c", "a"], says: "approve needs --reason TEXT" },
    { title: "no reason to withdraw", words: ["approve", IMAGE, "--withdraw", "-c", "a"], says: "--reason" },
    {
      title: "an empty reason",
      words: ["approve", IMAGE, "--reason", " ", "-c", "a"],
      says: "--reason is empty",
    },
    {
      title: "a reason without end",
      words: ["approve", IMAGE, "--reason", "x".repeat(501), "-c", "a"],
      says: "--reason is longer than 500 characters",
    },
    {
      title: "a reason of two lines",
      words: ["approve", IMAGE, "--reason", "a\nb", "-c", "a"],
      says: "--reason is not one line of text",
    },
    {
      title: "a long name",
      words: ["approve", IMAGE, "--by", "x".repeat(81), ...WHY],
      says: "--by is longer",
    },
    { title: "a lift", words: ["approve", IMAGE, "--lift", ...WHY], says: "approve takes no --lift" },
    {
      title: "a list with more",
      words: ["approve", "--list", IMAGE, "-c", "a"],
      says: "--list takes nothing",
    },
    { title: "a list with a reason", words: ["approve", "--list", ...WHY], says: "--list takes nothing" },
    { title: "nothing to distrust", words: ["distrust", ...WHY], says: "distrust needs key FINGERPRINT" },
    { title: "an unknown thing", words: ["distrust", "vendor", "x", ...WHY], says: "distrust needs key" },
    { title: "two keys", words: ["distrust", "key", HEX, HEX, ...WHY], says: "distrust needs key" },
    { title: "no key", words: ["distrust", "key", "BellSoft", ...WHY], says: "not the fingerprint of a key" },
    {
      title: "no subject",
      words: ["distrust", "identity", "https://a", ...WHY],
      says: "identity ISSUER SUBJECT",
    },
    {
      title: "an issuer of two words",
      words: ["distrust", "identity", "https://a b", "c", ...WHY],
      says: "an issuer has no spaces",
    },
    {
      title: "an empty issuer",
      words: ["distrust", "identity", "", "c", ...WHY],
      says: "the issuer is empty",
    },
    {
      title: "a subject without end",
      words: ["distrust", "identity", "a", "b".repeat(501), ...WHY],
      says: "the subject is longer than 500",
    },
    { title: "a third word", words: ["distrust", "identity", "a", "b", "c", ...WHY], says: "distrust needs" },
    {
      title: "an image as digest",
      words: ["distrust", "digest", IMAGE, ...WHY],
      says: "not a sha256 digest",
    },
    { title: "a withdrawal", words: ["distrust", "key", HEX, "--withdraw", ...WHY], says: "no --withdraw" },
    { title: "a reason to serve", words: ["serve", ...WHY], says: "serve takes no --reason" },
    {
      title: "a list of workers",
      words: ["worker", "poll", "--list", "-c", "a"],
      says: "worker takes no --list",
    },
  ])("$title", ({ words, says }) => {
    expect(() => read(...words)).toThrow(InvalidInputError);
    expect(() => read(...words)).toThrow(says);
    expect(() => read(...words)).toThrow(/\(see hullkeeper --help\)$/);
  });
});
