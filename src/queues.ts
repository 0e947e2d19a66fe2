import { z } from "zod";
import { dashedOf } from "./image/digest.ts";
import { renderRepository } from "./image/reference.ts";
import { digestSchema, imageIdSchema, repositorySchema } from "./image/schema.ts";
import type { CodeRepository } from "./proposal/plan.ts";

/**
 * A queue and the shape of its jobs. Jobs carry identities, never facts: a worker reads what is stored. They outlive a
 * release, so fields are only added, and optional.
 */
export interface QueueDefinition<Job> {
  /** BullMQ's name for it; no `:`. */
  readonly name: string;
  readonly schema: z.ZodType<Job>;
  /** Who the job is about. While one with this id waits or runs, another is at most remembered to run after it. */
  readonly idOf: (job: Job) => string;
  /** Jobs of one process that run at the same time. */
  readonly concurrency: number;
}

/** Puts a job into a queue. */
export type Enqueue = <Job>(queue: QueueDefinition<Job>, job: Job) => Promise<void>;

const codeRepositorySchema: z.ZodType<CodeRepository> = z.object({
  owner: z.string().min(1),
  name: z.string().min(1),
});

/** A job that is about everything. */
type NoFacts = Readonly<Record<string, never>>;
const noFactsSchema: z.ZodType<NoFacts> = z.record(z.string(), z.never());

/** Turns what is due into jobs. */
export const SCHEDULE: QueueDefinition<NoFacts> = {
  name: "schedule",
  schema: noFactsSchema,
  idOf: () => "schedule",
  concurrency: 1,
};

/** Finds out which code repositories are read. */
export const REPOSITORIES = define({
  name: "repositories",
  schema: z.object({
    /** Whether those that are known are scanned too, and not only those that are new. */
    rescan: z.literal(true).exactOptional(),
  }),
  idOf: () => "repositories",
  concurrency: 1,
});

/** Finds the images a code repository uses. */
export const DISCOVER = define({
  name: "discover",
  schema: z.object({ codeRepository: codeRepositorySchema }),
  idOf: ({ codeRepository }) => `${codeRepository.owner}/${codeRepository.name}`,
  concurrency: 4,
});

/** Asks where the watched tags of one repository of images point now. */
export const POLL = define({
  name: "poll",
  schema: z.object({ repository: repositorySchema }),
  idOf: ({ repository }) => renderRepository(repository),
  // Most of their time they wait for registries, and one host never gets more than a third of them.
  concurrency: 48,
});

/** Decides who stands behind a digest. */
export const VERIFY = define({
  name: "verify",
  schema: z.object({ image: imageIdSchema }),
  idOf: ({ image }) => `${renderRepository(image.repository)}@${dashedOf(image.digest)}`,
  concurrency: 4,
});

/** Compares two digests of a repository. */
export const ASSESS = define({
  name: "assess",
  schema: z.object({ repository: repositorySchema, from: digestSchema, to: digestSchema }),
  idOf: ({ repository, from, to }) => `${renderRepository(repository)}@${dashedOf(from)}..${dashedOf(to)}`,
  concurrency: 2,
});

/** Opens or refreshes the pull request of one group in one code repository. */
export const PROPOSE = define({
  name: "propose",
  schema: z.object({
    codeRepository: codeRepositorySchema,
    baseBranch: z.string().min(1),
    group: z.string().min(1),
  }),
  idOf: ({ codeRepository, baseBranch, group }) =>
    // BullMQ wants no `:` in an id, and no group has a `=` before its first `:`.
    `${codeRepository.owner}/${codeRepository.name}#${baseBranch}#${group.replaceAll(":", "=")}`,
  // Most of their time they wait for the code host, which looks at twenty in one request.
  concurrency: 20,
});

/** Takes trust away from what rests on something that is distrusted, and has what may be trusted again judged anew. */
export const REVOKE = define({
  name: "revoke",
  schema: z.object({
    /** The image the step before ended with, as images are rendered. */
    after: z.string().max(512).exactOptional(),
  }),
  idOf: ({ after }) => `after ${after?.replaceAll(":", "-") ?? "nothing"}`,
  concurrency: 1,
});

/** Looks at every SLA timer. */
export const SLA: QueueDefinition<NoFacts> = {
  name: "sla",
  schema: noFactsSchema,
  idOf: () => "sla",
  concurrency: 1,
};

/** Brings what is stored of one feed of advisories up to date. */
export const MIRROR = define({
  name: "mirror",
  schema: z.object({ feed: z.string().min(1).max(64) }),
  idOf: ({ feed }) => feed,
  concurrency: 2,
});

/** Has what is in use assessed anew where advisories changed that speak of its packages. */
export const RESCAN: QueueDefinition<NoFacts> = {
  name: "rescan",
  schema: noFactsSchema,
  idOf: () => "rescan",
  concurrency: 1,
};

/** Has the code host send again what it could not deliver. */
export const REDELIVER: QueueDefinition<NoFacts> = {
  name: "redeliver",
  schema: noFactsSchema,
  idOf: () => "redeliver",
  concurrency: 1,
};

/** Every queue, in the order work flows through them. */
export const QUEUE_NAMES = [
  SCHEDULE,
  REDELIVER,
  REPOSITORIES,
  DISCOVER,
  POLL,
  VERIFY,
  MIRROR,
  RESCAN,
  ASSESS,
  PROPOSE,
  REVOKE,
  SLA,
].map(({ name }) => name);

function define<Job>(definition: QueueDefinition<Job>): QueueDefinition<Job> {
  return definition;
}
