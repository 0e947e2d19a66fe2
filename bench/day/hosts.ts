import type { HostLimits } from "../../src/ports/host-gate.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/time.ts";

/** How the tags of a repository that are built anew move; the others of it hardly ever do. */
export type Rhythm = "nightly" | "weekly" | "random";

/** A registry and what is watched there. */
export interface HostPlan {
  /** As references name it, and as {@link limitsFor} knows it. */
  readonly host: string;
  readonly repositories: number;
  readonly tagsPerRepository: number;
  /** Parts of the repositories, in this order; they add up to 1. */
  readonly rhythms: Readonly<Record<Rhythm, number>>;
  /** Where one request tells the newest tags of a repository; absent where each tag is asked for by itself. */
  readonly listsAt?: string;
  /** How long a token for a repository is good for; absent where none is needed. */
  readonly tokenMs?: number;
}

/** Registries whose users are many, and one of one's own: 100,000 tags. */
export const HOSTS: readonly HostPlan[] = [
  {
    host: "docker.io",
    repositories: 1_500,
    tagsPerRepository: 20,
    rhythms: { nightly: 0.3, weekly: 0.4, random: 0.3 },
    listsAt: "hub.docker.com",
    tokenMs: 5 * MINUTE_MS,
  },
  {
    host: "ghcr.io",
    repositories: 2_000,
    tagsPerRepository: 10,
    rhythms: { nightly: 0.1, weekly: 0.3, random: 0.6 },
    tokenMs: 5 * MINUTE_MS,
  },
  {
    host: "quay.io",
    repositories: 600,
    tagsPerRepository: 20,
    rhythms: { nightly: 0.3, weekly: 0.4, random: 0.3 },
    listsAt: "quay.io",
    tokenMs: HOUR_MS,
  },
  {
    host: "cgr.dev",
    repositories: 1_500,
    tagsPerRepository: 4,
    rhythms: { nightly: 1, weekly: 0, random: 0 },
    tokenMs: HOUR_MS,
  },
  {
    host: "gcr.io",
    repositories: 100,
    tagsPerRepository: 60,
    rhythms: { nightly: 0.2, weekly: 0.5, random: 0.3 },
    listsAt: "gcr.io",
    tokenMs: HOUR_MS,
  },
  {
    host: "public.ecr.aws",
    repositories: 200,
    tagsPerRepository: 10,
    rhythms: { nightly: 0.1, weekly: 0.4, random: 0.5 },
    tokenMs: HOUR_MS,
  },
  {
    host: "mcr.microsoft.com",
    repositories: 400,
    tagsPerRepository: 10,
    rhythms: { nightly: 0, weekly: 0.7, random: 0.3 },
  },
  {
    host: "registry.acme.example",
    repositories: 2_000,
    tagsPerRepository: 10,
    rhythms: { nightly: 0.2, weekly: 0.1, random: 0.7 },
    tokenMs: 5 * MINUTE_MS,
  },
];

/**
 * What hosts publish or were seen to allow. Hosts that are not here publish nothing: there a limit of ours is all there is to keep to.
 *
 * ghcr.io: "allowed: 44000/minute" in its 429. quay.io: `manifests` in the configuration of its front end, per address. gcr.io: Artifact
 * Registry's 60,000 a minute per project. public.ecr.aws: 1 a second without a log-in. docker.io: HEAD does not count as a pull, and "thousands
 * a minute" per address is where it suspects abuse.
 */
export const PUBLISHED: ReadonlyMap<string, HostLimits> = new Map([
  ["docker.io", { perSecond: 5_000 / 60, burst: 5_000 }],
  ["ghcr.io", { perSecond: 44_000 / 60, burst: 44_000 }],
  ["quay.io", { perSecond: 50, burst: 10 }],
  ["gcr.io", { perSecond: 1_000, burst: 60_000 }],
  ["public.ecr.aws", { perSecond: 1, burst: 1 }],
]);
