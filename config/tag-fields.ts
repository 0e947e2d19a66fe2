import { z } from "zod";
import { type Instant, instantOf, parseInstant } from "../src/time.ts";
import type { Lifecycle } from "../src/vendor/lifecycle.ts";
import { regExpOf } from "../src/vendor/pattern.ts";
import { type TagGrammar, WORD_ROLES } from "../src/vendor/tag-grammar.ts";
import { refuse, section, textField } from "./fields.ts";
import { imagePatternField } from "./pattern-fields.ts";

const WORDS_MAX = 100;

function wordField() {
  return z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*$/, { error: "must be a word of a tag, such as nonroot" });
}

function wordsField() {
  return z.array(wordField()).max(WORDS_MAX).prefault([]);
}

/** How a vendor's tags are put together. */
export function tagsField() {
  return section(
    {
      type: wordsField(),
      user: wordsField(),
      shell: wordsField(),
      libc: wordsField(),
      distro: wordsField(),
      dev: wordsField(),
      flag: wordsField(),
      arch: wordsField(),
      /** Names of distributions that stand by themselves or with a version right behind. */
      distros: wordsField(),
      named: wordsField(),
      release: z.enum(["behind-version", "none"]).prefault("none"),
      epoch: z.enum(["r", "none"]).prefault("none"),
      dates: z.array(z.int().min(6).max(14)).max(9).prefault([]),
      marks: wordsField(),
    },
    {},
  ).superRefine((tags, context) => {
    const words = WORD_ROLES.flatMap((role) => tags[role].map((word) => ({ role, word })));
    for (const [at, { role, word }] of words.entries()) {
      if (words.findIndex((other) => other.word === word) < at) {
        refuse(context, `${word} stands there twice`, [role]);
      }
    }
  });
}

/** What a vendor's file says of its tags. */
export type TagFields = z.output<ReturnType<typeof tagsField>>;

/** The grammar that the fields say. */
export function tagGrammarOf({
  distros,
  named,
  release,
  epoch,
  dates,
  marks,
  ...words
}: TagFields): TagGrammar {
  return { words, distros, named, release, epoch, dates, marks, scheme: "numeric" };
}

/** When a vendor stops to build images. */
export function lifecycleField() {
  return z
    .array(
      section(
        {
          images: z
            .array(
              imagePatternField({ description: "Which images.", example: "gcr.io/distroless/*-debian12" }),
            )
            .min(1)
            .max(50),
          /** Only tags with this word. */
          word: wordField().exactOptional(),
          /** The last day, or the last month. */
          until: z.string().refine((text) => endOf(text) !== undefined, {
            error: "must be a day or month, such as 2026-09-30",
          }),
          notice: textField({ description: "What users should do.", example: "Move to Debian 13." }, 300),
        },
        {},
      ),
    )
    .max(100);
}

/** What the fields say; what is over is so from the day after the last one. */
export function lifecycleOf(entries: z.output<ReturnType<typeof lifecycleField>>): readonly Lifecycle[] {
  return entries.flatMap(({ images, word, until, notice }) => {
    const endsAt = endOf(until);
    if (endsAt === undefined) return [];
    const patterns = images.map((image) => regExpOf(image));
    return [{ images: patterns, endsAt, notice, ...(word === undefined ? {} : { word }) }];
  });
}

/** The first instant after a day or a month. */
function endOf(text: string): Instant | undefined {
  const [, month, day] = /^(\d{4}-\d{2})(-\d{2})?$/.exec(text) ?? [];
  const first = month === undefined ? undefined : parseInstant(`${month}${day ?? "-01"}T00:00:00Z`);
  if (first === undefined) return undefined;
  const end = new Date(first);
  if (day === undefined) end.setUTCMonth(end.getUTCMonth() + 1);
  else end.setUTCDate(end.getUTCDate() + 1);
  return instantOf(end.getTime());
}
