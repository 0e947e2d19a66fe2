import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { parseMatcher } from "../src/edit/custom.ts";
import { parsedField, refuse, section, textField } from "./fields.ts";

const MATCHERS_MAX = 100;

/** What may be said under `files`. */
export function filesSection() {
  const matcher = section(
    {
      files: z.array(parsedField(parseGlob, {})).min(1).max(20).meta({
        values: "list of globs",
        description: "Paths: `*` within a folder, `**` over folders.",
        example: '["deploy/**/*.conf"]',
      }),
      line: textField(
        {
          description:
            "The line that names the image: literal text around `{reference}`, or around `{name}`, `{tag}` and `{digest}`; `*` stands for any other text.",
          example: 'RUNTIME_IMAGE = "{reference}"',
        },
        400,
      ),
    },
    {},
  ).superRefine((written, refined) => {
    try {
      parseMatcher(written);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      refuse(refined, error.message, ["line"]);
    }
  });
  return section(
    {
      shell: z
        .boolean()
        .meta({
          description: "Whether variables of Makefiles and shell scripts are edited. Else they are reported.",
          example: "true",
        })
        .prefault(false),
      matchers: z
        .array(matcher)
        .max(MATCHERS_MAX)
        .meta({
          values: "list of matchers",
          description: "Places that only you know: an image is named there in a line of this form.",
          example: '[{ files: ["*.conf"], line: "IMAGE={reference}" }]',
        })
        .prefault([]),
    },
    { description: "Files that name images beside those that are known." },
  ).prefault({});
}

function parseGlob(text: string): string {
  if (text.length <= 200 && /^[^\s/][^\n]*$/.test(text)) return text;
  throw new InvalidInputError(
    "config-invalid",
    `must be a path within the code repository, is ${quote(text)}`,
  );
}
