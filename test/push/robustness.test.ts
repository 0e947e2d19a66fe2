import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRepository, isTag } from "../../src/image/reference.ts";
import { PROVIDERS } from "../../src/push/provider.ts";
import { NOTICES_MAX, type PushReading } from "../../src/push/reading.ts";
import { bodyOf, FIXTURES, linesRead, reading, REGISTRIES } from "./fixture.ts";

const BODY_BYTES_MAX = 1024 * 1024;

/** A value at some place of a document, replaced. */
function withReplaced(document: unknown, at: number, replacement: unknown): unknown {
  let place = 0;
  const text = JSON.stringify(document, (_key, value: unknown) => {
    place += 1;
    return place === at ? replacement : value;
  });
  return text === undefined ? undefined : JSON.parse(text);
}

/** What is wrong with what was read; undefined when nothing is. */
function faultOf(read: PushReading): string | undefined {
  if (read.kind !== "notices") return /^[a-z-]+$/.test(read.reason) ? undefined : "a reason of somebody else";
  if (read.notices.length === 0 || read.notices.length > NOTICES_MAX) return "the number of notices";
  return read.notices.every(
    ({ repository, tag }) => isRepository(repository) && (tag === undefined || isTag(tag)),
  )
    ? undefined
    : "a name";
}

describe("whatever is sent", () => {
  test.each(PROVIDERS)("%s: bytes are read or refused, and nothing is thrown", (provider) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(faultOf(reading(provider, bytes))).toBeUndefined();
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test.each(FIXTURES)("$provider/$name with any value anywhere", ({ provider, name }) => {
    const document: unknown = JSON.parse(bodyOf(provider, name).toString("utf8"));
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom("__proto__", "constructor", "../..", "a".repeat(5_000), "\u0000", -1, 2 ** 62),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), value, (at, replacement) => {
        const body = JSON.stringify(withReplaced(document, at, replacement)) ?? "";
        expect(faultOf(reading(provider, Buffer.from(body)))).toBeUndefined();
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  test.each(FIXTURES)("$provider/$name cut anywhere is refused", ({ provider, name }) => {
    const body = Buffer.from(bodyOf(provider, name).toString("utf8").trimEnd());
    fc.assert(
      fc.property(fc.integer({ min: 0, max: body.length - 1 }), (length) => {
        expect(linesRead(reading(provider, body.subarray(0, length)))).toBe("refused: not-json");
      }),
      { numRuns: 30, seed: 3 },
    );
  });
});

describe("keys of a prototype", () => {
  test.each(PROVIDERS)("%s: a payload is no payload because its prototype would be one", (provider) => {
    const body = `{"__proto__": ${bodyOf(provider).toString("utf8")}, "constructor": {"prototype": {"x": 1}}}`;
    expect(reading(provider, Buffer.from(body)).kind).toBe("refused");
    expect(Object.prototype).not.toHaveProperty("x");
  });
});

test.each([
  { title: "64 deep", depth: 64, read: "refused: malformed" },
  { title: "65 deep", depth: 65, read: "refused: not-json" },
])("a payload $title", ({ depth, read }) => {
  const text = "[".repeat(depth - 1) + String.raw`"[[\\\"[["` + "]".repeat(depth - 1);
  expect(linesRead(reading("quay", Buffer.from(`{"a":${text}}`)))).toBe(read);
});

describe("the largest body", () => {
  const filled = (unit: string, end = ""): Buffer =>
    Buffer.from(unit.repeat(Math.floor(BODY_BYTES_MAX / unit.length) - 1) + end);

  test.each([
    { title: "of brackets", body: filled("[") },
    {
      title: "of nested lists",
      body: Buffer.from("[".repeat(BODY_BYTES_MAX / 2) + "]".repeat(BODY_BYTES_MAX / 2)),
    },
    { title: "of nested objects", body: Buffer.from('{"a":'.repeat(150_000) + "1" + "}".repeat(150_000)) },
    { title: "of one text", body: Buffer.from(`"${"a".repeat(BODY_BYTES_MAX - 2)}"`) },
    { title: "of digits", body: filled("9") },
    { title: "of backslashes", body: Buffer.from(`"${"\\".repeat(BODY_BYTES_MAX - 2)}"`) },
  ])("$title is refused in no time", ({ body }) => {
    const began = performance.now();
    for (const provider of PROVIDERS) expect(reading(provider, body).kind).toBe("refused");
    expect((performance.now() - began) / PROVIDERS.length).toBeLessThan(500);
  });

  test("of long names is read in proportion", () => {
    const name = `acme/${"a-".repeat(200_000)}b`;
    const body = Buffer.from(
      JSON.stringify({ push_data: { tag: "a".repeat(400_000) }, repository: { repo_name: name } }),
    );
    expect(linesRead(reading("docker-hub", body))).toBe("refused: name-invalid");
  });

  test("of a thousand tags gives a hundred notices", () => {
    const tags = Array.from({ length: 1_000 }, (_, index) => `t${index}`);
    const body = Buffer.from(
      JSON.stringify({ repository: "acme/base", docker_url: "quay.io/acme/base", updated_tags: tags }),
    );
    const read = reading("quay", body);
    expect(read.kind === "notices" && read.notices).toHaveLength(NOTICES_MAX);
  });

  test("of one tag a thousand times gives one notice", () => {
    const tags = Array.from({ length: 1_000 }, () => "latest");
    const body = Buffer.from(
      JSON.stringify({ repository: "acme/base", docker_url: "quay.io/acme/base", updated_tags: tags }),
    );
    expect(linesRead(reading("quay", body))).toEqual(["quay.io/acme/base:latest"]);
  });

  test("of events that cannot be read does not stand in the way of one that can", () => {
    const good: unknown = JSON.parse(bodyOf("distribution").toString("utf8")).events[2];
    const events = [null, 7, [], {}, { action: "push", target: { repository: "../x", mediaType: 1 } }, good];
    const bad = structuredClone(good);
    if (typeof bad === "object" && bad !== null)
      Reflect.set(bad, "target", { ...Object(Reflect.get(bad, "target")), repository: "../x" });
    const body = Buffer.from(JSON.stringify({ events: [...events, bad] }));
    expect(linesRead(reading("distribution", body))).toEqual([
      `${REGISTRIES.distribution ?? ""}/platform/hardened-base:3.23-musl`,
    ]);
  });
});
