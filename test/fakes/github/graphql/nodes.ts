import { isVisible } from "../access.ts";
import type { Caller, CheckRunState, CommentState, Deed, LabelState, PullState, World } from "../world.ts";
import { GraphFailure } from "./failure.ts";
import { checkRunOf, commentOf, labelOf, pullOf, refOf, repositoryOf } from "./objects.ts";
import { CHECK, CONTENTS, PULL, read, TALK } from "./reading.ts";

/** What a global id leads to. */
export type Found =
  | { readonly kind: "repository"; readonly deed: Deed }
  /** Named without `refs/`. */
  | { readonly kind: "ref"; readonly deed: Deed; readonly name: string }
  | { readonly kind: "pull"; readonly deed: Deed; readonly pull: PullState }
  | { readonly kind: "label"; readonly deed: Deed; readonly label: LabelState }
  | {
      readonly kind: "comment";
      readonly deed: Deed;
      readonly pull: PullState;
      readonly comment: CommentState;
    }
  | { readonly kind: "check-run"; readonly deed: Deed; readonly run: CheckRunState };

/** Ids as REST calls them `node_id`. @throws {GraphFailure} `NOT_FOUND` */
export function findNode(world: World, caller: Caller, id: string): Found {
  const [, kind = "", key = ""] = /^(\w+):(.+)$/.exec(Buffer.from(id, "base64url").toString("utf8")) ?? [];
  for (const repository of world.repositories.values()) {
    if (!isVisible(caller, repository)) continue;
    const found = findIn({ world, caller, repository }, kind, key);
    if (found !== undefined) return found;
  }
  throw unresolved(id);
}

/** The one of a kind. @throws {GraphFailure} `NOT_FOUND` */
export function findNodeOf<Kind extends Found["kind"]>(
  { world, caller }: Pick<Deed, "world" | "caller">,
  kind: Kind,
  id: string,
): Extract<Found, { readonly kind: Kind }> {
  const found = findNode(world, caller, id);
  if (isOf(found, kind)) return found;
  throw unresolved(id);
}

function isOf<Kind extends Found["kind"]>(
  found: Found,
  kind: Kind,
): found is Extract<Found, { readonly kind: Kind }> {
  return found.kind === kind;
}

function unresolved(id: string): GraphFailure {
  return new GraphFailure(
    "NOT_FOUND",
    `Could not resolve to a node with the global id of '${id.slice(0, 100)}'`,
  );
}

function findIn(deed: Deed, kind: string, key: string): Found | undefined {
  const { repository } = deed;
  switch (kind) {
    case "Repository":
      return String(repository.id) === key ? { kind: "repository", deed } : undefined;
    case "Ref":
      return refIn(deed, key);
    case "Label": {
      const label = [...repository.labels.values()].find(({ id }) => String(id) === key);
      return label === undefined ? undefined : { kind: "label", deed, label };
    }
    case "PullRequest": {
      const pull = repository.pulls.find(({ id }) => String(id) === key);
      return pull === undefined ? undefined : { kind: "pull", deed, pull };
    }
    case "IssueComment":
      return commentIn(deed, key);
    case "CheckRun": {
      const run = repository.checkRuns.find(({ id }) => String(id) === key);
      return run === undefined ? undefined : { kind: "check-run", deed, run };
    }
    default:
      return undefined;
  }
}

function refIn(deed: Deed, key: string): Found | undefined {
  const prefix = `${deed.repository.id}:`;
  return key.startsWith(prefix) ? { kind: "ref", deed, name: key.slice(prefix.length) } : undefined;
}

function commentIn(deed: Deed, key: string): Found | undefined {
  for (const pull of deed.repository.pulls) {
    const comment = pull.comments.find(({ id }) => String(id) === key);
    if (comment !== undefined) return { kind: "comment", deed, pull, comment };
  }
  return undefined;
}

/** As the schema has it. */
export async function renderNode(found: Found): Promise<object | null> {
  const { deed } = found;
  switch (found.kind) {
    case "repository":
      return repositoryOf(deed);
    case "ref":
      return read(deed, CONTENTS, async () => refOf(deed, found.name));
    case "pull":
      return read(deed, PULL, () => pullOf(deed, found.pull));
    case "label":
      return read(deed, TALK, () => labelOf(deed, found.label));
    case "comment":
      return read(deed, TALK, () => commentOf(deed, found.pull, found.comment));
    case "check-run":
      return read(deed, CHECK, () => checkRunOf(deed, found.run));
    default:
      return found satisfies never;
  }
}
