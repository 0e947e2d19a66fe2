import type { FileFormat } from "./format.ts";
import { type NamedImage, pipelineOccurrences } from "./pipeline.ts";
import { entriesAt, itemsAt, scalarAt } from "./yaml/walk.ts";
import type { YamlNode } from "./yaml/yaml.ts";

const NAME = /(?:^|\/)\.(?:drone|woodpecker)(?:\.[^/]+)?\.ya?ml$/i;
const FOLDER = /(?:^|\/)\.(?:drone|woodpecker)\/(?:.*\/)?[^/]+\.ya?ml$/i;
/** Lists of containers, or mappings of their names to them, by the age of the pipeline. */
const CONTAINERS = ["clone", "pipeline", "steps", "services"];

/** Pipelines of Drone and Woodpecker. */
export const DRONE: FileFormat = {
  id: "drone",
  isNamed: (path) => NAME.test(path) || FOLDER.test(path),
  occurrencesIn: (file) => pipelineOccurrences(file, imagesIn),
};

/** @see Drone Docs, "Docker pipelines"; Woodpecker Docs, "Workflow syntax" */
function* imagesIn(root: YamlNode): Generator<NamedImage> {
  for (const key of CONTAINERS) {
    for (const container of [...itemsAt(root, key), ...entriesAt(root, key).map(({ value }) => value)]) {
      const scalar = scalarAt(container, "image");
      if (scalar !== undefined) yield { scalar };
    }
  }
}
