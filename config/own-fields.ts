import { z } from "zod";
import { parseMatcher } from "../src/edit/custom.ts";
import { InvalidInputError, quote } from "../src/errors.ts";
import { parseImagePattern } from "../src/vendor/pattern.ts";
import { GROUPINGS, PINNINGS } from "../src/vendor/pull-rules.ts";
import type { OwnField } from "../src/vendor/own-settings.ts";
import { type FieldFacts, refuse, section } from "./fields.ts";
import {
  BASE_BRANCH_PATTERN,
  GLOB_PATTERN,
  IMAGE_PATTERN,
  LABEL_PATTERN,
  LINE_PATTERN,
  LOGIN_PATTERN,
  MILESTONE_PATTERN,
} from "./own-patterns.ts";

/** Entries of lists at most. Globs and matchers are tried on every file. */
const NAMES_MAX = 20;
const IGNORED_MAX = 20;
const IMAGES_MAX = 100;
const MATCHERS_MAX = 5;
const MATCHER_FILES_MAX = 5;

/** What owners of a code repository may say. docs/hullkeeper.schema.json and docs/repository-file.md are written from this. */
export function ownSettingsSchema() {
  return section({ ...selectionShape(), ...pullShape() } satisfies Record<OwnField, unknown>, {
    description: "What the owners of a code repository say of it to Hullkeeper: `.github/hullkeeper.yml`.",
  });
}

function selectionShape() {
  return {
    enabled: z
      .boolean()
      .meta({
        description:
          "Whether there are pull requests. Images are shown, and deadlines run, in any case; pull requests that are open stay. Default: true.",
        example: "false",
      })
      .exactOptional(),
    ignorePaths: globs(IGNORED_MAX, {
      description:
        "Files that are neither read nor edited: globs, `*` within a folder, `**` over folders. How many they are is shown.",
      example: '["examples/**"]',
    }).exactOptional(),
    images: section(
      {
        allow: imagePatterns("Only these. Default: all.", '["bellsoft/*"]').exactOptional(),
        deny: imagePatterns(
          "Not these, whatever `allow` says.",
          '["docker.io/bellsoft/*-debug"]',
        ).exactOptional(),
      },
      {
        description:
          "Which images get pull requests, by patterns of their repositories, `*` for any text inside one component of the path. The others are shown, and their deadlines run.",
        example: '{ deny: ["ghcr.io/acme/*"] }',
      },
    ).exactOptional(),
    files: filesSection().exactOptional(),
  };
}

function filesSection() {
  const matcher = section(
    {
      files: globs(MATCHER_FILES_MAX, {
        description: "Paths: `*` within a folder, `**` over folders.",
        example: '["deploy/**/*.conf"]',
      }).min(1),
      line: textOf(LINE_PATTERN, {
        wanted:
          "must be a line of 400 characters at most with {reference}, or with {name} and {tag} or {digest}, each once and with text between and behind them that tells where they end",
        check: (line) => void parseMatcher({ files: ["*"], line }),
        description:
          "The line that names the image: literal text around `{reference}`, or around `{name}`, `{tag}` and `{digest}`; `*` stands for any other text.",
        example: '"RUNTIME_IMAGE={reference}"',
      }),
    },
    {},
  );
  return section(
    {
      shell: z
        .boolean()
        .meta({
          description:
            "Whether variables of Makefiles and shell scripts are edited. Default: as the operator has it.",
          example: "true",
        })
        .exactOptional(),
      matchers: z
        .array(matcher)
        .max(MATCHERS_MAX)
        .meta({
          values: "list of matchers",
          description: "Places that only you know, beside those of the operator.",
          example: '[{ files: ["*.conf"], line: "IMAGE={reference}" }]',
        })
        .exactOptional(),
    },
    { description: "Files that name images beside those that are known.", example: "{ shell: true }" },
  );
}

function pullShape() {
  const names = (pattern: string, wanted: string, description: string, example: string) =>
    z
      .array(textOf(pattern, { wanted }))
      .max(NAMES_MAX)
      .meta({ values: "list of names", description, example })
      .exactOptional();
  const person = "must be a login or organisation/team, without @";
  return {
    group: z
      .enum(GROUPINGS)
      .meta({
        description:
          "What one pull request is about: all images of a `vendor`, one image `line`, one `directory` of files, or `all` of them. Default: as the operator has it.",
        example: "directory",
      })
      .exactOptional(),
    pin: z
      .enum(PINNINGS)
      .meta({
        description:
          "What becomes of places that name an image by its tag alone. `propose`: one pull request of its own adds the digests of those that are verified. `follow`: their tags are watched and verified, and nothing is edited. `never`: they are not even watched. Default: as the operator has it.",
        example: "propose",
      })
      .exactOptional(),
    labels: names(
      LABEL_PATTERN,
      "must be a label of 50 characters at most, without a comma, and none that Hullkeeper sets itself",
      "Labels beside those of the operator.",
      "[dependencies]",
    ),
    assignees: names(
      LOGIN_PATTERN,
      person,
      "Who new pull requests are assigned to, beside those of the operator.",
      "[alex]",
    ),
    reviewers: names(
      LOGIN_PATTERN,
      person,
      "Who is asked to review new pull requests, beside those of the operator: logins, or teams as `organisation/team`.",
      "[acme/shop-team]",
    ),
    codeowners: z
      .boolean()
      .meta({
        description:
          "Whether the owners of the changed files are asked to review, by CODEOWNERS of the base branch. `true` adds them; `false` does not take away what the operator has.",
        example: "true",
      })
      .exactOptional(),
    baseBranches: names(
      BASE_BRANCH_PATTERN,
      "must be the name of a branch, or a pattern of such with 8 * at most, and none of Hullkeeper's own",
      "Branches that pull requests go to, beside those of the operator: names, patterns with `*` within a part of the name and `**` over parts, or `$default`. Each is read, has deadlines and gets pull requests of its own; 20 at most in all.",
      '["release/*"]',
    ),
    milestone: textOf(MILESTONE_PATTERN, {
      wanted: "must be the title of a milestone: 200 characters at most, in one line",
      description: "The title of an open milestone for new pull requests.",
      example: "Q4",
    }).exactOptional(),
  };
}

function globs(max: number, facts: Partial<FieldFacts>) {
  const wanted = "must be a path within the code repository with 8 * at most, of 200 characters at most";
  return z
    .array(textOf(GLOB_PATTERN, { wanted }))
    .max(max)
    .meta({ values: "list of globs", ...facts });
}

function imagePatterns(description: string, example: string) {
  const wanted =
    "must name repositories such as docker.io/bellsoft/hardened-*, without tag, with three * at most in each component of the path";
  return z
    .array(textOf(IMAGE_PATTERN, { wanted, check: (text) => void parseImagePattern(text) }))
    .min(1)
    .max(IMAGES_MAX)
    .meta({ values: "list of patterns", description, example });
}

interface TextFacts extends Partial<FieldFacts> {
  /** What is said where it has another form. */
  readonly wanted: string;
  /** What reads it later: the pattern lets nothing through that this refuses. */
  readonly check?: (text: string) => void;
}

/** A text of one form, by a pattern that goes into the schema as it is. */
function textOf(pattern: string, { wanted, check, ...facts }: TextFacts) {
  return z
    .string()
    .regex(new RegExp(pattern, "u"), {
      error: ({ input }) => `${wanted}, is ${quote(String(input))}`,
      abort: true,
    })
    .check((context) => {
      try {
        check?.(context.value);
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        refuse(context, error.message);
      }
    })
    .meta(facts);
}
