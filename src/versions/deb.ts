import { compareCounts, compareDigits, type Order } from "./order.ts";

interface DebVersion {
  /** Digits; absent means nought. */
  readonly epoch: string;
  readonly upstream: string;
  readonly revision: string;
}

/** Epoch, upstream version, revision; the revision follows the last hyphen. */
const FORM = /^(?:(\d+):)?([A-Za-z0-9.+~:-]+)$/;

/**
 * Orders two versions of Debian packages: by epoch, by upstream version, by revision, an absent part as nought.
 *
 * Versions that start with a letter are ordered as well: dpkg warns of them and orders them.
 *
 * @returns undefined where dpkg finds another character, or nothing before or behind a hyphen
 * @see deb-version(7), "Sorting algorithm"
 */
export function compareDeb(a: string, b: string): Order | undefined {
  const left = parseDeb(a);
  const right = parseDeb(b);
  if (left === undefined || right === undefined) return undefined;
  const epochs = compareDigits(left.epoch, right.epoch);
  if (epochs !== 0) return epochs;
  const upstreams = compareParts(left.upstream, right.upstream);
  return upstreams === 0 ? compareParts(left.revision, right.revision) : upstreams;
}

function parseDeb(text: string): DebVersion | undefined {
  const [, epoch = "", rest] = FORM.exec(text) ?? [];
  if (rest === undefined) return undefined;
  // Without an epoch dpkg reads what stands before a colon as one, and that has to be a number.
  if (epoch === "" && rest.includes(":")) return undefined;
  const hyphen = rest.lastIndexOf("-");
  if (hyphen === -1) return { epoch, upstream: rest, revision: "" };
  const upstream = rest.slice(0, hyphen);
  const revision = rest.slice(hyphen + 1);
  return upstream === "" || revision === "" || revision.includes(":")
    ? undefined
    : { epoch, upstream, revision };
}

/** Orders what is no digit and what is, by turns. */
function compareParts(a: string, b: string): Order {
  const left = a.matchAll(/(\D*)(\d*)/g);
  const right = b.matchAll(/(\D*)(\d*)/g);
  for (;;) {
    const [, leftText = "", leftDigits = ""] = left.next().value ?? [];
    const [, rightText = "", rightDigits = ""] = right.next().value ?? [];
    if (leftText === "" && leftDigits === "" && rightText === "" && rightDigits === "") return 0;
    const texts = compareMarks(leftText, rightText);
    if (texts !== 0) return texts;
    const digits = compareDigits(leftDigits, rightDigits);
    if (digits !== 0) return digits;
  }
}

function compareMarks(a: string, b: string): Order {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = compareCounts(weightOf(a[at]), weightOf(b[at]));
    if (order !== 0) return order;
  }
  return 0;
}

/** `~` stands below the end (or a digit, where the marks end), letters above it, every other mark above all letters. */
function weightOf(mark: string | undefined): number {
  if (mark === undefined) return 0;
  if (mark === "~") return -1;
  const unit = mark.charCodeAt(0);
  return /[A-Za-z]/.test(mark) ? unit : unit + 256;
}
