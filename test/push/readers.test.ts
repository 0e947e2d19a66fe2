import { describe, expect, test } from "vitest";
import { readPush } from "../../src/push/parse.ts";
import { PROVIDERS } from "../../src/push/provider.ts";
import { noticesOf } from "../../src/push/reading.ts";
import { readCase } from "./case.ts";
import { bodyOf, FIXTURES, linesRead, PUSHES, reading, REGISTRIES } from "./fixture.ts";
import { IGNORED } from "./ignored.ts";
import { PUSHED } from "./pushed.ts";
import { REFUSED } from "./refused.ts";

describe("pushes", () => {
  test.each(PUSHED)("reads $title", (one) => {
    expect(readCase(one)).toEqual(one.read);
  });

  test("of every provider are read", () => {
    expect(new Set(PUSHED.map(({ provider }) => provider))).toEqual(new Set(PROVIDERS));
  });

  test.each(PROVIDERS)("of %s give no digest, whatever digest they name", (provider) => {
    const forged = bodyOf(provider).toString("utf8").replaceAll("5f", "00");
    const [real, other] = [bodyOf(provider), Buffer.from(forged)].map((body) => reading(provider, body));
    expect(other).toEqual(real);
    expect(JSON.stringify(real)).not.toMatch(/sha256|digest|5f5f/);
  });
});

describe("calls that change nothing", () => {
  test.each(IGNORED)("$title", (one) => {
    expect(readCase(one)).toBe(`ignored: ${one.read.toString()}`);
  });
});

describe("calls that cannot be read", () => {
  test.each(REFUSED)("$title", (one) => {
    expect(readCase(one)).toBe(`refused: ${one.read.toString()}`);
  });

  test.each([
    { title: "nothing", body: "" },
    { title: "half of it", body: '{"events": [' },
    { title: "a form", body: "payload=%7B%7D" },
    { title: "no UTF-8", body: Buffer.from([0x22, 0xff, 0x22]) },
    { title: "two documents", body: "{} {}" },
    { title: "a compressed one", body: Buffer.from([0x1f, 0x8b, 0x08, 0x00]) },
  ])("$title is no JSON", ({ body }) => {
    for (const provider of PROVIDERS) {
      expect(linesRead(reading(provider, Buffer.from(body)))).toBe("refused: not-json");
    }
  });

  test.each(["null", "[]", "[[]]", "{}", "7", '"text"', "true", '{"__proto__": {"events": []}}'])(
    "%s is nobody's push",
    (text) => {
      for (const provider of PROVIDERS) {
        expect(reading(provider, Buffer.from(text)).kind).toBe("refused");
      }
    },
  );

  test.each([
    { provider: "github", header: "X-GitHub-Event" },
    { provider: "chainguard", header: "Ce-Type" },
    { provider: "gitea", header: "X-Gitea-Event" },
  ] as const)("$provider without $header", ({ provider, header }) => {
    const scope = { headers: new Headers({ "X-Other": header }), registry: REGISTRIES[provider] };
    expect(linesRead(readPush(provider, bodyOf(provider), scope))).toBe("refused: malformed");
  });
});

test.each([
  { title: "a word that reads as part of the path", registry: "harbor" },
  { title: "another name of Docker Hub", registry: "index.docker.io" },
  { title: "a host in capitals", registry: "Harbor.acme.internal" },
])("a registry that is $title gives no notice of another", ({ registry }) => {
  expect(noticesOf([{ registry, path: "acme/base", tag: "1" }])).toEqual({
    kind: "refused",
    reason: "name-invalid",
  });
});

test("every fixture stands in a table", () => {
  const used = new Set(
    [...PUSHED, ...IGNORED, ...REFUSED].map(
      ({ provider, name }) => `${provider}/${name ?? PUSHES[provider]}`,
    ),
  );
  expect(FIXTURES.length).toBeGreaterThan(25);
  expect(
    FIXTURES.map(({ provider, name }) => `${provider}/${name}`).filter((name) => !used.has(name)),
  ).toEqual([]);
});

test("refusals outnumber acceptances", () => {
  expect(IGNORED.length + REFUSED.length).toBeGreaterThan(2 * PUSHED.length);
});
