import { z } from "zod";
import { ENTRIES_MAX } from "./fields.ts";
import { evidencePlacesField, imagePatternField } from "./pattern-fields.ts";
import type { ProfileSources } from "./profiles.ts";

const images = z.array(imagePatternField({})).max(ENTRIES_MAX);
const evidence = evidencePlacesField();
const name = z.string().max(80).optional().catch(undefined);

const vendorsSchema = z
  .record(
    z.string(),
    z.object({ images: images.catch([]), evidence: evidence.catch([]), enabled: z.boolean().catch(true) }),
  )
  .catch({});

const subscriptionsSchema = z
  .array(
    z
      .object({ image: imagePatternField({}), evidence: evidence.catch([]), name })
      .optional()
      .catch(undefined),
  )
  .catch([]);

/**
 * Which images vendors and subscriptions claim, as far as it can be read, keys and terms left out: a key that cannot be read
 * must not hide that two profiles claim one image.
 */
export function claimsIn(
  raw: Readonly<Record<string, unknown>>,
): Pick<ProfileSources, "overrides" | "subscriptions"> {
  return {
    overrides: vendorsSchema.parse(raw["vendors"]),
    subscriptions: subscriptionsSchema.parse(raw["subscriptions"]).map((entry) =>
      entry === undefined
        ? undefined
        : {
            image: entry.image,
            evidence: entry.evidence,
            ...(entry.name === undefined ? {} : { name: entry.name }),
          },
    ),
  };
}
