import { z } from "zod";
import { InvalidInputError, quote } from "../src/errors.ts";
import {
  AUTOMERGE_CLASSES,
  DEFAULT_PULL_RULES,
  GROUPINGS,
  MERGE_METHODS,
  PINNINGS,
  type PullRules,
  TAG_MOVES,
} from "../src/vendor/pull-rules.ts";
import { DAY_MS, HOUR_MS } from "../src/time.ts";
import { parseBaseBranch } from "./names.ts";
import { type FieldFacts, parsedField, spanField, textField } from "./fields.ts";

/** Entries of a list of branches at most. */
const BASE_BRANCHES_MAX = 20;

/** Names in a list of people or labels at most: as many as a code host takes for one pull request. */
const NAMES_MAX = 20;

/**
 * How pull requests are made and kept.
 *
 * @param factsAt what the documentation says of a field instead, e.g. that it is as another one
 */
export function pullShape(factsAt: (path: string) => Partial<FieldFacts>) {
  const as: As = (name, facts) => ({ ...facts, ...factsAt(`policy.${name}`) });
  return {
    group: z
      .enum(GROUPINGS)
      .meta(
        as("group", {
          description:
            "What one pull request is about: all images of a `vendor`, one image `line`, one `directory` of files, or `all` of them. Default: `vendor`.",
          example: "directory",
        }),
      )
      .exactOptional(),
    baseBranches: z
      .array(parsedField(parseBaseBranch, {}))
      .min(1)
      .max(BASE_BRANCHES_MAX)
      .meta(
        as("baseBranches", {
          values: "list of branches",
          description:
            "Branches that are read, have deadlines, and get pull requests of their own: names, patterns with `*` within a part of the name and `**` over parts, or `$default` for each repository's default branch. 20 branches of a code repository at most in all, of a pattern those with the highest numbers. What owners say is read from the first of the list. Default: `github.baseBranch`, else `[$default]`.",
          example: "[$default, release/*]",
        }),
      )
      .exactOptional(),
    tags: z
      .enum(TAG_MOVES)
      .meta(
        as("tags", {
          description:
            "Whether a place may move to a newer version tag. `same`: only its digest moves, under the tag it has. `patch`, `minor`, `major`: to the newest tag of the same stream, at most that far. Nothing but the version changes in a tag: never the libc, the user, the shell, the distribution, a variant, or how exactly the version is written. Default: `same`.",
          example: "patch",
        }),
      )
      .exactOptional(),
    pin: z
      .enum(PINNINGS)
      .meta(
        as("pin", {
          description:
            "What becomes of places that name an image by its tag alone. `propose`: one pull request of its own for each base branch adds the digests of those that are verified, without a deadline, since no image changes; closed by a person, it comes again for other places only. `follow`: their tags are watched and verified, and nothing is edited. `never`: they are not even watched. Default: `follow`.",
          example: "propose",
        }),
      )
      .exactOptional(),
    ...attentionShape(as),
    ...mergeShape(as),
    ignoreFor: spanField(
      as("ignoreFor", {
        description:
          "How long digests are ignored whose pull request a person closed. Over sooner for a digest that is then found to fix a critical or exploited vulnerability. Default: `90d`.",
        example: "30d",
      }),
      { minMs: HOUR_MS, maxMs: 365 * DAY_MS },
    ).exactOptional(),
  };
}

