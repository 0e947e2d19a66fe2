import { afterEach, describe, expect, test } from "vitest";
import type { RegistryKind } from "../../../src/image/registry-kind.ts";
import type { Digest } from "../../../src/image/digest.ts";
import { parseTag } from "../../../src/image/reference.ts";
import { DAY_MS, HOUR_MS, type Instant, instantOf, later, MINUTE_MS, SECOND_MS } from "../../../src/time.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import { digestIn, digestNo, knownAfter, Shelf, signal, sourcesOf, START } from "./bulk/stage.ts";
import { closeAll, PATH, startFake } from "./stage.ts";

afterEach(closeAll);

const LISTED: readonly RegistryKind[] = ["docker-hub", "quay", "acr", "google"];
const IN_ORDER: readonly RegistryKind[] = ["docker-hub", "quay", "acr"];
const LIST_PATH = /\/(?:tags\?|tag\/\?|_tags\?|tags\/list\?)/;

const at = (ms: number): Instant => later(START, ms);
const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => `v${number}`);

/** Pushes these tags, each with its own content. */
function pushAll(shelf: Shelf, tags: readonly string[]): Readonly<Record<string, Digest>> {
  return Object.fromEntries(tags.map((tag, number) => [tag, shelf.push(tag, tag, at(number))]));
}

/** Pushes many tags of one image, which is quicker; one a minute. */
function tagAll(shelf: Shelf, tags: readonly string[]): Readonly<Record<string, Digest>> {
  const { digest } = shelf.fake.putImage(PATH);
  tags.forEach((tag, number) => {
    shelf.fake.tag(PATH, tag, digest);
    shelf.lists.move(PATH, tag, { digest, at: at(number * MINUTE_MS) });
  });
  return Object.fromEntries(tags.map((tag) => [tag, digest]));
}

/**
 * Pushes 150 tags that nobody asks for, ten minutes apart: whatever moved before is then behind a cursor, and not on its page.
 */
function bury(shelf: Shelf, from: Instant): void {
  for (let number = 0; number < 150; number++) {
    shelf.push(`other-${number}`, `newer than ${from}`, later(from, number * 10 * MINUTE_MS));
  }
}

