import type { CodeRepository } from "../proposal/plan.ts";

/**
 * What a code host says happened. It decides on nothing but when something is looked at: the look itself asks the code host.
 */
export type CodeEvent =
  /** Commits came to a branch, or went from it. */
  | {
      readonly kind: "pushed";
      readonly codeRepository: CodeRepository;
      readonly branch: string;
      /** Whether it is the default branch, as the code host says. */
      readonly isDefault: boolean;
      readonly files: ChangedFiles;
    }
  /** Somebody did something to a pull request whose branch is one of the code repository itself, and named as ours are. */
  | {
      readonly kind: "pull-request";
      readonly codeRepository: CodeRepository;
      readonly branch: string;
      /** It is open again: what is known of it may say that it ended. */
      readonly isReopened: boolean;
    }
  /** Somebody wrote a command below a pull request. */
  | { readonly kind: "asked"; readonly codeRepository: CodeRepository; readonly number: number }
  /** A branch is gone. */
  | { readonly kind: "branch-deleted"; readonly codeRepository: CodeRepository; readonly branch: string }
  /** A check of somebody at the head of a branch that is named as ours are has come to a good end, or somebody approved of its pull request. */
  | {
      readonly kind: "checked";
      readonly codeRepository: CodeRepository;
      /** Ten at most. */
      readonly branches: readonly string[];
      /** The App whose check it is, by its number and its client id, where they are told. */
      readonly apps: readonly string[];
    }
  /** Another branch is the default one. */
  | { readonly kind: "default-branch"; readonly codeRepository: CodeRepository }
  /** Which code repositories there are, or what may be done there, has changed. */
  | { readonly kind: "repositories" };

/** Paths of a push; `unknown` where it does not list them all. */
export type ChangedFiles =
  { readonly kind: "listed"; readonly paths: readonly string[] } | { readonly kind: "unknown" };

/** Why an event that is as it should be changes nothing. */
export type EventIgnoredReason =
  /** It says that the webhook works. */
  | "ping"
  /** Of a kind, or with an action, that is nothing to us. */
  | "other-event"
  | "other-action"
  /** A push to a tag, or to a branch of ours; a pull request from another branch than ours. */
  | "other-branch"
  /** What we did ourselves. */
  | "own"
  /** A check that is not done, or failed, or a review that approves of nothing: nothing is merged because of it. */
  | "not-green"
  /** A check or a review of a pull request that nobody but a person merges. */
  | "not-awaited"
  /** A comment that asks nothing of us. */
  | "no-command"
  /** A push that touches no file that could name an image. */
  | "other-files"
  /** Of a code repository, a branch or a pull request that we have nothing to do with. */
  | "not-known";

/** Why a call cannot be read. */
export type EventRefusedReason = "not-json" | "malformed";

/** What a call says. */
export type EventReading =
  | { readonly kind: "event"; readonly event: CodeEvent }
  | { readonly kind: "ignored"; readonly reason: EventIgnoredReason }
  | { readonly kind: "refused"; readonly reason: EventRefusedReason };

/** Kinds of webhooks that something follows from. */
export const EVENTS_OBEYED = [
  "push",
  "pull_request",
  "issue_comment",
  "installation",
  "installation_repositories",
  "installation_target",
  "repository",
  "check_suite",
  "check_run",
  "status",
  "pull_request_review",
] as const;

/** A kind of webhook as metrics name it. */
export type EventName = (typeof EVENTS_OBEYED)[number] | "ping" | "other";

const NAMES: ReadonlySet<string> = new Set([...EVENTS_OBEYED, "ping"]);

/** Whether something may follow from webhooks of this kind. */
export function isObeyed(name: string): name is (typeof EVENTS_OBEYED)[number] {
  return name !== "ping" && NAMES.has(name);
}

/** The kind, as a label: one of a few, whatever a caller sends. */
export function eventNameOf(name: string | null): EventName {
  if (name === "ping") return "ping";
  return name !== null && isObeyed(name) ? name : "other";
}
