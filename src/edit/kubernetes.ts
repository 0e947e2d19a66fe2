import type { FileFormat, FormatId } from "./format.ts";
import { placesInManifest } from "./manifest.ts";
import { occurrencesOfYaml } from "./yaml/places.ts";

/** Manifests of Kubernetes are told apart by what their first line of this form names; a file may hold several kinds. */
const MANIFEST = /^\ufeff?["']?apiVersion["']?[ \t]*:/m;
const IMAGE_KEY = /image|package|bundle|repository|sha256:/i;
const FILE_NAME = /\.ya?ml$/i;

/** Any object of Kubernetes: pods and what holds them, and other kinds with an `image`. */
export const KUBERNETES: FileFormat = manifestFormat("kubernetes", MANIFEST);

/** Argo CD's applications. */
export const ARGO_CD: FileFormat = manifestFormat(
  "argo-cd",
  /^\ufeff?apiVersion:[ \t]*["']?argoproj\.io\/[^\n]*\n(?:[^\n]*\n){0,5}?kind:[ \t]*["']?Application/m,
);

/** Flux's releases and Kustomizations. */
export const FLUX: FileFormat = manifestFormat(
  "flux",
  /^\ufeff?apiVersion:[ \t]*["']?[a-z]+\.toolkit\.fluxcd\.io\//m,
);

/** Tekton's tasks and pipelines. */
export const TEKTON: FileFormat = manifestFormat("tekton", /^\ufeff?apiVersion:[ \t]*["']?tekton\.dev\//m);

/** One reader for all: documents of several kinds stand in one file. The format says what the file is about first. */
function manifestFormat(id: FormatId, content: RegExp): FileFormat {
  return {
    id,
    isNamed: (path) => FILE_NAME.test(path),
    isContent: ({ text }) => content.test(text),
    // Most manifests name no image, and parsing is what costs.
    occurrencesIn: (file) => (IMAGE_KEY.test(file.text) ? occurrencesOfYaml(file, placesInManifest) : []),
  };
}
