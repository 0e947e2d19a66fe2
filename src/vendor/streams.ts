import { type Tag, type Repository, isTag } from "../image/reference.ts";
import { type Order, compareNumbers, compareTexts } from "../versions/order.ts";
import { GENERIC_TAGS, type TagGrammar, WORD_ROLES, type WordRole } from "./tag-grammar.ts";
import { type TagVersion, compareTagVersions, readTagVersion } from "./tag-version.ts";

/** A word of a tag that is no version. */
export interface TagWord {
  readonly role: WordRole | "other";
  readonly word: string;
}

/** What a tag says. Two tags with one key differ in their versions alone, which are written equally exactly. */
export interface TagStream {
  readonly tag: Tag;
  readonly key: string;
  readonly words: readonly TagWord[];
  /** The first is the image's own; the others follow a name, such as `nik`. Empty: the tag names no version. */
  readonly versions: readonly TagVersion[];
  /** Counts of builds and times of them, in the order in which they decide. */
  readonly builds: readonly string[];
  readonly isPrerelease: boolean;
}

/** How far a move may go: within `1.2`, within `1`, or anywhere. */
export const STREAM_SCOPES = ["patch", "minor", "major"] as const;
export type StreamScope = (typeof STREAM_SCOPES)[number];

/** The grammar of a repository's tags: its vendor's, else the general one; tags of Python images have Python's versions. */
export function grammarOf({ path }: Repository, profile: { readonly tags?: TagGrammar } = {}): TagGrammar {
  const grammar = profile.tags ?? GENERIC_TAGS;
  const isPython = /(?:^|[-_])python[\d.]*(?:$|[-_])/.test(path.slice(path.lastIndexOf("/") + 1));
  return isPython ? { ...grammar, scheme: "pep440" } : grammar;
}

/** What a tag says; undefined for one that marks a digest (a signature, a commit, an end of life) and for what is no tag. */
export function streamOf(tag: string, grammar: TagGrammar): TagStream | undefined {
  if (!isTag(tag) || isMark(tag, grammar)) return undefined;
  const bag = new Bag(grammar);
  const parts = tag.split("-");
  for (let at = 0; at < parts.length;) at += bag.take(parts, at);
  return bag.streamOf(tag);
}

/**
 * The newest tag of the same stream that is newer than this one and not a prerelease; undefined if there is none, or this names no version. No
 * word changes and no version gets more or less exact, whatever the scope; no version that follows a name goes back.
 */
export function newerIn(
  current: TagStream,
  tags: Iterable<string>,
  { grammar, scope }: { readonly grammar: TagGrammar; readonly scope: StreamScope },
): Tag | undefined {
  let newest = current;
  for (const tag of tags) {
    const candidate = streamOf(tag, grammar);
    if (candidate === undefined || candidate.isPrerelease || candidate.key !== current.key) continue;
    if (compareStreams(candidate, current) !== 1 || !isWithin(candidate, current, scope)) continue;
    const order = compareStreams(candidate, newest);
    // Of two ways to write one version the choice must not hang on the order of a registry's list.
    if (order === 1 || (order === 0 && compareTexts(candidate.tag, newest.tag) === -1)) newest = candidate;
  }
  return newest === current ? undefined : newest.tag;
}

/** Which of two tags of one stream is newer: by their versions from the first on, then by their builds. */
export function compareStreams(a: TagStream, b: TagStream): Order {
  for (const [at, version] of a.versions.entries()) {
    const other = b.versions[at];
    const order = other === undefined ? 1 : compareTagVersions(version, other);
    if (order !== 0) return order;
  }
  if (a.isPrerelease !== b.isPrerelease) return a.isPrerelease ? -1 : 1;
  for (const [at, build] of a.builds.entries()) {
    const order = compareNumbers(build.split("."), (b.builds[at] ?? "").split("."));
    if (order !== 0) return order;
  }
  return 0;
}

function isWithin(candidate: TagStream, current: TagStream, scope: StreamScope): boolean {
  const kept = { patch: 2, minor: 1, major: 0 }[scope];
  return current.versions.every((version, at) => {
    const other = candidate.versions[at];
    if (other === undefined || (at > 0 && compareTagVersions(other, version) === -1)) return false;
    return compareNumbers(other.numbers.slice(0, kept), version.numbers.slice(0, kept)) === 0;
  });
}

/** Tags of signatures and attestations, and of commits. */
const MARK = /^sha256-[0-9a-f]{64}|^(?:.*-)?[0-9a-f]{40}$/;

function isMark(tag: string, { marks }: TagGrammar): boolean {
  return MARK.test(tag) || marks.some((mark) => tag.startsWith(mark));
}

