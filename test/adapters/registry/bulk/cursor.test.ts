import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseCursor, renderCursor, settledBy } from "../../../../src/adapters/registry/bulk/cursor.ts";
import { REGISTRY_KINDS } from "../../../../src/image/registry-kind.ts";
import { parseTag } from "../../../../src/image/reference.ts";
import { instantOf } from "../../../../src/time.ts";
import { digestNo } from "./stage.ts";

const places = fc.uniqueArray(
  fc.record({
    tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/).map(parseTag),
    digest: fc.nat({ max: 1e9 }).map(digestNo),
  }),
  { selector: ({ tag }) => tag, maxLength: 200 },
);

test("a cursor reads back with all that it confirms, in 200 characters, whatever the order of tags", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...REGISTRY_KINDS),
      fc.nat({ max: 8e12 }).map(instantOf),
      fc.option(fc.nat(), { nil: undefined }),
      places,
      (kind, at, count, confirmed) => {
        const position = { at, ...(count === undefined ? {} : { count }) };
        const text = renderCursor(kind, position, confirmed);
        expect(text.length).toBeLessThanOrEqual(200);
        const cursor = parseCursor(kind, text);
        expect(cursor?.position).toEqual(position);
        expect(cursor && settledBy(cursor, confirmed.toReversed())).toEqual(
          new Set(confirmed.map(({ tag }) => tag)),
        );
      },
    ),
  );
});

const confirmed = ["a", "b", "c"].map((tag, number) => ({ tag: parseTag(tag), digest: digestNo(number) }));
const cursor = parseCursor("quay", renderCursor("quay", { at: instantOf(1) }, confirmed));

test.each([
  { title: "a tag with another digest", place: { tag: parseTag("a"), digest: digestNo(7) } },
  { title: "a tag that was not confirmed", place: { tag: parseTag("z"), digest: digestNo(0) } },
])("$title is not settled", ({ place }) => {
  expect(cursor && settledBy(cursor, [place]).has(place.tag)).toBe(false);
});

test("any text is a cursor or none, and never an error", () => {
  const likely = fc
    .tuple(
      fc.constantFrom("0", "1", ""),
      fc.constantFrom("quay", "acr", "-"),
      fc.string(),
      fc.string(),
      fc.string(),
    )
    .map((parts) => parts.join("."));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), likely), (text) => {
      expect(parseCursor("quay", text)).toBeUndefined();
    }),
  );
});

test.each([
  { title: "nothing", text: undefined },
  { title: "another kind", text: renderCursor("acr", { at: instantOf(1) }, confirmed) },
  { title: "a line more", text: `${renderCursor("quay", { at: instantOf(1) }, confirmed)}\n` },
  { title: "a mark less", text: renderCursor("quay", { at: instantOf(1) }, confirmed).slice(0, -4) },
  { title: "a moment of ten digits", text: `1.quay.zzzzzzzzzz..${"A".repeat(128)}` },
  { title: "no moment", text: `1.quay...${"A".repeat(128)}` },
])("$title is no cursor of Quay", ({ text }) => {
  expect(parseCursor("quay", text)).toBeUndefined();
});
