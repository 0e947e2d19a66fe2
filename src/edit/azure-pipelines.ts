import type { FileFormat } from "./format.ts";
import { type NamedImage, imageIn, pipelineOccurrences } from "./pipeline.ts";
import { entriesAt, itemsAt, nodesIn, scalarAt, textAt, valueAt } from "./yaml/walk.ts";
import type { YamlNode } from "./yaml/yaml.ts";

const NAME = /(?:^|\/)\.?(?:azure-pipelines?|vsts-ci)[^/]*\.ya?ml$/i;
const FOLDER = /(?:^|\/)\.?(?:azure-pipelines?|azuredevops)\/(?:.*\/)?[^/]+\.ya?ml$/i;

/** Pipelines of Azure DevOps and their templates, by their customary names. */
export const AZURE_PIPELINES: FileFormat = {
  id: "azure-pipelines",
  isNamed: (path) => NAME.test(path) || FOLDER.test(path),
  occurrencesIn: (file) => pipelineOccurrences(file, imagesIn),
};

/** Templates of other names: known by what only these pipelines have. */
export const AZURE_PIPELINES_ELSEWHERE: FileFormat = {
  ...AZURE_PIPELINES,
  isNamed: (path) => /\.ya?ml$/i.test(path),
  isContent: ({ text }) => /^[ \t]*(?:-[ \t]+)?(?:vmImage[ \t]*:|task[ \t]*:[ \t]*\w+@\d)/m.test(text),
};

/** @see Azure DevOps, "YAML schema reference", resources.containers, jobs.job.container */
function* imagesIn(root: YamlNode): Generator<NamedImage> {
  const resources = itemsAt(root, "resources", "containers");
  const names = new Set(resources.map((resource) => textAt(resource, "container")));
  for (const resource of resources) {
    const scalar = scalarAt(resource, "image");
    // What a registry of another kind holds is found through a service connection, not by this name alone.
    if (scalar !== undefined) yield { scalar };
  }
  for (const { node, path } of nodesIn(root)) {
    if (path[0] === "resources" || path.includes("parameters")) continue;
    const container = valueAt(node, "container");
    if (container !== undefined) yield* imagesOf(container, names);
    if (container === undefined && valueAt(node, "steps") === undefined) continue;
    for (const { value } of entriesAt(node, "services")) yield* imagesOf(value, names);
  }
}

/** A job names one of the resources, or an image. */
function imagesOf(node: YamlNode, names: ReadonlySet<string | undefined>): readonly NamedImage[] {
  return imageIn(node, "image").filter(({ scalar }) => !names.has(scalar.value));
}
