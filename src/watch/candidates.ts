import {
  type ImageLine,
  isSameRepository,
  renderLine,
  type Repository,
  type Tag,
} from "../image/reference.ts";
import type { Instant } from "../time.ts";
import type { StreamScope } from "../vendor/streams.ts";
import type { LookFailure } from "./tag-record.ts";

/** A tag that places of a line may move to, as the policy of their code repository says. */
export interface Candidate {
  readonly line: ImageLine;
  /** A newer tag of the same repository of images. */
  readonly to: Tag;
  /** Places of the line whose tag cannot be changed where it stands: they keep it. */
  readonly stuck?: readonly { readonly path: string; readonly line: number }[];
}

/** What a repository's list of tags said last, as far as somebody may move to a newer one. */
export interface TagListing {
  /** When it was last asked for, with or without an answer. */
  readonly askedAt: Instant;
  /** Since when it says the same of whatever was asked for before. */
  readonly changedAt?: Instant;
  /** One entry for each tag and scope; without a newer tag, where there is none. As many as watches and scopes at most. */
  readonly newest: readonly { readonly tag: Tag; readonly scope: StreamScope; readonly to?: Tag }[];
  /** Why the last question had no answer, if it had none. What was known stays. */
  readonly failure?: LookFailure;
}

/** The tag that is watched because a place may move there. */
export function lineTo({ line, to }: Pick<Candidate, "line" | "to">): ImageLine {
  return { repository: line.repository, tag: to };
}

/** Lines of a repository among others, each once, by name. */
export function linesIn(repository: Repository, lines: readonly ImageLine[]): readonly ImageLine[] {
  const own = lines.filter((line) => isSameRepository(line.repository, repository));
  return [...new Map(own.map((line) => [renderLine(line), line])).values()];
}

/** Where lines of one repository may move within a scope, by what its list of tags said last. */
export function candidatesOf(
  lines: readonly ImageLine[],
  scope: StreamScope,
  { newest }: Pick<TagListing, "newest">,
): readonly Candidate[] {
  return lines.flatMap((line) => {
    const to = newest.find((entry) => entry.tag === line.tag && entry.scope === scope)?.to;
    return to === undefined ? [] : [{ line, to }];
  });
}

/** Whether two sets of candidates lead to the same tags, whatever is stuck. */
export function isSameCandidates(a: readonly Candidate[], b: readonly Candidate[]): boolean {
  const nameOf = (candidate: Candidate): string => `${renderLine(candidate.line)} ${candidate.to}`;
  const names = new Set(a.map(nameOf));
  return names.size === new Set(b.map(nameOf)).size && b.every((candidate) => names.has(nameOf(candidate)));
}
