import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import { parsedField, section, textField } from "./fields.ts";

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
  );
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
        .meta({ description: "Places that only you know: an image is named there in a line of this form." })
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