describe.each(LISTED)("%s: what its list spares", (kind) => {
  test("tags that are where they were take one request together", async () => {
    const shelf = await Shelf.open(kind);
    const survey = await shelf.survey(pushAll(shelf, ["a", "b", "c"]));
    expect(sourcesOf(survey)).toEqual(["a: bulk", "b: bulk", "c: bulk"]);
    expect(shelf.calls()).toHaveLength(1);
  });

  test("a tag that the list says has moved is asked for, and what it answers counts", async () => {
    const shelf = await Shelf.open(kind);
    const known = pushAll(shelf, ["a", "b", "c"]);
    const moved = shelf.push("b", "moved", at(HOUR_MS));
    shelf.lists.move(PATH, "c", { digest: digestNo(7), at: at(HOUR_MS) });
    const survey = await shelf.survey(known);
    expect(sourcesOf(survey)).toEqual(["a: bulk", "b: head", "c: head"]);
    expect(digestIn(survey, "b")).toBe(moved);
    expect(digestIn(survey, "c")).toBe(known["c"]);
  });

  test("a tag that is not in the list is asked for before it is missing", async () => {
    const shelf = await Shelf.open(kind);
    const known = pushAll(shelf, ["a", "b", "c"]);
    shelf.remove("b");
    shelf.lists.remove(PATH, "c");
    expect(sourcesOf(await shelf.survey(known))).toEqual(["a: bulk", "b: missing", "c: head"]);
  });

  test("a tag that was deleted and made anew is found where it is now", async () => {
    const shelf = await Shelf.open(kind);
    const known = pushAll(shelf, ["a", "b", "c"]);
    const first = await shelf.survey(known);
    shelf.remove("b");
    const gone = await shelf.survey(known, first.cursor);
    expect(sourcesOf(gone)).toEqual(["a: bulk", "b: missing", "c: bulk"]);
    const anew = shelf.push("b", "anew", at(DAY_MS));
    const back = await shelf.survey(known, gone.cursor);
    expect(sourcesOf(back)).toEqual(["a: bulk", "b: head", "c: bulk"]);
    expect(digestIn(back, "b")).toBe(anew);
  });

  test("10,000 tags take 100 requests or fewer, and tell the same", async () => {
    const shelf = await Shelf.open(kind);
    const known = tagAll(shelf, names(10_000));
    const survey = await shelf.survey(known);
    expect(knownAfter(survey)).toEqual(known);
    expect(new Set(sourcesOf(survey).map((text) => text.split(": ")[1]))).toEqual(new Set(["bulk"]));
    expect(shelf.calls().length).toBeLessThanOrEqual(100);
  });

  test("two tags are not worth a list, and with one none is asked for", async () => {
    const shelf = await Shelf.open(kind);
    const known = pushAll(shelf, ["a", "b"]);
    expect(sourcesOf(await shelf.survey(known))).toEqual(["a: head", "b: head"]);
    expect(sourcesOf(await shelf.survey({ a: known["a"] }))).toEqual(["a: head"]);
    expect(shelf.calls().filter((call) => call.startsWith("GET"))).toEqual([]);
  });

  test("no tag that was not asked about is answered", async () => {
    const shelf = await Shelf.open(kind);
    const { a, b, c } = pushAll(shelf, ["a", "b", "c", "d"]);
    const { answers } = await shelf.survey({ a, b, c });
    expect([...answers.keys()].toSorted()).toEqual(["a", "b", "c"]);
  });

  test("the list is left alone where the caller or the operator says so", async () => {
    const shelf = await Shelf.open(kind);
    const known = pushAll(shelf, ["a", "b", "c"]);
    shelf.lists.move(PATH, "a", { digest: digestNo(7), at: at(1) });
    expect(sourcesOf(await shelf.survey(known, undefined, "ignored"))).toEqual([
      "a: head",
      "b: head",
      "c: head",
    ]);
    const other = await Shelf.open(kind, {}, { lists: "ignored" });
    expect(sourcesOf(await other.survey(pushAll(other, ["a", "b", "c"])))).toEqual([
      "a: head",
      "b: head",
      "c: head",
    ]);
    expect([...shelf.calls(), ...other.calls()].filter((call) => call.startsWith("GET"))).toEqual([]);
  });
});

