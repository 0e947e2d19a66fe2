import { CodedError, InvalidInputError, messageOf, quote } from "../../errors.ts";
import type { Digest } from "../../image/digest.ts";
import { type Manifest, runnableChildrenOf } from "../../image/manifest.ts";
import { parseTag, type Reference, renderReference, type Repository } from "../../image/reference.ts";
import type { Registry } from "../../ports/registry.ts";
import type { RegistryInspection } from "../../ports/registry-inspection.ts";
import { tagsLike } from "../doctor/tags-like.ts";
import {
  type Absent,
  type Failed,
  type Findings,
  PLATFORMS_MAX,
  type Subject,
  type SubjectSeen,
} from "./findings.ts";

/** What a look needs. */
export interface Glass {
  readonly registry: Pick<Registry, "resolve" | "manifest" | "tags">;
  readonly inspection: RegistryInspection;
  /** Where else evidence about a repository may hang. */
  readonly elsewhere: (repository: Repository) => readonly Repository[];
}

/** What is to be looked at: everything, or one platform of it. */
export interface Target {
  readonly reference: Reference;
  readonly platform?: string;
}

/**
 * Looks at an image and at everything that claims to prove something about it. What does not answer hides nothing else.
 *
 * @throws {CodedError} `registry-*` when the image itself cannot be read
 * @throws {InvalidInputError} `usage-invalid` for a platform it does not have
 */
export async function lookAt(
  { reference, platform }: Target,
  glass: Glass,
  signal: AbortSignal,
): Promise<Findings | Absent> {
  const { repository, tag = parseTag("latest") } = reference;
  const digest = reference.digest ?? (await digestOf({ repository, tag }, glass, signal));
  if (digest === undefined) {
    const name = renderReference({ repository, tag });
    const tags = await tagsOf(repository, glass, signal);
    return { kind: "absent", reference: name, alike: tags.kind === "listed" ? tagsLike(tag, tags.tags) : [] };
  }
  const manifest = await glass.registry.manifest({ repository, digest }, signal);
  const platforms = manifest.kind === "index" ? runnableChildrenOf(manifest) : [];
  const subjects = [{ digest }, ...chosen(platforms, platform)];
  const tags = await tagsOf(repository, glass, signal);
  const seen: SubjectSeen[] = [];
  // One after the other: nobody is in a hurry, and registries count requests.
  for (const subject of subjects) seen.push(await subjectSeen(subject, repository, glass, signal));
  return {
    reference: renderReference(reference.digest === undefined ? { repository, tag } : reference),
    repository,
    digest,
    ...shapeOf(manifest),
    platforms,
    subjects: seen,
    tags,
  };
}

async function digestOf(
  line: Parameters<Registry["resolve"]>[0],
  { registry }: Glass,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  const state = await registry.resolve(line, signal);
  return state.kind === "found" ? state.digest : undefined;
}

function shapeOf({ kind, mediaType }: Manifest): Pick<Findings, "kind" | "mediaType"> {
  return { kind, mediaType };
}

function chosen(
  platforms: readonly Required<Subject>[],
  platform: string | undefined,
): readonly Required<Subject>[] {
  if (platform === undefined) return platforms.slice(0, PLATFORMS_MAX);
  const found = platforms.filter((each) => each.platform === platform);
  if (found.length > 0) return found.slice(0, PLATFORMS_MAX);
  const there = platforms.slice(0, PLATFORMS_MAX).map((each) => each.platform);
  const has = there.length === 0 ? "it is an image of one platform" : `it has ${quote(there.join(", "))}`;
  throw new InvalidInputError("usage-invalid", `the image has no platform ${quote(platform)}: ${has}`);
}

async function subjectSeen(
  subject: Subject,
  repository: Repository,
  { inspection, elsewhere }: Glass,
  signal: AbortSignal,
): Promise<SubjectSeen> {
  const { digest } = subject;
  const also = elsewhere(repository);
  const places: SubjectSeen["places"][number][] = [];
  for (const each of [repository, ...also]) {
    const seen = await inspection.placesOf({ repository: each, digest }, signal);
    places.push({ repository: each, seen });
  }
  const collected = await orFailed(async () => {
    const found = await inspection.collect({ repository, digest }, signal, also);
    return { kind: "collected", ...found } as const;
  }, signal);
  return { ...subject, places, collected };
}

function tagsOf(repository: Repository, { registry }: Glass, signal: AbortSignal): Promise<Findings["tags"]> {
  return orFailed(
    async () => ({ kind: "listed", tags: await registry.tags(repository, signal) }) as const,
    signal,
  );
}

async function orFailed<Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer | Failed> {
  try {
    return await ask();
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof CodedError)) throw thrown;
    return { kind: "failed", code: thrown.code, message: messageOf(thrown) };
  }
}
