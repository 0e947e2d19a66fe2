/*
 * Cuts GitHub's OpenAPI description down to the operations that the double serves:
 *
 *   node test/fakes/github/prune-openapi.mjs PATH/TO/api.github.com.json > test/fakes/github/openapi.json
 *
 * See ORIGIN.md for where the input comes from. Same input, same bytes.
 */
import { readFileSync } from "node:fs";

const OPERATIONS = [
  "apps/get-authenticated",
  "apps/list-installations",
  "apps/get-installation",
  "apps/create-installation-access-token",
  "apps/list-repos-accessible-to-installation",
  "apps/get-repo-installation",
  "apps/get-webhook-config-for-app",
  "apps/list-webhook-deliveries",
  "apps/redeliver-webhook-delivery",
  "apps/get-org-installation",
  "apps/get-user-installation",
  "checks/create",
  "checks/update",
  "checks/list-for-ref",
  "issues/add-assignees",
  "issues/create-comment",
  "issues/create-label",
  "issues/list-comments",
  "issues/list-milestones",
  "issues/update",
  "meta/get",
  "pulls/request-reviewers",
  "repos/get-collaborator-permission-level",
  "repos/list-for-authenticated-user",
  "repos/get",
  "repos/get-branch",
  "repos/compare-commits-with-basehead",
  "git/list-matching-refs",
  "git/get-ref",
  "git/create-ref",
  "git/update-ref",
  "git/delete-ref",
  "git/get-commit",
  "git/create-commit",
  "git/get-tree",
  "git/create-tree",
  "git/get-blob",
  "git/create-blob",
  "pulls/list",
  "pulls/create",
  "pulls/get",
  "pulls/update",
  "pulls/merge",
  "issues/list-labels-on-issue",
  "issues/add-labels",
  "issues/remove-label",
  "repos/create-commit-status",
  "repos/get-combined-status-for-ref",
];

/** Kinds of webhooks that the double sends, each with its actions. */
const WEBHOOKS = [
  "push",
  "pull-request-opened",
  "pull-request-closed",
  "pull-request-reopened",
  "pull-request-edited",
  "pull-request-synchronize",
  "issue-comment-created",
  "check-run-created",
  "check-run-completed",
  "check-suite-completed",
  "status",
  "installation-created",
  "installation-deleted",
  "installation-suspend",
  "installation-unsuspend",
  "installation-repositories-added",
  "installation-repositories-removed",
  "repository-created",
  "repository-archived",
  "repository-unarchived",
  "repository-privatized",
  "repository-publicized",
];

/** Keys that say nothing about validity. `example` and `examples` also break strict JSON Schema readers. */
const DROPPED = new Set(["description", "summary", "externalDocs", "tags", "example", "examples", "title"]);

const path = process.argv[2];
if (path === undefined) {
  process.stderr.write("usage: prune-openapi.mjs PATH/TO/api.github.com.json\n");
  process.exit(2);
}
const full = JSON.parse(readFileSync(path, "utf8"));

/** A copy without the dropped keys; `properties` may hold fields of those names, which stay. */
function strip(value, isNameMap) {
  if (Array.isArray(value)) return value.map((item) => strip(item, false));
  if (typeof value !== "object" || value === null) return value;
  const kept = {};
  for (const [key, item] of Object.entries(value)) {
    const isAnnotation = DROPPED.has(key) || (key.startsWith("x-") && key !== "x-multi-segment");
    if (!isNameMap && isAnnotation) continue;
    const namesBelow = !isNameMap && (key === "properties" || key === "patternProperties");
    kept[key] = strip(item, namesBelow);
  }
  return kept;
}

/** The documented answers of success; errors are listed incompletely, so they are kept as bare status codes. */
function pruneOperation(operation) {
  const responses = {};
  for (const [status, response] of Object.entries(operation.responses)) {
    responses[status] = status.startsWith("2") ? strip(response, false) : {};
  }
  const { operationId, parameters = [], requestBody } = operation;
  return {
    operationId,
    parameters: strip(parameters, false),
    ...(requestBody === undefined ? {} : { requestBody: strip(requestBody, false) }),
    responses,
  };
}

const paths = {};
const missing = new Set(OPERATIONS);
for (const [template, item] of Object.entries(full.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    if (!missing.delete(operation.operationId)) continue;
    paths[template] ??= {};
    paths[template][method] = pruneOperation(operation);
  }
}
if (missing.size > 0) {
  process.stderr.write(`not in this description: ${[...missing].join(", ")}\n`);
  process.exit(1);
}

/** Payloads by kind and action. */
const webhooks = Object.fromEntries(
  WEBHOOKS.map((name) => {
    const webhook = full["x-webhooks"][name];
    if (webhook === undefined) throw new Error(`not in this description: ${name}`);
    return [name, strip(webhook.post.requestBody.content["application/json"].schema, false)];
  }),
);

const components = {};

/** Takes over every component that is reachable, each once. */
function collect(value) {
  if (typeof value !== "object" || value === null) return;
  if (typeof value.$ref === "string") {
    const [, , kind, name] = value.$ref.split("/");
    components[kind] ??= {};
    if (components[kind][name] === undefined) {
      components[kind][name] = strip(full.components[kind][name], false);
      collect(components[kind][name]);
    }
  }
  for (const item of Object.values(value)) collect(item);
}
collect(paths);
collect(webhooks);

// Headers of answers are not checked.
delete components.headers;
for (const kind of Object.keys(components)) {
  components[kind] = Object.fromEntries(
    Object.entries(components[kind]).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

const pruned = {
  openapi: full.openapi,
  info: { title: full.info.title, version: full.info.version, license: full.info.license },
  paths,
  webhooks,
  components,
};
process.stdout.write(`${JSON.stringify(pruned)}\n`);