describe.each(IN_ORDER)("%s: from the cursor on", (kind) => {
  /** Three tags in a list that is longer than a page, looked at twice. */
  async function looked(options: Parameters<typeof Shelf.open>[1] = {}) {
    const shelf = await Shelf.open(kind, options);
    shelf.fill(300);
    const known = pushAll(shelf, names(20));
    const { cursor } = await shelf.survey(known);
    shelf.calls();
    return { shelf, known, cursor };
  }

  test("10,000 tags that did not move take one request, and one more for each that did", async () => {
    const shelf = await Shelf.open(kind);
    const known = tagAll(shelf, names(10_000));
    const first = await shelf.survey(known);
    shelf.calls();
    const second = await shelf.survey(known, first.cursor);
    expect(knownAfter(second)).toEqual(known);
    expect(shelf.calls()).toHaveLength(1);
    const moved = shelf.push("v17", "moved", at(8 * DAY_MS));
    const third = await shelf.survey(known, second.cursor);
    expect(knownAfter(third)).toEqual({ ...known, v17: moved });
    expect(shelf.calls()).toHaveLength(2);
    expect(first.cursor?.length).toBeLessThanOrEqual(200);
  });

  test("a cursor of first questions counts too: they were asked by tag", async () => {
    const shelf = await Shelf.open(kind);
    shelf.fill(300);
    pushAll(shelf, names(20));
    const first = await shelf.survey(Object.fromEntries(names(20).map((name) => [name, undefined])));
    expect(shelf.calls()).toHaveLength(21);
    const second = await shelf.survey(knownAfter(first), first.cursor);
    expect(shelf.calls()).toHaveLength(1);
    expect(second.answers.size).toBe(20);
  });

  test("a move in the same second as the cursor is read again", async () => {
    const { shelf, known } = await looked();
    bury(shelf, at(HOUR_MS));
    // All at the same moment: nothing is older than the cursor, and ours is on the second page.
    for (let number = 0; number < 120; number++) shelf.push(`other-${number}`, "at once", at(3 * DAY_MS));
    const { cursor } = await shelf.survey(known);
    const moved = shelf.push("v3", "moved", at(3 * DAY_MS));
    for (let number = 0; number < 120; number++) shelf.push(`other-${number}`, "again", at(3 * DAY_MS));
    expect(digestIn(await shelf.survey(known, cursor), "v3")).toBe(moved);
  });

  test("a move that the list took in late, below newer ones, is read too", async () => {
    const { shelf, known } = await looked();
    bury(shelf, at(HOUR_MS));
    // So many in the last minutes that the late one is not on the first page.
    for (let number = 0; number < 110; number++) {
      shelf.push(`other-${number}`, "newer", at(3 * DAY_MS - number * SECOND_MS));
    }
    const { cursor } = await shelf.survey(known);
    const moved = shelf.push("v3", "late", at(3 * DAY_MS - 200 * SECOND_MS));
    expect(digestIn(await shelf.survey(known, cursor), "v3")).toBe(moved);
  });

  test.each([
    { title: "pushed", change: (shelf: Shelf) => shelf.push("other-200", "pushed", at(3 * HOUR_MS)) },
    { title: "deleted", change: (shelf: Shelf) => shelf.remove("other-0") },
    {
      title: "deleted, with more than pages overlap,",
      change: (shelf: Shelf) => ["other-0", "other-1", "other-2"].forEach((tag) => shelf.remove(tag)),
    },
  ])("a tag that is $title between two pages hides no move", async ({ change }) => {
    let between: (() => unknown) | undefined;
    const { shelf, known, cursor } = await looked({
      afterPage: () => {
        between?.();
        between = undefined;
      },
    });
    // So many newer moves that the list has to be read over several pages, with one of ours at the edge of the first.
    for (let number = 0; number < 150; number++) {
      shelf.push(`other-${number}`, `again-${number}`, at(2 * HOUR_MS - number * SECOND_MS));
    }
    const moved = shelf.push("v3", "moved", at(2 * HOUR_MS - 99 * SECOND_MS - 500));
    between = () => change(shelf);
    const survey = await shelf.survey(known, cursor);
    expect(shelf.calls().filter((call) => call.startsWith("GET")).length).toBeGreaterThan(1);
    expect(knownAfter(survey)).toEqual({ ...known, v3: moved });
  });

  test("a list that is behind the registry is believed until it catches up, and by nobody who ignores lists", async () => {
    const { shelf, known, cursor } = await looked();
    const { digest } = shelf.fake.putImage(PATH, {
      tag: "v3",
      layers: [{ mediaType: "text/plain", bytes: "ahead" }],
    });
    expect(digestIn(await shelf.survey(known, cursor, "ignored"), "v3")).toBe(digest);
    const lagging = await shelf.survey(known, cursor);
    expect(digestIn(lagging, "v3")).toBe(known["v3"]);
    shelf.lists.move(PATH, "v3", { digest, at: at(HOUR_MS) });
    expect(digestIn(await shelf.survey(known, lagging.cursor), "v3")).toBe(digest);
  });

  test("a list that is ahead of the registry makes a tag be asked for until both agree", async () => {
    const { shelf, known, cursor } = await looked();
    shelf.lists.move(PATH, "v3", { digest: digestNo(7), at: at(HOUR_MS) });
    const first = await shelf.survey(known, cursor);
    expect(knownAfter(first)).toEqual(known);
    bury(shelf, at(DAY_MS));
    const second = await shelf.survey(known, first.cursor);
    const { digest } = shelf.fake.putImage(PATH, {
      tag: "v3",
      layers: [{ mediaType: "text/plain", bytes: "there" }],
    });
    const third = await shelf.survey(known, second.cursor);
    expect(digestIn(third, "v3")).toBe(digest);
  });

  test("a moment far ahead in the list does not hide the moves until then", async () => {
    const { shelf, known } = await looked();
    shelf.push("other-250", "from the future", at(80_000 * DAY_MS));
    const { cursor } = await shelf.survey(known);
    const moved = shelf.push("v3", "moved", at(70_000 * DAY_MS));
    bury(shelf, at(71_000 * DAY_MS));
    expect(digestIn(await shelf.survey(known, cursor), "v3")).toBe(moved);
  });

  test("a tag that was not asked about meanwhile is asked for", async () => {
    const { shelf, known, cursor } = await looked();
    const { v3: _, ...others } = known;
    const moved = shelf.push("v3", "moved", at(HOUR_MS));
    bury(shelf, at(DAY_MS));
    const meanwhile = await shelf.survey(others, cursor);
    expect(digestIn(await shelf.survey(known, meanwhile.cursor), "v3")).toBe(moved);
  });

  test("a tag whose answer got lost is asked for again", async () => {
    const { shelf, known, cursor } = await looked();
    const moved = shelf.push("v3", "moved", at(HOUR_MS));
    bury(shelf, at(DAY_MS));
    const lost = await shelf.survey(known, cursor);
    expect(digestIn(await shelf.survey(known, lost.cursor), "v3")).toBe(moved);
  });

  test("a tag that is gone from a short list is missing at once", async () => {
    const shelf = await Shelf.open(kind);
    const known = Object.fromEntries(
      names(5).map((tag, number) => [tag, shelf.push(tag, tag, at(number * HOUR_MS))]),
    );
    const { cursor } = await shelf.survey(known);
    shelf.remove("v1");
    // One came, one went: a count tells nothing.
    shelf.push("other", "other", at(DAY_MS));
    const survey = await shelf.survey(known, cursor);
    expect(sourcesOf(survey)).toEqual(["v0: bulk", "v1: missing", "v2: bulk", "v3: bulk", "v4: bulk"]);
  });

  test("a tag that could not be asked for is asked for the next time", async () => {
    const { shelf, known, cursor } = await looked();
    const moved = shelf.push("v3", "moved", at(HOUR_MS));
    const stop = shelf.fake.faults.add({ path: /manifests\/v3$/, fault: { kind: "status", status: 500 } });
    const failed = await shelf.survey(known, cursor);
    expect(sourcesOf(failed).filter((text) => text.endsWith("failed"))).toEqual(["v3: failed"]);
    expect(failed.answers.size).toBe(20);
    stop();
    bury(shelf, at(DAY_MS));
    const unheard = await shelf.survey({ v0: known["v0"], v1: known["v1"], v2: known["v2"] }, failed.cursor);
    const second = await shelf.survey(known, unheard.cursor);
    expect(digestIn(second, "v3")).toBe(moved);
  });

  test.each([
    { title: "empty", cursor: "" },
    { title: "no cursor", cursor: "; DROP TABLE" },
    { title: "of another kind", cursor: `1.chainguard.${START.toString(36)}..${"A".repeat(128)}` },
    { title: "of another version", cursor: `2.quay.${START.toString(36)}..${"A".repeat(128)}` },
    { title: "of a time that is too long", cursor: `1.${kind}.zzzzzzzzzz..${"A".repeat(128)}` },
    { title: "too long", cursor: "1".repeat(1_000_000) },
  ])("a cursor that is $title is none", async ({ cursor }) => {
    const { shelf, known } = await looked();
    shelf.push("v3", "moved", at(HOUR_MS));
    const survey = await shelf.survey(known, cursor);
    expect(digestIn(survey, "v3")).not.toBe(known["v3"]);
    expect(survey.answers.size).toBe(20);
  });

  test("an endless list ends", async () => {
    const shelf = await Shelf.open(kind);
    const known = pushAll(shelf, ["a", "b", "c"]);
    const body = JSON.stringify({
      count: 1,
      next: "x",
      has_additional: true,
      results: [{ name: "x" }],
      tags: [{ name: "x" }],
    });
    const link = `</acr/v1/${PATH}/_tags?last=x>; rel="next"`;
    const headers = { "content-type": "application/json", link };
    shelf.fake.faults.add({ path: LIST_PATH, fault: { kind: "status", status: 200, headers, body } });
    const survey = await shelf.survey(known);
    expect(sourcesOf(survey)).toEqual(["a: head", "b: head", "c: head"]);
    expect(shelf.calls().filter((call) => call.startsWith("GET"))).toHaveLength(3);
  });

  test("a list in another order than it should have proves nothing about what it does not hold", async () => {
    const { shelf, known, cursor } = await looked();
    const body = JSON.stringify({
      count: 1_000,
      next: "x",
      has_additional: true,
      results: [
        { name: "x", last_updated: "2001-01-01T00:00:00Z" },
        { name: "y", last_updated: "2002-01-01T00:00:00Z" },
      ],
      tags: [
        { name: "x", start_ts: 1, lastUpdateTime: "2001-01-01T00:00:00Z" },
        { name: "y", start_ts: 2, lastUpdateTime: "2002-01-01T00:00:00Z" },
      ],
    });
    const link = `</acr/v1/${PATH}/_tags?last=x>; rel="next"`;
    const headers = { "content-type": "application/json", link };
    const moved = shelf.push("v3", "moved", at(HOUR_MS));
    shelf.fake.faults.add({ path: LIST_PATH, fault: { kind: "status", status: 200, headers, body } });
    expect(knownAfter(await shelf.survey(known, cursor))).toEqual({ ...known, v3: moved });
  });
});

