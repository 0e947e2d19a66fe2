import { kustomizePlace } from "./kustomize-images.ts";
import { placesInValues } from "./values.ts";
import { type Place, reportedPlace, readReference } from "./place.ts";
import { embeddedPlaces, placeIn, scalarPlace, trimmedOf } from "./yaml/places.ts";
import { type Visited, type YamlPath, itemsAt, nodeAt, nodesIn, scalarAt, textAt } from "./yaml/walk.ts";
import type { YamlNode, YamlScalar } from "./yaml/yaml.ts";
import { sliceOf } from "./traced.ts";

/** Every place of a Kubernetes manifest that names an image; none in a document that is no manifest. */
export function placesInManifest(document: YamlNode, text: string): readonly Place[] {
  const apiVersion = textAt(document, "apiVersion");
  const kind = textAt(document, "kind");
  if (apiVersion === undefined || kind === undefined) return [];
  if (kind === "List") return itemsAt(document, "items").flatMap((item) => placesInManifest(item, text));
  // Definitions of kinds and data of programs: an `image` in there is a description, or what only its reader understands.
  if (kind === "CustomResourceDefinition" || kind === "ConfigMap" || kind === "Secret") return [];
  const [group = ""] = apiVersion.split("/", 1);
  if (group === "argoproj.io" && /^(?:Application|ApplicationSet)$/.test(kind)) {
    return placesInApplication(document, text);
  }
  if (group === "kustomize.toolkit.fluxcd.io") {
    return itemsAt(document, "spec", "images").flatMap((entry) => kustomizePlace(entry, text) ?? []);
  }
  if (group === "helm.toolkit.fluxcd.io") {
    const values = nodeAt(document, "spec", "values");
    return values === undefined ? [] : placesInValues(values, text);
  }
  return [...nodesIn(document)].flatMap((visited) => placesAt(visited, group, text));
}

function placesAt({ node, path }: Visited, group: string, text: string): readonly Place[] {
  if (node.kind === "list") return flagPlaces(node.items, text);
  if (node.kind === "map") {
    return group === "tekton.dev"
      ? [...resolverPlaces(node, text), ...toldPlaces(node, path, text)]
      : toldPlaces(node, path, text);
  }
  const key = path.at(-1);
  const value = node.value.trim();
  if (path[0] === "status") return statusPlaces(node, key, text);
  if (value === "" || typeof key !== "string") return [];
  if (key === "image" || isImageVolume(path)) return imagePlaces(node, path, text);
  if (key === "package" && group === "pkg.crossplane.io") return [scalarPlace(text, node)];
  if (key === "bundle" && group === "tekton.dev") return [scalarPlace(text, node)];
  return key === "containerImage" && isTagged(value)
    ? [reportedPlace(trimmedOf(text, node), "embedded")]
    : [];
}

const POD_LISTS = new Set(["containers", "initContainers", "ephemeralContainers", "steps", "sidecars"]);

/** `image` of a container names one, whatever it says. In other kinds of objects it may be a file, a link or a word. */
function imagePlaces(scalar: YamlScalar, path: YamlPath, text: string): readonly Place[] {
  const value = scalar.value.trim();
  if (value.startsWith("ko://")) return [reportedPlace(trimmedOf(text, scalar), "artifact-name")];
  const place = scalarPlace(text, scalar);
  const isOfContainer = POD_LISTS.has(String(path.at(-3))) || path.at(-2) === "stepTemplate";
  if (isOfContainer || value.includes("sha256:")) return [place];
  const isInvalid = place.handling.kind === "reported" && place.handling.reason === "reference-invalid";
  return isInvalid ? [] : [place];
}

/** `volumes: [{image: {reference: …}}]`. */
function isImageVolume(path: YamlPath): boolean {
  return path.at(-1) === "reference" && path.at(-2) === "image" && path.at(-4) === "volumes";
}

function statusPlaces(scalar: YamlScalar, key: string | number | undefined, text: string): readonly Place[] {
  const isImage = typeof key === "string" && /image(?:ID)?$/i.test(key);
  if (scalar.value === "" || !(isImage || (isTagged(scalar.value) && scalar.value.includes("@")))) return [];
  const traced = trimmedOf(text, scalar);
  const scheme = traced.text.indexOf("://");
  return [reportedPlace(sliceOf(traced, scheme === -1 ? 0 : scheme + 3), "status-field")];
}

