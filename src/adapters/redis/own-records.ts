import { z } from "zod";
import { GROUPINGS, PINNINGS } from "../../vendor/pull-rules.ts";
import type { OwnFault, OwnSettings } from "../../vendor/own-settings.ts";
import type { OwnFile } from "../../watch/scan.ts";

const names = z.array(z.string());

const settingsSchema = z.object({
  enabled: z.boolean().exactOptional(),
  ignorePaths: names.exactOptional(),
  images: z.object({ allow: names.exactOptional(), deny: names.exactOptional() }).exactOptional(),
  files: z
    .object({
      shell: z.boolean().exactOptional(),
      matchers: z.array(z.object({ files: names, line: z.string() })).exactOptional(),
    })
    .exactOptional(),
  group: z.enum(GROUPINGS).exactOptional(),
  pin: z.enum(PINNINGS).exactOptional(),
  labels: names.exactOptional(),
  assignees: names.exactOptional(),
  reviewers: names.exactOptional(),
  codeowners: z.boolean().exactOptional(),
  milestone: z.string().exactOptional(),
  baseBranches: names.exactOptional(),
}) satisfies z.ZodType<OwnSettings>;

const faultSchema = z.object({
  path: z.string(),
  line: z.int().exactOptional(),
  column: z.int().exactOptional(),
  reason: z.string(),
}) satisfies z.ZodType<OwnFault>;

/** What the owners of a code repository say of it, within its scan. */
export const ownFileSchema = z.object({
  path: z.string().exactOptional(),
  settings: settingsSchema.exactOptional(),
  faults: z.array(faultSchema),
  ignoredCount: z.int().nonnegative().exactOptional(),
  told: z.object({ commit: z.string(), faults: z.string() }).exactOptional(),
}) satisfies z.ZodType<OwnFile>;