test("a tag that was deleted from a long list is noticed when the list says that it holds fewer", async () => {
  const shelf = await Shelf.open("docker-hub");
  shelf.fill(300);
  const known = pushAll(shelf, names(20));
  const { cursor } = await shelf.survey(known);
  shelf.remove("v3");
  expect(sourcesOf(await shelf.survey(known, cursor))).toContain("v3: missing");
});

test.each(["quay", "acr"] as const)(
  "%s: that a tag was deleted from a long list without a count shows where lists are ignored",
  async (kind) => {
    const shelf = await Shelf.open(kind);
    shelf.fill(300);
    const known = pushAll(shelf, names(20));
    bury(shelf, at(HOUR_MS));
    const { cursor } = await shelf.survey(known);
    shelf.remove("v3");
    expect(sourcesOf(await shelf.survey(known, cursor))).toContain("v3: bulk");
    const asked = await shelf.survey(known, cursor, "ignored");
    expect(sourcesOf(asked)).toContain("v3: missing");
  },
);

test("the first look at a long list reads no more pages than asking for the tags would cost", async () => {
  const shelf = await Shelf.open("quay");
  shelf.fill(5_000);
  const known = pushAll(shelf, ["a", "b", "c", "d"]);
  for (const tag of ["a", "b"]) shelf.lists.remove(PATH, tag);
  expect(sourcesOf(await shelf.survey(known))).toEqual(["a: head", "b: head", "c: bulk", "d: bulk"]);
  expect(shelf.calls().filter((call) => call.startsWith("GET"))).toHaveLength(2);
});