/**
 * `{name: RELATED_IMAGE_X, value: …}` is what an operator runs, and OLM holds it to `relatedImages`; what other variables are for, only the
 * program knows.
 */
function toldPlaces(node: YamlNode, path: YamlPath, text: string): readonly Place[] {
  const name = textAt(node, "name");
  const value = scalarAt(node, "value");
  if (path.at(-2) !== "env" || name === undefined || value === undefined) return [];
  if (!isTagged(value.value.trim())) return [];
  if (name.startsWith("RELATED_IMAGE_")) return [scalarPlace(text, value)];
  return value.value.includes("@sha256:") ? [reportedPlace(trimmedOf(text, value), "embedded")] : [];
}

const IMAGE_FLAG = /^--?[\w.-]*image$/i;
const IMAGE_OPTION = /^--?[\w.-]*image=/i;

/** `args: ["-shell-image", "name@sha256:…"]`, `--image=name:tag`: what they are for, only the program knows. */
function flagPlaces(items: readonly YamlNode[], text: string): readonly Place[] {
  return items.flatMap((item, position) => {
    if (item.kind !== "scalar") return [];
    const previous = items[position - 1];
    const traced = trimmedOf(text, item);
    const option = IMAGE_OPTION.exec(traced.text)?.[0] ?? "";
    const isAfterFlag = previous?.kind === "scalar" && IMAGE_FLAG.test(previous.value.trim());
    const named = sliceOf(traced, option.length);
    if ((option === "" && !isAfterFlag) || !isTagged(named.text)) return [];
    return [reportedPlace(named, "embedded")];
  });
}

function isTagged(value: string): boolean {
  const reference = readReference(value);
  return reference?.tag !== undefined || reference?.digest !== undefined;
}

/** `{resolver: bundles, params: [{name: bundle, value: …}]}`, and defaults of parameters that are called after an image. */
function resolverPlaces(node: YamlNode, text: string): readonly Place[] {
  const isBundle = textAt(node, "resolver") === "bundles";
  return itemsAt(node, "params").flatMap((parameter) => {
    const name = textAt(parameter, "name") ?? "";
    const value = nodeAt(parameter, "value");
    if (isBundle && name === "bundle" && value?.kind === "scalar") return [scalarPlace(text, value)];
    const told = [value, nodeAt(parameter, "default")];
    return told.flatMap((scalar) =>
      /image$/i.test(name) && scalar?.kind === "scalar" && isTagged(scalar.value.trim())
        ? [reportedPlace(trimmedOf(text, scalar), "embedded")]
        : [],
    );
  });
}

/** Argo CD: `source.kustomize.images` are edited; parameters and text of Helm are reported. */
function placesInApplication(document: YamlNode, text: string): readonly Place[] {
  const embedded = new Set<YamlScalar>();
  return [...nodesIn(document)].flatMap(({ node, path }) => {
    if (path[0] === "status") {
      return node.kind === "scalar" && path.at(-2) === "images"
        ? [reportedPlace(trimmedOf(text, node), "status-field")]
        : [];
    }
    const [owner, key] = path.slice(-2);
    if (owner === "kustomize" && key === "images" && node.kind === "list") {
      return node.items.flatMap((item) => (item.kind === "scalar" ? [kustomizeOption(item, text)] : []));
    }
    if (owner !== "helm") return [];
    if (key === "valuesObject") return placesInValues(node, text);
    if (key === "values" && node.kind === "scalar") {
      const isFirst = !embedded.has(node);
      embedded.add(node);
      return isFirst ? embeddedPlaces(text, node) : [];
    }
    if (key !== "parameters" || node.kind !== "list") return [];
    return node.items.flatMap((parameter) => parameterPlaces(parameter, text));
  });
}

/** `name:tag`, `name=new:tag@sha256:…`: what stands behind the sign replaces what stands before it. */
function kustomizeOption(scalar: YamlScalar, text: string): Place {
  const traced = trimmedOf(text, scalar);
  const sign = traced.text.indexOf("=");
  return placeIn(text, scalar, sliceOf(traced, sign + 1));
}

function parameterPlaces(parameter: YamlNode, text: string): readonly Place[] {
  const name = textAt(parameter, "name") ?? "";
  const value = nodeAt(parameter, "value");
  if (value?.kind !== "scalar" || !/image|digest/i.test(name)) return [];
  const written = trimmedOf(text, value);
  return isTagged(written.text) || written.text.startsWith("sha256:")
    ? [reportedPlace(written, "embedded")]
    : [];
}
