import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { csvRow } from "../../src/web/csv.ts";

describe("a row of comma-separated values", () => {
  test.each([
    { title: "plain text", cells: ["a", "b c"], row: '"a","b c"' },
    { title: "nothing, and numbers", cells: [undefined, "", 9.8, -1], row: '"","","9.8","-1"' },
    { title: "quotes and commas", cells: ['a "b", c'], row: '"a ""b"", c"' },
    { title: "ends of lines", cells: ["a\r\nb\n\tc"], row: '"a b c"' },
    { title: "a formula", cells: ["=1+1"], row: '"\'=1+1"' },
    { title: "a formula with a sign", cells: ["+1", "-1", "@SUM(1)"], row: '"\'+1","\'-1","\'@SUM(1)"' },
    {
      title: "a formula behind white space",
      cells: ["  =1", "\t=1", "\n=1"],
      row: '"\'  =1","\' =1","\' =1"',
    },
    { title: "a formula in full width", cells: ["＝1"], row: '"\'＝1"' },
    { title: "a formula that would end its cell", cells: ['=HYPERLINK("a")'], row: '"\'=HYPERLINK(""a"")"' },
    { title: "half a character", cells: ["a\ud800"], row: '"a\ufffd"' },
  ])("holds $title", ({ cells, row }) => {
    expect(csvRow(cells)).toBe(`${row}\r\n`);
  });

  test("is bounded", () => {
    expect(csvRow(["x".repeat(1_000_000)]).length).toBeLessThan(2_010);
  });

  test("is one row of as many cells, none of them a formula, whatever they hold", () => {
    assert(
      property(string({ unit: "binary", maxLength: 50 }), (text) => {
        const cells = /^"((?:[^"\r\n]|"")*)","((?:[^"\r\n]|"")*)"\r\n$/u.exec(csvRow([text, text]));
        return cells?.[1] === cells?.[2] && cells?.[1] !== undefined && !/^\s*[=+\-@]/u.test(cells[1]);
      }),
    );
  });
});