describe("a list that fails costs requests, not answers", () => {
  const HOUR = { forMs: HOUR_MS };
  const DAY = { forMs: DAY_MS };
  test.each<{
    readonly title: string;
    readonly fault: Fault;
    readonly code: string;
    readonly forMs: number;
  }>([
    { title: "401", fault: { kind: "status", status: 401 }, code: "registry-unauthorized", ...DAY },
    { title: "403", fault: { kind: "status", status: 403 }, code: "registry-forbidden", ...DAY },
    { title: "404", fault: { kind: "status", status: 404 }, code: "registry-not-found", ...DAY },
    { title: "400", fault: { kind: "status", status: 400 }, code: "registry-protocol", ...HOUR },
    { title: "500", fault: { kind: "status", status: 500 }, code: "registry-unavailable", ...HOUR },
    { title: "204", fault: { kind: "status", status: 204 }, code: "registry-protocol", ...HOUR },
    { title: "429", fault: { kind: "status", status: 429 }, code: "registry-rate-limited", ...HOUR },
    {
      title: "429 for two hours",
      fault: { kind: "status", status: 429, headers: { "retry-after": "7200" } },
      code: "registry-rate-limited",
      forMs: 2 * HOUR_MS,
    },
    {
      title: "a lost connection",
      fault: { kind: "drop", when: "in-body" },
      code: "registry-unavailable",
      ...HOUR,
    },
    {
      title: "a body without end",
      fault: { kind: "oversize", megabytes: 33, framing: "chunked" },
      code: "registry-too-large",
      ...HOUR,
    },
    { title: "a compressed body", fault: { kind: "gzip" }, code: "registry-protocol", ...HOUR },
  ])("$title", async ({ fault, code, forMs }) => {
    for (const kind of LISTED) {
      const shelf = await Shelf.open(kind);
      const known = pushAll(shelf, ["a", "b", "c"]);
      shelf.fake.faults.add({ path: LIST_PATH, fault });
      const heads = ["a: head", "b: head", "c: head"];
      expect(sourcesOf(await shelf.survey(known))).toEqual(heads);
      expect(shelf.failures).toMatchObject([{ repository: shelf.repository, error: { code }, forMs }]);

      // Not tried again before its time.
      shelf.calls();
      shelf.fake.faults.clear();
      shelf.elapsedMs += forMs - 1;
      expect(sourcesOf(await shelf.survey(known))).toEqual(heads);
      expect(shelf.calls().every((call) => call.startsWith("HEAD"))).toBe(true);
      shelf.elapsedMs += 1;
      expect(sourcesOf(await shelf.survey(known))).toEqual(["a: bulk", "b: bulk", "c: bulk"]);
      expect(shelf.failures).toHaveLength(1);
    }
  });

  test.each(IN_ORDER)("%s: what was read before the failure stands", async (kind) => {
    const shelf = await Shelf.open(kind);
    const known = tagAll(shelf, names(250));
    const page3 = kind === "acr" ? /_tags\?last=v50&/ : /[?&]page=3/;
    shelf.fake.faults.add({ path: page3, fault: { kind: "status", status: 500 } });
    const survey = await shelf.survey(known);
    expect(knownAfter(survey)).toEqual(known);
    expect(sourcesOf(survey).filter((text) => text.endsWith("bulk"))).toHaveLength(200);
    expect(shelf.failures).toHaveLength(1);
  });

  test("one repository's failure is none of another's", async () => {
    const shelf = await Shelf.open("quay");
    pushAll(shelf, ["a", "b", "c"]);
    shelf.fake.faults.add({ path: LIST_PATH, fault: { kind: "status", status: 500 }, times: 1 });
    await shelf.survey({ a: digestNo(1), b: digestNo(1), c: digestNo(1) });
    shelf.calls();
    const repository = { ...shelf.repository, path: "acme/other" };
    const questions = ["a", "b", "c"].map((tag) => ({ tag: parseTag(tag), known: digestNo(1) }));
    await shelf.client.survey(repository, questions, { lists: "allowed" }, signal);
    expect(shelf.calls()[0]).toBe("GET /api/v1/repository/acme/other/tag/");
  });

  test.each(["docker-hub", "quay"] as const)("%s: a redirect is not followed", async (kind) => {
    const shelf = await Shelf.open(kind);
    const other = await startFake();
    const fault = { kind: "redirect", location: `${other.url}/x` } as const;
    shelf.fake.faults.add({ path: LIST_PATH, fault });
    const survey = await shelf.survey(pushAll(shelf, ["a", "b", "c"]));
    expect(sourcesOf(survey)).toEqual(["a: head", "b: head", "c: head"]);
    expect(shelf.failures).toMatchObject([{ error: { code: "registry-refused" } }]);
    expect(other.requests).toEqual([]);
  });

  test("a next page at another origin is not asked for", async () => {
    const shelf = await Shelf.open("acr");
    const other = await startFake();
    const known = tagAll(shelf, names(150));
    const headers = { link: `<${other.url}/acr/v1/${PATH}/_tags?last=x>; rel="next"` };
    shelf.fake.faults.add({ path: LIST_PATH, fault: { kind: "headers", headers } });
    expect(knownAfter(await shelf.survey(known))).toEqual(known);
    expect(shelf.failures).toMatchObject([{ error: { code: "registry-refused" } }]);
    expect(other.requests).toEqual([]);
  });

  test("the end of the caller's patience is no failure of the list", async () => {
    const shelf = await Shelf.open("quay");
    const known = pushAll(shelf, ["a", "b", "c"]);
    shelf.fake.faults.add({ path: LIST_PATH, fault: { kind: "hang" } });
    const patience = new AbortController();
    const questions = Object.entries(known).map(([tag, digest]) => ({ tag: parseTag(tag), known: digest }));
    const survey = shelf.client.survey(shelf.repository, questions, { lists: "allowed" }, patience.signal);
    patience.abort(new Error("enough"));
    await expect(survey).rejects.toThrow("enough");
    expect(shelf.failures).toEqual([]);
  });
});

