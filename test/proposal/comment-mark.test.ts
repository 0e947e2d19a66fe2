import { describe, expect, test } from "vitest";
import { type CommentScope, commentMarkOf } from "../../src/proposal/comment-mark.ts";
import { parseMarker } from "../../src/proposal/marker.ts";
import { Secret } from "../../src/secret.ts";

const KEY = new Secret("a key for tests, 32 bytes long ..");
const HERE: CommentScope = { codeRepository: { owner: "acme", name: "shop" }, number: 1 };
const MARK = commentMarkOf(HERE, "flagged", KEY);

describe("the mark of a comment", () => {
  test("is a comment in HTML of one line, and no marker of a pull request", () => {
    expect(MARK).toMatch(/^<!-- hullkeeper-comment: [A-Za-z0-9_-]{43} -->$/);
    expect(parseMarker(MARK, { ...HERE, baseBranch: "main", group: "g" }, KEY).kind).toBe("absent");
  });

  test("is the same however the name of the code repository is written", () => {
    expect(commentMarkOf({ ...HERE, codeRepository: { owner: "ACME", name: "Shop" } }, "flagged", KEY)).toBe(
      MARK,
    );
  });

  test.each<{ title: string; scope?: Partial<CommentScope>; name?: string; key?: Secret }>([
    { title: "below another pull request", scope: { number: 11 } },
    { title: "in another code repository", scope: { codeRepository: { owner: "acme", name: "pay" } } },
    { title: "of another owner", scope: { codeRepository: { owner: "evil", name: "shop" } } },
    { title: "of something else", name: "foreign" },
    { title: "by somebody else", key: new Secret("another key, which is as long ....") },
  ])("is another one $title", ({ scope = {}, name = "flagged", key = KEY }) => {
    expect(commentMarkOf({ ...HERE, ...scope }, name, key)).not.toBe(MARK);
  });
});
