import { z } from "zod";
import type { Assessment } from "../../assess/assessment.ts";
import { type ComponentChange, type ComponentDiff, DIFF_QUALITIES } from "../../sbom/change.ts";
import type { Component, ComponentList } from "../../sbom/component.ts";

/** The form in which component lists, and what changed between them, are kept in Redis. */
const componentSchema = z.object({
  key: z.string(),
  type: z.string(),
  namespace: z.string().exactOptional(),
  name: z.string(),
  version: z.string(),
  source: z.object({
    name: z.string(),
    version: z.string().exactOptional(),
    how: z.enum(["upstream", "property", "recipe", "own-name"]),
  }),
  distribution: z.string().exactOptional(),
  architecture: z.string().exactOptional(),
  licence: z.string().exactOptional(),
  isBuildMark: z.literal(true).exactOptional(),
  copies: z.int().positive().exactOptional(),
}) satisfies z.ZodType<Component>;

/** How many of something there are, by reason. */
export const countsSchema = z.array(z.object({ reason: z.string(), count: z.number() }));

/** A component list as it is stored, once it is inflated. */
export const componentListSchema = z.object({
  format: z.enum(["cyclonedx", "spdx", "layers"]),
  specVersion: z.string(),
  tool: z.string().exactOptional(),
  toolVersion: z.string().exactOptional(),
  scope: z.enum(["image", "index"]).exactOptional(),
  distribution: z.string().exactOptional(),
  distributionCpe: z.string().exactOptional(),
  components: z.array(componentSchema),
  skipped: countsSchema,
}) satisfies z.ZodType<ComponentList>;

const changeSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.enum(["added", "removed", "version-added", "version-removed"]),
    component: componentSchema,
  }),
  z.object({
    kind: z.enum(["upgraded", "downgraded", "changed", "relicensed"]),
    from: componentSchema,
    to: componentSchema,
  }),
]) satisfies z.ZodType<ComponentChange>;

const diffSchema = z.object({
  quality: z.enum(DIFF_QUALITIES),
  changes: z.array(changeSchema),
  equalCount: z.number(),
  equivalentCount: z.number(),
  isBaseReplaced: z.boolean(),
}) satisfies z.ZodType<ComponentDiff>;

/** What changed between the packages of two images, or why that is not known. */
export const comparisonSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("compared"),
    diff: z.object({
      common: diffSchema,
      own: z.array(z.object({ platform: z.string(), changes: z.array(changeSchema) })),
      compared: z.array(z.string()),
      added: z.array(z.string()),
      removed: z.array(z.string()),
      unlisted: z.array(z.string()),
    }),
  }),
  z.object({ kind: z.literal("not-compared"), quality: z.enum(DIFF_QUALITIES), reason: z.string() }),
]) satisfies z.ZodType<Assessment["components"]>;
