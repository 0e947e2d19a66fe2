import type { FileFormat } from "./format.ts";
import { reportedPlace } from "./place.ts";
import { occurrencesOfYaml, scalarPlace, trimmedOf } from "./yaml/places.ts";
import { nodesIn } from "./yaml/walk.ts";

const API_VERSION = /^\ufeff?apiVersion:[ \t]*["']?skaffold\//m;
/** Keys of images that a build starts from. */
const BASES = new Set(["builder", "runImage", "fromImage"]);

/** Skaffold: what it builds is called by `image`, which names nothing that is fetched. */
export const SKAFFOLD: FileFormat = {
  id: "skaffold",
  isNamed: (path) => /\.ya?ml$/i.test(path),
  isContent: ({ text }) => API_VERSION.test(text),
  occurrencesIn: (file) =>
    occurrencesOfYaml(file, (document, text) =>
      [...nodesIn(document)].flatMap(({ node, path }) => {
        const key = path.at(-1);
        if (node.kind !== "scalar" || node.value === "" || typeof key !== "string") return [];
        if (key === "image") return [reportedPlace(trimmedOf(text, node), "artifact-name")];
        return BASES.has(key) ? [scalarPlace(text, node)] : [];
      }),
    ),
};
