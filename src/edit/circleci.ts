import type { FileFormat } from "./format.ts";
import { type NamedImage, pipelineOccurrences } from "./pipeline.ts";
import { itemsAt, nodesIn, scalarAt } from "./yaml/walk.ts";
import type { YamlNode } from "./yaml/yaml.ts";

const NAME = /(?:^|\/)\.circleci\/(?:.*\/)?[^/]+\.ya?ml$/;

/** Pipelines of CircleCI, and its orbs. Images of machines are none of containers. */
export const CIRCLECI: FileFormat = {
  id: "circleci",
  isNamed: (path) => NAME.test(path),
  occurrencesIn: (file) => pipelineOccurrences(file, imagesIn),
};

/** @see CircleCI Docs, "Configuration reference", docker */
function* imagesIn(root: YamlNode): Generator<NamedImage> {
  for (const { node } of nodesIn(root)) {
    for (const container of itemsAt(node, "docker")) {
      const scalar = scalarAt(container, "image");
      if (scalar !== undefined) yield { scalar };
    }
  }
}
