import { z } from "zod";
import { CONFIG_ASPECTS, CONFIG_RISKS, type Configuration } from "../../assess/config-change.ts";
import type { ImageConfig } from "../../image/config.ts";

/** How two configurations compare, inside an assessment. */
export const configurationSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("compared"),
    changes: z.array(
      z.object({
        kind: z.enum(CONFIG_ASPECTS),
        risk: z.enum(CONFIG_RISKS),
        name: z.string().exactOptional(),
        from: z.string().exactOptional(),
        to: z.string().exactOptional(),
        sentence: z.string(),
        platforms: z.array(z.string()).exactOptional(),
      }),
    ),
    omittedCount: z.int().positive().exactOptional(),
    uncompared: z.array(z.object({ platform: z.string(), reason: z.string() })).exactOptional(),
  }),
  z.object({ kind: z.literal("not-compared"), reason: z.string() }),
]) satisfies z.ZodType<Configuration>;

const textsSchema = z.array(z.string());

/** The config of one image. */
export const imageConfigSchema = z.object({
  platform: z.string().exactOptional(),
  user: z.string().exactOptional(),
  entrypoint: textsSchema,
  command: textsSchema,
  environment: z.record(z.string(), z.string()),
  masked: textsSchema,
  exposedPorts: textsSchema,
  volumes: textsSchema,
  workingDirectory: z.string().exactOptional(),
  stopSignal: z.string().exactOptional(),
  healthcheck: textsSchema.exactOptional(),
  shell: textsSchema.exactOptional(),
  onBuild: textsSchema.exactOptional(),
  labels: z.record(z.string(), z.string()),
  layerCount: z.int().nonnegative(),
  layerBytes: z.number().nonnegative(),
}) satisfies z.ZodType<ImageConfig>;
