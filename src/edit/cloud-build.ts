import type { FileFormat } from "./format.ts";
import { type NamedImage, pipelineOccurrences } from "./pipeline.ts";
import { itemsAt, scalarAt } from "./yaml/walk.ts";
import type { YamlNode } from "./yaml/yaml.ts";

const NAME = /(?:^|\/)[^/]*cloudbuild[^/]*\.(?:ya?ml|json)$/i;

/** Builds of Google Cloud Build. What stands under `images` is what a build makes. */
export const CLOUD_BUILD: FileFormat = {
  id: "cloud-build",
  isNamed: (path) => NAME.test(path),
  occurrencesIn: (file) => pipelineOccurrences(file, imagesIn, "embedded"),
};

/** @see Google Cloud Docs, "Build configuration file schema", steps.name */
function* imagesIn(root: YamlNode): Generator<NamedImage> {
  for (const step of itemsAt(root, "steps")) {
    const scalar = scalarAt(step, "name");
    if (scalar !== undefined) yield { scalar };
  }
}
