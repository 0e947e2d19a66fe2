import { expect, test } from "vitest";
import { tracedOf } from "../../src/edit/traced.ts";
import { occurrencesAt } from "../../src/edit/occurrences.ts";
import { placeOf, reportedAs } from "../../src/edit/place.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

/** Places of the words of a text. */
function occurrencesIn(text: string, comment?: string) {
  const places = Array.from(text.matchAll(/[^ \n]+/g), ({ 0: word, index }) =>
    placeOf(tracedOf(word, index), text, {
      comment: comment === undefined ? undefined : { text: comment, start: 1_000 },
    }),
  );
  return occurrencesAt(places, text);
}

test("a pinned reference is edited at its digest and its tag", () => {
  const [occurrence] = occurrencesIn(`\nghcr.io/a/b:1.2@${DIGEST}`);
  expect(occurrence).toMatchObject({
    line: 2,
    raw: `ghcr.io/a/b:1.2@${DIGEST}`,
    handling: { kind: "editable", digestRange: { start: 17, end: 88 }, tagRange: { start: 13, end: 16 } },
  });
});

test("a tag alone can be pinned behind it", () => {
  expect(occurrencesIn("a:5000/b:1")[0]?.handling).toMatchObject({
    kind: "pinnable",
    pin: { range: { start: 10, end: 10 }, replaces: "", before: "@", after: "" },
    tagRange: { start: 9, end: 10 },
  });
});

test.each([
  { title: "a name alone", text: "redis", reason: "not-pinned" },
  { title: "a digest with no tag", text: `redis@${DIGEST}`, reason: "tag-unknown" },
  { title: "a digest with neither tag nor name", text: DIGEST, reason: "name-unknown" },
  { title: "a sign and a digest", text: `@${DIGEST}`, reason: "name-unknown" },
  { title: "a version and a digest", text: `v1.2.0@${DIGEST}`, reason: "name-unknown" },
  { title: "a number and a digest", text: `11@${DIGEST}`, reason: "name-unknown" },
  { title: "a digest that is too short", text: "redis:7@sha256:abc", reason: "reference-invalid" },
  { title: "a template", text: "{{.Values.image}}", reason: "reference-invalid" },
  { title: "upper case", text: "Redis:7", reason: "reference-invalid" },
])("$title is reported", ({ text, reason }) => {
  expect(occurrencesIn(text)).toMatchObject([{ handling: { kind: "reported", reason } }]);
});

test.each([
  { comment: "1.2", text: "1.2", start: 1_000 },
  { comment: "renovate: 1.2, kept", text: "1.2", start: 1_010 },
  { comment: "v1.3.0-beta", text: "v1.3.0-beta", start: 1_000 },
  { comment: "2026-08-11", text: "2026-08-11", start: 1_000 },
  { comment: "pinned since 2026", text: undefined, start: 0 },
  { comment: "", text: undefined, start: 0 },
])("of the comment $comment the version is known", ({ comment, text, start }) => {
  const [occurrence] = occurrencesIn(`a/b:1.2@${DIGEST}`, comment);
  const found = occurrence?.handling.kind === "editable" ? occurrence.handling.comment : undefined;
  expect(found).toEqual(
    text === undefined ? undefined : { text, range: { start, end: start + text.length } },
  );
});

test("a reference in two pieces is not edited", () => {
  const text = `a/b:1@sha256:\n${"a".repeat(64)}`;
  const name = {
    text: text.replace("\n", ""),
    offsets: Array.from(text, (_, position) => position).filter((position) => text[position] !== "\n"),
  };
  const [occurrence] = occurrencesAt([placeOf(name, text)], text);
  expect(occurrence?.handling).toMatchObject({ kind: "reported", reason: "reference-assembled" });
});

test("nothing is put behind a character that is written as an escape", () => {
  const text = "a/b:\\x31";
  const name = { text: "a/b:1", offsets: [0, 1, 2, 3, 4] };
  expect(placeOf(name, text).handling).toMatchObject({ kind: "reported", reason: "reference-assembled" });
});

test("two places of one digest are one, and of two references none", () => {
  const digest = tracedOf(DIGEST, 8);
  const text = `a:1 b:1@${DIGEST}`;
  const join = (start: number, end: number) => {
    const front = tracedOf(text.slice(start, end), start);
    return { text: `${front.text}@${DIGEST}`, offsets: [...front.offsets, 7, ...digest.offsets] };
  };
  const a = placeOf(join(0, 3), text);
  const b = placeOf(join(4, 7), text);
  expect(occurrencesAt([a, a], text)).toHaveLength(1);
  expect(occurrencesAt([a, b], text).map(({ handling }) => handling)).toMatchObject([
    { kind: "reported", reason: "reference-assembled" },
    { kind: "reported", reason: "reference-assembled" },
  ]);
});

test("a place that another bot keeps still says what it names", () => {
  const place = placeOf(tracedOf("a/b:1", 0), "a/b:1");
  expect(reportedAs(place, "other-bot").handling).toMatchObject({
    kind: "reported",
    reason: "other-bot",
    reference: { tag: "1" },
  });
});