const PRERELEASE_WORD = /^(?:alpha|beta|rc|m|ea|pre|preview|snapshot|nightly|canary|unstable)[\d.]*$/i;
const DISTRO_VERSION = /^\d*(?:\.\d+)*$/;
const RELEASE = /^\d+(?:\.\d+)*$/;

/** Words of one tag, taken one after the other. */
class Bag {
  readonly #grammar: TagGrammar;
  readonly #words: TagWord[] = [];
  /** Names of the versions, the first without. */
  readonly #names: string[] = [];
  readonly #versions: TagVersion[] = [];
  readonly #builds: { readonly kind: string; readonly number: string }[] = [];
  #isPrerelease = false;

  constructor(grammar: TagGrammar) {
    this.#grammar = grammar;
  }

  /** Takes the word there, or several that belong together, and says how many. */
  take(parts: readonly string[], at: number): number {
    const word = parts[at] ?? "";
    const next = readTagVersion(parts[at + 1] ?? "", this.#grammar.scheme);
    if (this.#grammar.named.includes(word) && next !== undefined) {
      this.#addVersion(word, next);
      return 2;
    }
    const known = knownAt(parts, at, this.#grammar);
    if (known !== undefined) {
      this.#words.push({ role: known.role, word: known.word });
      return known.length;
    }
    if (!this.#takeNumber(word, parts[at - 1])) this.#words.push({ role: "other", word });
    return 1;
  }

  streamOf(tag: Tag): TagStream {
    // A name in front of the image's own version does not make it the first.
    const order = [...this.#names.keys()].toSorted((a, b) =>
      compareTexts(this.#names[a] ?? "", this.#names[b] ?? ""),
    );
    const builds = this.#builds.toSorted((a, b) => compareTexts(a.kind, b.kind));
    const versions = order.flatMap((at) => this.#versions[at] ?? []);
    const said = [
      ...this.#words.map(({ role, word }) => `${role}=${word}`),
      ...order.map((at) => `version ${this.#names[at] ?? ""}=${this.#versions[at]?.precision ?? ""}`),
      ...this.#builds.map(({ kind }) => `build=${kind}`),
    ];
    return {
      tag,
      key: said.toSorted(compareTexts).join(" "),
      words: this.#words,
      versions,
      builds: builds.map(({ number }) => number),
      isPrerelease: this.#isPrerelease || versions.some(({ isPrerelease }) => isPrerelease),
    };
  }

  #addVersion(name: string, version: TagVersion): void {
    this.#names.push(name);
    this.#versions.push(version);
  }

  /** Whether this is the version, or says something about it. */
  #takeNumber(word: string, before: string | undefined): boolean {
    const { scheme, release, epoch, dates } = this.#grammar;
    const own = this.#versions[this.#names.indexOf("")];
    if (/^\d+$/.test(word) && dates.includes(word.length)) {
      return this.#addBuild(`time of ${word.length} digits`, word);
    }
    if (own === undefined) {
      const version = readTagVersion(word, scheme);
      if (version !== undefined) this.#addVersion("", version);
      return version !== undefined;
    }
    if (PRERELEASE_WORD.test(word)) {
      this.#isPrerelease = true;
      return true;
    }
    if (epoch === "r" && /^r\d+$/.test(word)) return this.#addBuild("epoch", word.slice(1));
    const isBehind = release === "behind-version" && before === own.text;
    return isBehind && RELEASE.test(word) ? this.#addBuild("release", word) : false;
  }

  /** Each kind once: a second number of a kind is a word like any other. */
  #addBuild(kind: string, number: string): boolean {
    if (this.#builds.some((build) => build.kind === kind)) return false;
    this.#builds.push({ kind, number });
    return true;
  }
}

interface KnownWord extends TagWord {
  readonly length: number;
}

/** The longest entry of the grammar that stands there. */
function knownAt(parts: readonly string[], at: number, grammar: TagGrammar): KnownWord | undefined {
  let longest: KnownWord | undefined;
  for (const role of WORD_ROLES) {
    for (const word of grammar.words[role] ?? []) {
      const { length } = word.split("-");
      const isThere = parts.slice(at, at + length).join("-") === word;
      if (isThere && length > (longest?.length ?? 0)) longest = { role, word, length };
    }
  }
  if (longest !== undefined) return longest;
  const word = parts[at] ?? "";
  const isDistro = grammar.distros.some(
    (name) => word.startsWith(name) && DISTRO_VERSION.test(word.slice(name.length)),
  );
  return isDistro ? { role: "distro", word, length: 1 } : undefined;
}
