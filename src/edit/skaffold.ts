import type { FileFormat } from "./format.ts";
import { reportedPlace } from "./place.ts";
import { occurrencesOfYaml, scalarPlace, trimmedOf } from "./yaml/places.ts";
import { type YamlPath, itemsAt, nodesIn, textAt } from "./yaml/walk.ts";
import type { YamlNode } from "./yaml/yaml.ts";

const API_VERSION = /^\ufeff?apiVersion:[ \t]*["']?skaffold\//m;
/** Keys of images that a build starts from. */
const BASES = new Set(["builder", "runImage", "fromImage", "initImage"]);
/** Keys of images that Google Cloud Build shall build with: `mavenImage`. */
const BUILDER = /^(?:docker|kaniko|maven|gradle|pack|ko|bazel)Image$/;

/** Skaffold: what it builds is called by `image`, which names nothing that is fetched, but for containers that it only runs. */
export const SKAFFOLD: FileFormat = {
  id: "skaffold",
  isNamed: (path) => /\.ya?ml$/i.test(path),
  isContent: ({ text }) => API_VERSION.test(text),
  occurrencesIn: (file) =>
    occurrencesOfYaml(file, (document, text) => {
      const visited = [...nodesIn(document)];
      const artifacts = new Set(
        visited.flatMap(({ node, path }) => (path.at(-1) === "artifacts" ? namesIn(node) : [])),
      );
      return visited.flatMap(({ node, path }) => {
        const key = path.at(-1);
        if (node.kind !== "scalar" || node.value === "" || typeof key !== "string") return [];
        if (BASES.has(key) || BUILDER.test(key)) return [scalarPlace(text, node)];
        if (key !== "image") return [];
        const isRun = isOfContainer(path) && !artifacts.has(node.value);
        return [isRun ? scalarPlace(text, node) : reportedPlace(trimmedOf(text, node), "artifact-name")];
      });
    }),
};

function namesIn(artifacts: YamlNode): readonly string[] {
  return itemsAt(artifacts).flatMap((artifact) => textAt(artifact, "image") ?? []);
}

/** A container of `verify` or `customActions`, or the one that Kaniko runs in. */
function isOfContainer(path: YamlPath): boolean {
  if (path.at(-2) === "kaniko") return true;
  if (path.at(-2) === "container") return path.includes("verify");
  return path.at(-3) === "containers" && path.includes("customActions");
}
