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

/** Workflows that are kept elsewhere to be copied: known by their events and jobs. */
export const GITHUB_ACTIONS_ELSEWHERE: FileFormat = {
  ...GITHUB_ACTIONS,
  isNamed: (path) => /\.ya?ml$/i.test(path),
  isContent: ({ text }) =>
    /^["']?on["']?[ \t]*:/m.test(text) &&
    /^["']?jobs["']?[ \t]*:/m.test(text) &&
    /^[ \t]+runs-on[ \t]*:/m.test(text),
};

/** @see GitHub Docs, "Workflow syntax for GitHub Actions" and "Metadata syntax for GitHub Actions" */
function* imagesIn(root: YamlNode): Generator<NamedImage> {
  for (const { value: job } of entriesAt(root, "jobs")) {
    const matrix = nodeAt(job, "strategy", "matrix");
    const named = [nodeAt(job, "container"), ...entriesAt(job, "services").map(({ value }) => value)];
    for (const image of named.flatMap((node) => imageIn(node, "image"))) yield* variantsOf(image, matrix);
    yield* usedIn(itemsAt(job, "steps"));
  }
  yield* dockerImage(nodeAt(root, "runs", "image"));
  yield* usedIn(itemsAt(root, "runs", "steps"));
}

/** `${{ matrix.x }}` and nothing else: what the matrix has for it, where it has that as it is. */
function variantsOf(image: NamedImage, matrix: YamlNode | undefined): readonly NamedImage[] {
  const [, name] = /^\$\{\{[ \t]*matrix\.([\w.-]+)[ \t]*\}\}$/.exec(image.scalar.value.trim()) ?? [];
  if (name === undefined || matrix === undefined) return [image];
  const [first = "", ...rest] = name.split(".");
  const rows = [
    ...itemsAt(matrix, first),
    ...itemsAt(matrix, "include").flatMap((row) => nodeAt(row, first) ?? []),
  ];
  const variants = rows.flatMap((row) => imageIn(nodeAt(row, ...rest), "image"));
  return variants.length > 0 ? variants : [image];
}

function* usedIn(steps: readonly YamlNode[]): Generator<NamedImage> {
  for (const step of steps) yield* dockerImage(scalarAt(step, "uses"));
}

/** Without `docker://` it is an action, or a Dockerfile. */
function* dockerImage(node: YamlNode | undefined): Generator<NamedImage> {
  if (node?.kind === "scalar" && node.value.startsWith(DOCKER)) yield { scalar: node, prefix: DOCKER };
}
