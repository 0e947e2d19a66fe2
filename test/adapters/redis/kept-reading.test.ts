import { describe, expect, test } from "vitest";
import { z } from "zod";
import { keptReading } from "../../../src/adapters/redis/kept-reading.ts";

/** A schema that tells how often it was used. */
function counted() {
  let count = 0;
  const schema = z.object({ name: z.string(), parts: z.array(z.string()) }).transform((value) => {
    count += 1;
    return value;
  });
  return { schema, count: () => count };
}

const textOf = (name: string): string => JSON.stringify({ name, parts: ["a"] });

describe("a record is read again", () => {
  test.each([
    { title: "when its text is another", first: textOf("one"), next: textOf("two"), key: "k", count: 2 },
    { title: "under another key", first: textOf("one"), next: textOf("one"), key: "other", count: 2 },
    { title: "not while it is the same", first: textOf("one"), next: textOf("one"), key: "k", count: 1 },
  ])("$title", ({ first, next, key, count }) => {
    const { schema, count: counts } = counted();
    const read = keptReading(schema);
    read("k", first);
    expect(read(key, next)).toEqual(JSON.parse(next));
    expect(counts()).toBe(count);
  });

  test("once it is over the bound, the oldest first", () => {
    const { schema, count } = counted();
    const read = keptReading(schema, 3 * textOf("1").length);
    for (const name of ["1", "2", "3", "4"]) read(name, textOf(name));
    read("4", textOf("4"));
    read("2", textOf("2"));
    expect(count()).toBe(4);
    read("1", textOf("1"));
    expect(count()).toBe(5);
  });

  test("each time, where it is longer than the bound alone", () => {
    const { schema, count } = counted();
    const read = keptReading(schema, 5);
    read("k", textOf("1"));
    read("k", textOf("1"));
    expect(count()).toBe(2);
  });
});

test("nobody who holds it can change it for others", () => {
  const read = keptReading(counted().schema);
  const value = read("k", textOf("one"));
  expect(() => value.parts.push("b")).toThrow(TypeError);
  expect(() => Object.assign(value, { name: "two" })).toThrow(TypeError);
  expect(read("k", textOf("one"))).toEqual({ name: "one", parts: ["a"] });
});

test("what does not have its form is refused, and what was there stays", () => {
  const read = keptReading(counted().schema);
  read("k", textOf("one"));
  for (const text of ["{}", "no JSON", ""]) {
    expect(() => read("k", text)).toThrow(expect.objectContaining({ code: "record-invalid" }));
  }
  expect(read("k", textOf("one"))).toMatchObject({ name: "one" });
});
