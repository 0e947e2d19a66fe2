/*
 * Cuts GitHub's public GraphQL schema down to what the double serves:
 *
 *   node test/fakes/github/prune-schema.mjs PATH/TO/schema.graphql > test/fakes/github/schema.graphql
 *
 * Objects and interfaces keep the fields listed here, inputs and enums all of theirs; what they refer to comes along.
 * See ORIGIN.md for where the input comes from. Same input, same bytes.
 */
import { readFileSync } from "node:fs";
import { Kind, parse, print, visit } from "graphql";

const GIT_OBJECT = "id oid";
const FIELDS = {
  Query: "id node nodes rateLimit repository viewer",
  Mutation: `addComment addLabelsToLabelable closePullRequest createCheckRun createCommitOnBranch createLabel createPullRequest
    createRef deleteRef removeLabelsFromLabelable reopenPullRequest updateCheckRun updatePullRequest updateRef`,
  AddCommentPayload: "clientMutationId commentEdge subject",
  AddLabelsToLabelablePayload: "clientMutationId labelable",
  ClosePullRequestPayload: "clientMutationId pullRequest",
  CreateCheckRunPayload: "checkRun clientMutationId",
  CreateCommitOnBranchPayload: "clientMutationId commit ref",
  CreateLabelPayload: "clientMutationId label",
  CreatePullRequestPayload: "clientMutationId pullRequest",
  CreateRefPayload: "clientMutationId ref",
  DeleteRefPayload: "clientMutationId",
  RemoveLabelsFromLabelablePayload: "clientMutationId labelable",
  ReopenPullRequestPayload: "clientMutationId pullRequest",
  UpdateCheckRunPayload: "checkRun clientMutationId",
  UpdatePullRequestPayload: "clientMutationId pullRequest",
  UpdateRefPayload: "clientMutationId ref",
  Actor: "login url",
  Blob: `${GIT_OBJECT} byteSize isBinary isTruncated text`,
  Bot: "id login url",
  CheckRun: "conclusion databaseId detailsUrl externalId id name status summary text title url",
  Closable: "closed closedAt",
  ClosedEvent: "actor createdAt id",
  Commit: `${GIT_OBJECT} committedDate file message messageHeadline parents signature tree`,
  CommitConnection: "nodes pageInfo totalCount",
  GitObject: GIT_OBJECT,
  GitSignature: "isValid state wasSignedByGitHub",
  GpgSignature: "isValid state wasSignedByGitHub",
  IssueComment: "author body createdAt databaseId id url",
  IssueCommentEdge: "node",
  Label: "color description id name url",
  LabelConnection: "nodes pageInfo totalCount",
  Labelable: "labels",
  Node: "id",
  PageInfo: "endCursor hasNextPage hasPreviousPage startCursor",
  PullRequest: `author baseRefName baseRefOid body closed closedAt comments createdAt fullDatabaseId headRefName headRefOid id
    isCrossRepository isDraft labels mergeable merged mergedAt number repository state timelineItems title updatedAt url`,
  IssueCommentConnection: "nodes pageInfo totalCount",
  PullRequestConnection: "nodes pageInfo totalCount",
  PullRequestTimelineItemsConnection: "nodes pageInfo totalCount",
  RateLimit: "cost limit nodeCount remaining resetAt used",
  Ref: "id name prefix repository target",
  RefConnection: "nodes pageInfo totalCount",
  Repository: `databaseId defaultBranchRef id isArchived isDisabled isEmpty isFork isPrivate label labels name nameWithOwner
    object owner pullRequest pullRequests ref refs url`,
  RepositoryOwner: "id login url",
  Tree: `${GIT_OBJECT} entries`,
  TreeEntry: "mode name object oid path size type",
  User: "id login url",
};
const fieldsOf = new Map(Object.entries(FIELDS).map(([name, fields]) => [name, fields.split(/\s+/)]));

const path = process.argv[2];
if (path === undefined) {
  process.stderr.write("usage: prune-schema.mjs PATH/TO/schema.graphql\n");
  process.exit(2);
}
const full = parse(readFileSync(path, "utf8"), { noLocation: true });
const isComposite = ({ kind }) =>
  kind === Kind.OBJECT_TYPE_DEFINITION || kind === Kind.INTERFACE_TYPE_DEFINITION;

const missing = [];
for (const [type, fields] of fieldsOf) {
  const definition = full.definitions.find((each) => isComposite(each) && each.name.value === type);
  for (const field of fields) {
    if (!definition?.fields.some(({ name }) => name.value === field)) missing.push(`${type}.${field}`);
  }
}
if (missing.length > 0) {
  process.stderr.write(`not in this schema: ${missing.join(", ")}\n`);
  process.exit(1);
}

/** GitHub's directives (deprecation, previews) and descriptions say nothing about validity. */
const bare = visit(full, {
  enter: (node) => (node.description === undefined ? undefined : { ...node, description: undefined }),
  Directive: () => null,
  DirectiveDefinition: () => null,
  SchemaDefinition: () => null,
});

const narrowed = new Map();
for (const definition of bare.definitions) {
  const name = definition.name.value;
  const kept = fieldsOf.get(name);
  if (isComposite(definition) && kept === undefined) continue;
  if (!isComposite(definition)) {
    narrowed.set(name, definition);
    continue;
  }
  narrowed.set(name, {
    ...definition,
    fields: (definition.fields ?? []).filter((field) => kept.includes(field.name.value)),
    interfaces: (definition.interfaces ?? []).filter((each) => fieldsOf.has(each.name.value)),
  });
}
for (const [name, definition] of narrowed) {
  if (definition.kind !== Kind.UNION_TYPE_DEFINITION) continue;
  narrowed.set(name, {
    ...definition,
    types: definition.types.filter((each) => narrowed.has(each.name.value)),
  });
}

const reached = new Set();
const waiting = [...fieldsOf.keys()];
while (waiting.length > 0) {
  const name = waiting.pop();
  if (reached.has(name)) continue;
  const definition = narrowed.get(name);
  if (definition === undefined) {
    if (["Boolean", "Float", "ID", "Int", "String"].includes(name)) continue;
    process.stderr.write(`a field of the type ${name} is kept, and none of its fields\n`);
    process.exit(1);
  }
  reached.add(name);
  visit(definition, { NamedType: (node) => void waiting.push(node.name.value) });
}

const definitions = [...narrowed].filter(([name]) => reached.has(name)).map(([, definition]) => definition);
process.stdout.write(`${print({ kind: Kind.DOCUMENT, definitions })}\n`);
