import { check, oneof, property, string, stringMatching } from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError, messageOf } from "../../src/errors.ts";
import {
  familiarNameOf,
  isSameRepository,
  registryMeantBy,
  isTag,
  parseReference,
  parseRepository,
  parseTag,
  renderReference,
  renderRepository,
  shortNameOf,
} from "../../src/image/reference.ts";
import { readVectors } from "../vectors/read.ts";

const valid = readVectors("references.valid.txt").map((line) => {
  const [text = "", full = ""] = line.split(/\s+/);
  return { text, full };
});
const invalid = readVectors("references.invalid.txt").map((text) => ({
  text,
  title: JSON.stringify(text).slice(0, 60),
}));

test("there are vectors, and more refusals than acceptances", () => {
  expect(valid.length).toBeGreaterThan(20);
  expect(invalid.length).toBeGreaterThan(valid.length);
});

describe("parseReference", () => {
  test.each(valid)("reads $text as $full", ({ text, full }) => {
    expect(renderReference(parseReference(text))).toBe(full);
  });

  test.each(valid)("reads the full form $full as itself", ({ full }) => {
    expect(renderReference(parseReference(full))).toBe(full);
  });

  test.each(invalid)("refuses $title", ({ text }) => {
    expect(() => parseReference(text)).toThrow(InvalidInputError);
  });

  test("says what is wrong in a short message without control characters", () => {
    const messages = invalid.map(({ text }) => messageOf(thrownBy(() => parseReference(text))));
    expect(
      messages.filter((message) => message.length > 300 || /[\p{Cc}\u202e\ufeff]/u.test(message)),
    ).toEqual([]);
  });

  test("whatever text comes, reads it or refuses it, and what it reads has one full form that can be a URL", () => {
    const text = oneof(
      string({ maxLength: 60 }),
      stringMatching(/^[a-cA-C0-2.:/@_\-[\]%]{1,30}$/),
      stringMatching(/^[a-c0-2.]{1,12}(:[0-9]{1,3})?\/[a-c0-2._-]{1,12}$/),
    );
    const holds = property(text, (candidate) => {
      const thrown = thrownBy(() => parseReference(candidate));
      return thrown === undefined ? isStable(candidate) : thrown instanceof InvalidInputError;
    });
    expect(check(holds, { numRuns: 3_000 })).toMatchObject({ failed: false, numRuns: 3_000 });
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

/** Whether the full form of a reference reads back as itself and stands in a URL as it is. */
function isStable(text: string): boolean {
  const full = renderReference(parseReference(text));
  const { repository } = parseReference(full);
  const url = new URL(`https://${renderRepository(repository)}`);
  return (
    renderReference(parseReference(full)) === full &&
    url.pathname === `/${repository.path}` &&
    url.username + url.password + url.search + url.hash === ""
  );
}

test.each([
  { title: "a tag", text: "redis:7" },
  { title: "a digest", text: `redis@sha256:${"a".repeat(64)}` },
  { title: "nothing", text: "" },
])("parseRepository refuses $title", ({ text }) => {
  expect(() => parseRepository(text)).toThrow(InvalidInputError);
});

test.each(["", ".a", "-a", "a b", "a\n", "a/b", "a:b", "\u0430", "a".repeat(129)])("%j is no tag", (text) => {
  expect(isTag(text)).toBe(false);
  expect(() => parseTag(text)).toThrow(InvalidInputError);
});

test("a tag has at most 128 characters", () => {
  expect(parseTag("a".repeat(128))).toHaveLength(128);
});

test.each([
  { text: "redis", familiar: "redis", short: "redis" },
  { text: "bellsoft/hardened-base", familiar: "bellsoft/hardened-base", short: "hardened-base" },
  { text: "ghcr.io/a/b/c", familiar: "ghcr.io/a/b/c", short: "c" },
])("names of $text for people", ({ text, familiar, short }) => {
  const repository = parseRepository(text);
  expect(familiarNameOf(repository)).toBe(familiar);
  expect(shortNameOf(repository)).toBe(short);
});

test.each([
  { a: "redis", b: "index.docker.io/library/redis", same: true },
  { a: "GHCR.io/a", b: "ghcr.io/a", same: true },
  { a: "ghcr.io/a", b: "ghcr.io:443/a", same: false },
  { a: "ghcr.io/a", b: "quay.io/a", same: false },
  { a: "redis", b: "valkey", same: false },
])("$a and $b, the same repository: $same", ({ a, b, same }) => {
  expect(isSameRepository(parseRepository(a), parseRepository(b))).toBe(same);
});

test.each(["ghrc.io", "GHRC.io", "ghrc.io:443"])(
  "%s is a typing mistake that somebody waits for",
  (registry) => {
    expect(registryMeantBy(registry)).toBe("ghcr.io");
  },
);

test.each(["ghcr.io", "docker.io", "ghrc.io.example", "my.ghrc.io", "ghrc.io:5000", "", "__proto__"])(
  "%j is none",
  (registry) => {
    expect(registryMeantBy(registry)).toBeUndefined();
  },
);
