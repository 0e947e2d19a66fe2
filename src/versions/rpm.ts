import { compareDigits, compareTexts, isDigits, type Order } from "./order.ts";

interface RpmVersion {
  /** Digits; absent means nought. */
  readonly epoch: string;
  readonly version: string;
  readonly release: string | undefined;
}

/** The next segment: a tilde, a caret, digits or letters. Everything else only separates. */
const SEGMENT = /~|\^|\d+|[A-Za-z]+/g;

/**
 * Orders two versions of rpm packages, `[epoch:]version[-release]`: an absent epoch is nought, an absent release on either side
 * says nothing, as in a dependency of rpm.
 *
 * That makes `1-1`, `1` and `1-2` equal in pairs though the first is older than the last: who sorts has to give all of them a
 * release, or none.
 *
 * @returns undefined for an empty version
 * @see rpm rpmio/rpmvercmp.c, lib/rpmver.c
 */
export function compareRpm(a: string, b: string): Order | undefined {
  const left = parseRpm(a);
  const right = parseRpm(b);
  if (left.version === "" || right.version === "") return undefined;
  const epochs = compareDigits(left.epoch, right.epoch);
  if (epochs !== 0) return epochs;
  const versions = compareSegments(left.version, right.version);
  if (versions !== 0 || left.release === undefined || right.release === undefined) return versions;
  return compareSegments(left.release, right.release);
}

function parseRpm(text: string): RpmVersion {
  const [epoch = ""] = /^\d*(?=:)/.exec(text) ?? [];
  const rest = /^\d*:/.test(text) ? text.slice(epoch.length + 1) : text;
  const hyphen = rest.lastIndexOf("-");
  if (hyphen === -1) return { epoch, version: rest, release: undefined };
  const release = rest.slice(hyphen + 1);
  return { epoch, version: rest.slice(0, hyphen), release: release === "" ? undefined : release };
}

function compareSegments(a: string, b: string): Order {
  const left = a.matchAll(SEGMENT);
  const right = b.matchAll(SEGMENT);
  for (;;) {
    const [one] = left.next().value ?? [];
    const [other] = right.next().value ?? [];
    if (one === undefined && other === undefined) return 0;
    const order = compareSegment(one, other);
    if (order !== 0) return order;
  }
}

function compareSegment(one: string | undefined, other: string | undefined): Order {
  if (one === other) return 0;
  // `1.0~rc1` is before 1.0 …
  if (one === "~") return -1;
  if (other === "~") return 1;
  // … and `1.0^git1` is after it, but before anything else that follows it.
  if (one === "^") return other === undefined ? 1 : -1;
  if (other === "^") return one === undefined ? -1 : 1;
  if (one === undefined) return -1;
  if (other === undefined) return 1;
  if (isDigits(one)) return isDigits(other) ? compareDigits(one, other) : 1;
  return isDigits(other) ? -1 : compareTexts(one, other);
}