describe("a tag's history", () => {
  test("tells what it was in between, oldest first, only when it has moved", async () => {
    const shelf = await Shelf.open("chainguard");
    const tenDaysAgo = instantOf(Date.now() - 10 * DAY_MS);
    const recent = (ms: number): Instant => later(tenDaysAgo, ms);
    const known = shelf.push("latest", "1", recent(0));
    const missed = [shelf.push("latest", "2", recent(DAY_MS)), shelf.push("latest", "3", recent(2 * DAY_MS))];
    const now = shelf.push("latest", "4", recent(3 * DAY_MS));
    const { answers } = await shelf.survey({ latest: known });
    expect(answers.get(parseTag("latest"))).toEqual({
      kind: "found",
      digest: now,
      source: "head",
      movedAt: recent(3 * DAY_MS),
      missed: missed.map((digest, number) => ({ digest, movedAt: recent((number + 1) * DAY_MS) })),
    });
    shelf.calls();
    expect(sourcesOf(await shelf.survey({ latest: now }))).toEqual(["latest: head"]);
    expect(shelf.calls()).toEqual([`HEAD /v2/${PATH}/manifests/latest`]);
  });

  test.each<Fault>([
    { kind: "status", status: 404 },
    { kind: "status", status: 500 },
    { kind: "bytes", body: "<html>" },
    { kind: "bytes", body: JSON.stringify({ history: Array.from({ length: 1_001 }, () => ({})) }) },
  ])("that cannot be read takes nothing from the answer: %j", async (fault) => {
    const shelf = await Shelf.open("chainguard");
    const digest = shelf.push("latest", "new");
    shelf.fake.faults.add({ path: /_chainguard/, fault });
    const { answers } = await shelf.survey({ latest: digestNo(1) });
    expect(answers.get(parseTag("latest"))).toEqual({ kind: "found", digest, source: "head" });
    expect(shelf.failures).toHaveLength(1);
    shelf.calls();
    await shelf.survey({ latest: digestNo(1) });
    expect(shelf.calls()).toEqual([`HEAD /v2/${PATH}/manifests/latest`]);
  });
});
