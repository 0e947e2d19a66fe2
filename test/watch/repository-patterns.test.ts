import { assert, property, stringMatching } from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import {
  choiceOf,
  namedExactly,
  parseRepositoryRule,
  renderRepositoryRule,
} from "../../src/watch/repository-patterns.ts";

const rules = (...texts: readonly string[]) => texts.map(parseRepositoryRule);
const repository = (text: string) => {
  const [owner = "", name = ""] = text.split("/");
  return { owner, name };
};

describe("a list of code repositories", () => {
  test.each([
    { title: "an exact name", list: ["acme/shop"], of: "acme/shop", is: "allowed" },
    { title: "an exact name in other letters", list: ["Acme/Shop"], of: "acme/SHOP", is: "allowed" },
    { title: "another name", list: ["acme/shop"], of: "acme/shop2", is: "not-named" },
    { title: "a name of another owner", list: ["acme/*"], of: "acme2/shop", is: "not-named" },
    { title: "any name of an owner", list: ["acme/*"], of: "acme/shop", is: "allowed" },
    {
      title: "what a denial after it names",
      list: ["acme/*", "!acme/old-*"],
      of: "acme/old-1",
      is: "denied",
    },
    { title: "what it does not name", list: ["acme/*", "!acme/old-*"], of: "acme/older", is: "allowed" },
    {
      title: "an exception of a denial",
      list: ["acme/*", "!acme/old-*", "acme/old-1"],
      of: "acme/old-1",
      is: "allowed",
    },
    { title: "a denial before what allows", list: ["!acme/old", "acme/*"], of: "acme/old", is: "allowed" },
    { title: "a denial alone", list: ["!acme/*"], of: "acme/shop", is: "denied" },
    { title: "a pattern of owners", list: ["acme-*/shop"], of: "acme-eu/shop", is: "allowed" },
    { title: "a * that stands for nothing", list: ["acme/shop*"], of: "acme/shop", is: "allowed" },
    { title: "parts that overlap", list: ["acme/aba*aba"], of: "acme/ababa", is: "not-named" },
    { title: "parts in their order", list: ["acme/*b*a*"], of: "acme/xbya", is: "allowed" },
    { title: "parts in another order", list: ["acme/*b*a"], of: "acme/xayb", is: "not-named" },
    { title: "a dot that is no pattern", list: ["acme/a.b"], of: "acme/axb", is: "not-named" },
    { title: "an empty list", list: [], of: "acme/shop", is: "not-named" },
  ])("$title: $is", ({ list, of, is }) => {
    expect(choiceOf(rules(...list), repository(of))).toBe(is);
  });

  test.each([
    { title: "nothing", text: "" },
    { title: "a name without owner", text: "shop" },
    { title: "an address", text: "https://github.com/acme/shop" },
    { title: "a name of three parts", text: "acme/shop/web" },
    { title: "an owner alone", text: "acme/" },
    { title: "a denial of nothing", text: "!" },
    { title: "a denial of a denial", text: "!!acme/shop" },
    { title: "the folder above", text: "acme/.." },
    { title: "white space", text: "acme/ shop" },
    { title: "a question mark", text: "acme/sho?" },
    { title: "braces", text: "acme/{a,b}" },
    { title: "many *", text: "acme/a*b*c*d*e*" },
    { title: "a name that is too long", text: `acme/${"a".repeat(101)}` },
    { title: "a line end", text: "acme/shop\n" },
  ])("refuses $title", ({ text }) => {
    expect(() => parseRepositoryRule(text)).toThrow(InvalidInputError);
  });

  test("is written as it was read", () => {
    for (const text of ["acme/shop", "!acme/old-*", "*/*"]) {
      expect(renderRepositoryRule(parseRepositoryRule(text))).toBe(text);
    }
  });

  test("of exact names needs no code host", () => {
    expect(namedExactly(rules("acme/shop", "acme/pay"))).toEqual([
      { owner: "acme", name: "shop" },
      { owner: "acme", name: "pay" },
    ]);
    expect(namedExactly(rules("acme/shop", "acme/pay", "!acme/p*"))).toEqual([
      { owner: "acme", name: "shop" },
    ]);
    expect(namedExactly(rules("acme/*"))).toBeUndefined();
  });

  test("takes whatever stands in place of *", () => {
    const part = stringMatching(/^[a-z0-9-]{0,8}$/);
    assert(
      property(part, part, part, (start, middle, end) => {
        const pattern = parseRepositoryRule(`acme/x${start}*${end}`);
        expect(choiceOf([pattern], { owner: "acme", name: `x${start}${middle}${end}` })).toBe("allowed");
        expect(choiceOf([pattern], { owner: "acme", name: `y${start}${middle}${end}` })).toBe("not-named");
      }),
    );
  });
});
