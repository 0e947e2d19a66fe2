import type { FileFormat } from "./format.ts";
import { type NamedImage, imageIn, pipelineOccurrences } from "./pipeline.ts";
import { entriesAt, itemsAt, nodeAt, scalarAt } from "./yaml/walk.ts";
import type { YamlNode } from "./yaml/yaml.ts";

const WORKFLOW = /(?:^|\/)\.(?:github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/;
const ACTION = /(?:^|\/)action\.ya?ml$/;
const DOCKER = "docker://";

/** Workflows and actions of GitHub, and of the hosts that read the same. */
export const GITHUB_ACTIONS: FileFormat = {
  id: "github-actions",
  isNamed: (path) => WORKFLOW.test(path) || ACTION.test(path),
  isContent: ({ path, text }) => WORKFLOW.test(path) || /^["']?runs["']?[ \t]*:/m.test(text),
  occurrencesIn: (file) => pipelineOccurrences(file, imagesIn),
};

/** @see GitHub Docs, "Workflow syntax for GitHub Actions" and "Metadata syntax for GitHub Actions" */
function* imagesIn(root: YamlNode): Generator<NamedImage> {
  for (const { value: job } of entriesAt(root, "jobs")) {
    yield* imageIn(nodeAt(job, "container"), "image");
    for (const { value: service } of entriesAt(job, "services")) yield* imageIn(service, "image");
    yield* usedIn(itemsAt(job, "steps"));
  }
  yield* dockerImage(nodeAt(root, "runs", "image"));
  yield* usedIn(itemsAt(root, "runs", "steps"));
}

function* usedIn(steps: readonly YamlNode[]): Generator<NamedImage> {
  for (const step of steps) yield* dockerImage(scalarAt(step, "uses"));
}

/** Without `docker://` it is an action, or a Dockerfile. */
function* dockerImage(node: YamlNode | undefined): Generator<NamedImage> {
  if (node?.kind === "scalar" && node.value.startsWith(DOCKER)) yield { scalar: node, prefix: DOCKER };
}
