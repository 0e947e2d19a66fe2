import type { YamlScalar } from "./yaml.ts";

/** A comment of one line, without its sign and the white space around it. */
export interface Comment {
  readonly text: string;
  /** Where the text starts in the file. */
  readonly start: number;
}

const COMMENT_LENGTH_MAX = 4_096;

/** The comment behind a scalar in its last line, or behind the header of a block scalar. */
export function commentAfter(text: string, { range, block }: YamlScalar): Comment | undefined {
  const header =
    block === undefined
      ? 0
      : (/^[|>][-+0-9]*/.exec(text.slice(range.start, range.start + 4))?.[0].length ?? 0);
  const start = block === undefined ? range.end : range.start + header;
  const [line = ""] = text.slice(start, start + COMMENT_LENGTH_MAX).split(/[\r\n]/, 1);
  const [, before = "", comment] = /^([ \t]+#[ \t]*)(.*)$/.exec(line) ?? [];
  return comment === undefined ? undefined : { text: comment.trimEnd(), start: start + before.length };
}