function mergeShape(as: As) {
  return {
    automerge: z
      .array(z.enum(AUTOMERGE_CLASSES))
      .max(AUTOMERGE_CLASSES.length)
      .meta(
        as("automerge", {
          values: "list of classes",
          description:
            "Classes of updates that are merged without a person, once checks of others are there and green and the rules of the branch allow it: `fixes`, `content`, `rebuild`, `evidence-only`. Never what moves a tag, changes how an image is run, could not be compared, or rests on trust that configuration weakens. Default: none.",
          example: "[fixes, rebuild]",
        }),
      )
      .exactOptional(),
    mergeMethod: z
      .enum(MERGE_METHODS)
      .meta(as("mergeMethod", { description: "How they are merged. Default: `merge`.", example: "squash" }))
      .exactOptional(),
    openMax: z
      .int()
      .min(1)
      .max(1_000)
      .meta(
        as("openMax", {
          description:
            "How many pull requests of ours are open in one code repository at most. What fixes a critical or exploited vulnerability is proposed all the same; the rest waits until one is merged or closed. Default: any number.",
          example: "5",
        }),
      )
      .exactOptional(),
    perHour: z
      .int()
      .min(1)
      .max(1_000)
      .meta(
        as("perHour", {
          description:
            "How many pull requests of ours are opened in one code repository, or get a newer commit, in any hour at most. What fixes a critical or exploited vulnerability and what a person asked for is written all the same, and counts; the rest waits, the earliest deadline first. What a pull request says is brought up to date at any time. Default: any number.",
          example: "2",
        }),
      )
      .exactOptional(),
  };
}

type As = (name: string, facts: FieldFacts) => Pick<FieldFacts, keyof FieldFacts>;

function attentionShape(as: As) {
  const names = (name: string, description: string, example: string) =>
    z
      .array(parsedField(name === "labels" ? parseLabel : parseLogin, {}))
      .max(NAMES_MAX)
      .meta(as(name, { values: "list of names", description, example }))
      .exactOptional();
  return {
    labels: names("labels", "Labels beside our own.", "[security]"),
    assignees: names("assignees", "Who new pull requests are assigned to.", "[alex]"),
    reviewers: names(
      "reviewers",
      "Who is asked to review new pull requests: logins, or teams as `organisation/team`.",
      "[acme/platform]",
    ),
    codeowners: z
      .boolean()
      .meta(
        as("codeowners", {
          description:
            "Whether the owners of the changed files are asked to review, by CODEOWNERS of the base branch. Default: false, since code hosts mostly do so by themselves.",
          example: "true",
        }),
      )
      .exactOptional(),
    milestone: textField(
      as("milestone", {
        description: "The title of an open milestone for new pull requests.",
        example: "Q4",
      }),
      200,
    ).exactOptional(),
  };
}

function parseLogin(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$/.test(text)) return text;
  throw new InvalidInputError(
    "config-invalid",
    `must be a login or organisation/team, without @, is ${quote(text)}`,
  );
}

function parseLabel(text: string): string {
  const isOurs = /^(?:hullkeeper(?::|$)|sla:)/i.test(text);
  if (isOurs)
    throw new InvalidInputError("config-invalid", `is a label that we set ourselves: ${quote(text)}`);
  if (/^[^\p{C},]{1,50}$/u.test(text) && text.trim() === text) return text;
  throw new InvalidInputError(
    "config-invalid",
    `must be a label of 50 characters at most, is ${quote(text)}`,
  );
}

/** What the fields of a policy say. */
export type PullFields = Partial<Omit<PullRules, "ignoreForMs">> & { readonly ignoreFor?: number };

/** The rules of pull requests, with what holds where nothing is said. @param baseBranch the branch that all go to, where one is named */
export function pullRulesOf(fields: PullFields, baseBranch: string | undefined): PullRules {
  const { milestone, openMax, perHour } = fields;
  const rules = DEFAULT_PULL_RULES;
  return {
    ...rules,
    baseBranches: fields.baseBranches ?? (baseBranch === undefined ? rules.baseBranches : [baseBranch]),
    group: fields.group ?? rules.group,
    tags: fields.tags ?? rules.tags,
    pin: fields.pin ?? rules.pin,
    labels: fields.labels ?? rules.labels,
    assignees: fields.assignees ?? rules.assignees,
    reviewers: fields.reviewers ?? rules.reviewers,
    codeowners: fields.codeowners ?? rules.codeowners,
    ignoreForMs: fields.ignoreFor ?? rules.ignoreForMs,
    automerge: fields.automerge ?? rules.automerge,
    mergeMethod: fields.mergeMethod ?? rules.mergeMethod,
    ...(milestone === undefined ? {} : { milestone }),
    ...(openMax === undefined ? {} : { openMax }),
    ...(perHour === undefined ? {} : { perHour }),
  };
}
