import type { FileFormat } from "./format.ts";
import { type NamedImage, imageIn, pipelineOccurrences } from "./pipeline.ts";
import { entriesAt, itemsAt, nodeAt } from "./yaml/walk.ts";
import type { YamlNode } from "./yaml/yaml.ts";

const NAME = /(?:^|\/)(?:[^/]*\.)?gitlab-ci(?:[._-][^/]*)?\.ya?ml$/i;
const FOLDER = /(?:^|\/)\.gitlab\/(?:.*\/)?[^/]+\.ya?ml$/i;
/** Keys at the top that are no jobs. */
const NO_JOBS = new Set(["include", "variables", "stages", "workflow", "spec", "image", "services"]);

/** Pipelines of GitLab, with files that they include by their customary names. */
export const GITLAB_CI: FileFormat = {
  id: "gitlab-ci",
  isNamed: (path) => NAME.test(path) || FOLDER.test(path),
  occurrencesIn: (file) => pipelineOccurrences(file, imagesIn),
};

/** Files of other names that a pipeline includes: known by the stage and the script of a job. */
export const GITLAB_CI_ELSEWHERE: FileFormat = {
  ...GITLAB_CI,
  isNamed: (path) => /\.ya?ml$/i.test(path),
  isContent: ({ text }) =>
    /^[ \t]+stage[ \t]*:/m.test(text) && /^[ \t]+script[ \t]*:/m.test(text) && !/^jobs[ \t]*:/m.test(text),
};

/** @see GitLab Docs, "CI/CD YAML syntax reference", image and services */
function* imagesIn(root: YamlNode): Generator<NamedImage> {
  yield* imagesOf(root);
  for (const { key, value } of entriesAt(root)) {
    if (!NO_JOBS.has(key.value)) yield* imagesOf(value);
  }
}

/** Of a job, of `default`, or of the top. */
function* imagesOf(node: YamlNode): Generator<NamedImage> {
  yield* imageIn(nodeAt(node, "image"), "name");
  for (const service of itemsAt(node, "services")) yield* imageIn(service, "name");
}
