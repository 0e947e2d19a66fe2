import { z } from "zod";
import type { CheckRunWish } from "../check-runs.ts";

const ANNOTATION = z.object({
  path: z.string(),
  annotationLevel: z.string(),
  location: z.object({ startLine: z.number(), endLine: z.number() }),
  message: z.string(),
  title: z.string().nullish(),
});

/** What the inputs of the two mutations have in common. */
export const CHECK_RUN_INPUT = z.object({
  name: z.string().nullish(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  detailsUrl: z.string().nullish(),
  externalId: z.string().nullish(),
  startedAt: z.string().nullish(),
  completedAt: z.string().nullish(),
  output: z
    .object({
      title: z.string(),
      summary: z.string(),
      text: z.string().nullish(),
      annotations: z.array(ANNOTATION).nullish(),
    })
    .nullish(),
});

/** In REST's words. */
export function checkRunWishOf(input: z.infer<typeof CHECK_RUN_INPUT>): CheckRunWish {
  const { output } = input;
  return {
    name: input.name ?? undefined,
    status: input.status?.toLowerCase(),
    conclusion: input.conclusion?.toLowerCase(),
    detailsUrl: input.detailsUrl ?? undefined,
    externalId: input.externalId ?? undefined,
    startedAt: dateOf(input.startedAt),
    completedAt: dateOf(input.completedAt),
    output: output
      ? {
          title: output.title,
          summary: output.summary,
          text: output.text,
          annotations: (output.annotations ?? []).map(({ annotationLevel, location, title, ...rest }) => ({
            ...rest,
            ...location,
            title: title ?? null,
            level: annotationLevel.toLowerCase(),
          })),
        }
      : undefined,
  };
}

function dateOf(text: string | null | undefined): Date | undefined {
  return text ? new Date(text) : undefined;
}
