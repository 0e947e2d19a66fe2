import { array, assert, check, constantFrom, dictionary, property, string, stringMatching } from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "../../../src/adapters/registry/challenge.ts";

const plain = (header: string | string[] | undefined): unknown =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe("parseChallenges", () => {
  test.each([
    {
      title: "Docker Hub's",
      header:
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"',
      read: [
        [
          "bearer",
          {
            realm: "https://auth.docker.io/token",
            service: "registry.docker.io",
            scope: "repository:a/b:pull",
          },
        ],
      ],
    },
    {
      title: "two in one line",
      header: 'Bearer realm="https://a/v2/token",service="x", Basic realm="y"',
      read: [
        ["bearer", { realm: "https://a/v2/token", service: "x" }],
        ["basic", { realm: "y" }],
      ],
    },
    {
      title: "two headers",
      header: ['Basic realm="y"', 'BEARER REALM="z"'],
      read: [
        ["basic", { realm: "y" }],
        ["bearer", { realm: "z" }],
      ],
    },
    {
      title: "commas, equals signs and escapes in quotes",
      header: 'Bearer realm="https://a/?x=1,2",note="say \\"hi\\", \\\\o"',
      read: [["bearer", { realm: "https://a/?x=1,2", note: 'say "hi", \\o' }]],
    },
    {
      title: "values without quotes",
      header: "Bearer realm=a , service=b",
      read: [["bearer", { realm: "a", service: "b" }]],
    },
    { title: "blanks around =", header: 'Bearer realm = "a"', read: [["bearer", { realm: "a" }]] },
    {
      title: "the first of two values",
      header: "Bearer realm=a,realm=b",
      read: [["bearer", { realm: "a" }]],
    },
    {
      title: "schemes without parameters",
      header: "Negotiate, NTLM, Basic realm=a",
      read: [
        ["negotiate", {}],
        ["ntlm", {}],
        ["basic", { realm: "a" }],
      ],
    },
    {
      title: "a scheme with a credential",
      header: "Negotiate YWJj==, Basic realm=a",
      read: [
        ["negotiate", {}],
        ["basic", { realm: "a" }],
      ],
    },
    {
      title: "a parameter called __proto__",
      header: "Bearer __proto__=x,realm=a",
      read: [["bearer", { ["__proto__"]: "x", realm: "a" }]],
    },
    { title: "nothing from no header", header: undefined, read: [] },
    { title: "nothing from an empty header", header: "", read: [] },
    { title: "nothing from commas", header: ", ,,", read: [] },
    { title: "nothing from an unclosed quote", header: 'Bearer realm="https://a', read: [] },
    { title: "a missing value as a credential", header: "Bearer realm=,service=b", read: [["bearer", {}]] },
    {
      title: "what stood before the malformed one",
      header: 'Basic realm="a", Bearer realm="b',
      read: [["basic", { realm: "a" }]],
    },
  ])("reads $title", ({ header, read }) => {
    expect(plain(header)).toEqual(read);
  });

  test("ends on any text", () => {
    const pieces = array(constantFrom("Bearer", " ", ",", "=", '"', "\\", "realm", "a==", "\t", "é"), {
      maxLength: 40,
    });
    const holds = property(pieces, string(), (words, tail) => Array.isArray(plain(words.join("") + tail)));
    expect(check(holds, { numRuns: 2_000 })).toMatchObject({ failed: false });
  });

  test("reads back what it is given, however it is quoted", () => {
    const name = stringMatching(/^[a-z]{1,8}$/);
    const value = string({ unit: "grapheme-ascii", maxLength: 40 });
    const holds = property(
      name,
      dictionary(name, value, { minKeys: 1, maxKeys: 6 }),
      (scheme, parameters) => {
        const written = Object.entries(parameters).map(
          ([key, text]) => `${key}="${text.replaceAll(/["\\]/g, "\\$&")}"`,
        );
        expect(plain(`${scheme} ${written.join(", ")}`)).toEqual([[scheme, parameters]]);
      },
    );
    assert(holds);
  });

  test("takes the longest headers there are, whatever they repeat", () => {
    const piece = array(constantFrom("a", " ", ",", "=", '"', "\\", "\t", "Basic ", 'x="', "==,"), {
      minLength: 1,
      maxLength: 6,
    });
    const holds = property(piece, piece, (head, body) => {
      const text = head.join("") + body.join("").repeat(16_384).slice(0, 16_384);
      expect(parseChallenges([text, text]).length).toBeLessThan(20_000);
    });
    assert(holds, { numRuns: 200 });
  });

  test("takes a long header in its stride", () => {
    expect(parseChallenges(`Bearer ${"a=".repeat(8_000)}`).length).toBeLessThan(2);
    expect(parseChallenges(`Bearer realm="${"\\".repeat(16_000)}`)).toEqual([]);
    expect(parseChallenges("=".repeat(16_000))).toEqual([]);
  });
});
