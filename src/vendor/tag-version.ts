import { explain, valid } from "@renovatebot/pep440";
import { type Order, compareCounts, compareNumbers } from "../versions/order.ts";
import { comparePypi } from "../versions/pypi.ts";
import type { VersionScheme } from "./tag-grammar.ts";

/** A version in a tag. */
export interface TagVersion {
  readonly text: string;
  /** `25.0.4_9` has 25, 0, 4 and 9. */
  readonly numbers: readonly string[];
  /** How exactly it is written: its separators, and which of its numbers are a date. Versions of one stream share it. */
  readonly precision: string;
  readonly isPrerelease: boolean;
  readonly scheme: VersionScheme;
}

const NUMERIC = /^(v?)(\d+(?:[._+]\d+)*)$/;
const PRERELEASE_TAIL =
  /^(v?\d+(?:[._+]\d+)*?)[._]?(?:alpha|beta|rc|a|b|c|m|ea|pre|preview|dev|nightly)\.?\d*$/i;
/** Numbers this long are dates or counts, and no part of a version that others would be compared with. */
const DATE_LENGTH = 6;

/** Reads a word as a version; undefined where it is none. */
export function readTagVersion(word: string, scheme: VersionScheme): TagVersion | undefined {
  const [, core] = NUMERIC.test(word) ? [word, word] : (PRERELEASE_TAIL.exec(word) ?? []);
  if (core === undefined) return undefined;
  const [, prefix = "", body = ""] = NUMERIC.exec(core) ?? [];
  const isPython = scheme === "pep440" && valid(word) !== null;
  return {
    text: word,
    numbers: body.split(/[._+]/),
    precision:
      prefix + body.replaceAll(/\d+/g, (digits) => (digits.length < DATE_LENGTH ? "0" : `d${digits.length}`)),
    isPrerelease: isPython ? explain(word)?.is_prerelease === true : core !== word,
    scheme: isPython ? "pep440" : "numeric",
  };
}

/** By their numbers one after the other; a prerelease comes before what it leads to, and as Python says where that is the scheme. */
export function compareTagVersions(a: TagVersion, b: TagVersion): Order {
  if (a.scheme === "pep440" && b.scheme === "pep440") {
    const order = comparePypi(a.text, b.text);
    if (order !== undefined && order !== 0) return order;
  }
  const order = compareNumbers(a.numbers, b.numbers);
  if (order !== 0) return order;
  if (a.isPrerelease !== b.isPrerelease) return a.isPrerelease ? -1 : 1;
  return compareCounts(a.numbers.length, b.numbers.length);
}
