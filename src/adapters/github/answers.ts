import { z } from "zod";

/** The fields of GitHub's answers that are used. Answers are foreign: what is not listed here is not read. */

const sha = z.string().regex(/^[0-9a-f]{40}$/);
const webUrl = z
  .string()
  .max(2_000)
  .regex(/^https?:\/\//);
const moment = z.iso.datetime({ offset: true });

export const REPOSITORY = z.object({ default_branch: z.string().min(1) });

export const COMMIT = z.object({
  sha,
  message: z.string(),
  tree: z.object({ sha }),
  parents: z.array(z.object({ sha })),
});

export const BRANCH = z.object({
  name: z.string().min(1),
  commit: z.object({
    sha,
    commit: z.object({ message: z.string(), tree: z.object({ sha }) }),
    parents: z.array(z.object({ sha })),
  }),
});

export const TREE = z.object({
  truncated: z.boolean(),
  tree: z.array(
    z.object({
      path: z.string().min(1),
      mode: z.string(),
      type: z.string(),
      sha,
      size: z.int().nonnegative().optional(),
    }),
  ),
});

export const BLOB = z.object({ content: z.string(), encoding: z.literal("base64") });

export const CREATED = z.object({ sha });

export const REF = z.object({ ref: z.string(), object: z.object({ sha }) });

/** Both as listed and as read alone; only the latter has `merged`, so `merged_at` tells. */
export const PULL_REQUEST = z.object({
  number: z.int().positive(),
  html_url: webUrl,
  state: z.enum(["open", "closed"]),
  title: z.string(),
  body: z.string().nullish(),
  updated_at: moment.optional(),
  closed_at: moment.nullish(),
  merged_at: moment.nullish(),
  base: z.object({ ref: z.string(), repo: z.object({ id: z.int() }) }),
  // The repository of a head is null once a fork is deleted.
  head: z.object({ ref: z.string(), sha, repo: z.object({ id: z.int() }).nullable() }),
});

/** Only as read alone; null where GitHub has not found out yet. */
export const PULL_STANDING = z.object({ mergeable: z.boolean().nullish() });

export const PULL_REQUESTS = z.array(PULL_REQUEST);

export const LABELS = z.array(z.object({ name: z.string() }));

export const STATUSES = z.object({
  statuses: z.array(
    z.object({
      context: z.string(),
      state: z.string(),
      description: z.string().nullable(),
      target_url: z.string().nullable(),
    }),
  ),
});

/** For calls whose answer says nothing that is needed. */
export const ANY = z.unknown();
