import { generateKeyPairSync } from "node:crypto";
import { type Octokit, RequestError } from "octokit";
import { CodedError, type ErrorCode } from "../../../../src/errors.ts";
import type { CommitId } from "../../../../src/ports/code-host.ts";
import type { CodeRepository } from "../../../../src/proposal/plan.ts";
import type { Permissions } from "../../../fakes/github/world.ts";
import type { TestedHost } from "../host.ts";

/** As whom the adapter signs in. */
export type Identity = "app" | "token";

/** A GitHub, real or not, with a repository to work on. */
export interface Opinion {
  readonly name: "double" | "emulate" | "github.com";
  readonly identities: readonly Identity[];
  /** Whether it is wanted here: not everybody is. */
  readonly isAsked: boolean;
  /** Of one row. */
  readonly timeoutMs: number;
  /** Starts anew: nothing is there but {@link FILES} on the base branch. It ends with the test. */
  open(as: Identity, webhooks?: WebhookTarget): Promise<Stage>;
}

/** Where webhooks of the App go, and what they are signed with. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** Where one row plays. */
export interface Stage {
  readonly repository: CodeRepository;
  readonly host: TestedHost;
  /** The same adapter with a credential that nobody gave. */
  readonly stranger: TestedHost;
  readonly baseBranch: string;
  /** Of pull requests, as yet absent. */
  readonly branch: string;
  /** The first commit on the base branch. */
  readonly base: CommitId;
  /** A person who may do everything, past the adapter. */
  readonly person: Octokit;
  /** The App with a token that may do only this, past the adapter; where there is no App, nobody. */
  readonly narrowed?: (permissions: Permissions) => Promise<Octokit>;
}

/** What a row came to. */
export type Outcome =
  | { readonly answer: unknown }
  | { readonly refused: ErrorCode }
  /** Past the adapter. */
  | { readonly status: number };

/** One thing that is done at each GitHub in the same way. */
export interface Row {
  readonly title: string;
  /** Default: both. */
  readonly as?: Identity;
  readonly ask: (stage: Stage) => Promise<unknown>;
  /** What GitHub is believed to make of it, and the double does. */
  readonly says: Outcome;
  /** What others are known to make of it, and why that is wrong. A row that fails here has been mended, and loses this. */
  readonly but?: { readonly [Name in Exclude<Opinion["name"], "double">]?: Deviation };
}

interface Deviation {
  readonly why: string;
  /** Absent: it cannot be asked there at all. */
  readonly says?: Outcome;
}

/** Files of every stage: with a mode, with a byte-order mark and line ends of Windows, below a folder. */
export const FILES = [
  { path: "Dockerfile", content: "FROM scratch\n", mode: "100644" },
  { path: "deep/run.sh", content: "#!/bin/sh\n", mode: "100755" },
  { path: "odd.txt", content: "\uFEFFone\r\ntwo", mode: "100644" },
] as const;

/** Of the App. */
export const APP_ID = 4_711;
export const KEY = createKey();
/** Another one. */
export const STRANGE_KEY = createKey();

/** What the App is given: everything that the product asks for. */
export const GIVEN: Permissions = {
  checks: "write",
  contents: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write",
  workflows: "write",
};

/** Why some rows are not put to GitHub itself. */
export const NO_STRANGERS = { why: "the repository is one's own: nobody else has a right to it" };

/** The only person with a right to write, besides the one who owns the repository. */
export const COLLABORATOR = "ada";

/** What work came to; a failure that is neither GitHub's nor the adapter's is thrown. */
export async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    return { answer: await work };
  } catch (thrown) {
    if (thrown instanceof CodedError) return { refused: thrown.code };
    if (thrown instanceof RequestError) return { status: thrown.status };
    throw thrown;
  }
}

function createKey() {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}
