import { DOCKERFILE } from "./dockerfile.ts";
import { readDotenv } from "./dotenv.ts";
import type { FileFormat, FormatContext, FormatFile } from "./format.ts";
import { type ValueOf, interpolate } from "./interpolate.ts";
import { lineFinderOf } from "./line-finder.ts";
import type { Occurrence, TextRange } from "./occurrence.ts";
import { EMPTY, sliceOf } from "./traced.ts";
import { placeThrough } from "./through.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, reportedAs, reportedPlace } from "./place.ts";
import { commentAfter } from "./yaml/comment.ts";
import { isKeptByOther } from "./yaml/kept.ts";
import { placesOfYaml, trimmedOf } from "./yaml/places.ts";
import { traceOf } from "./yaml/trace.ts";
import { entriesAt, itemsAt, nodeAt, scalarAt } from "./yaml/walk.ts";
import type { YamlNode, YamlScalar } from "./yaml/yaml.ts";

const FILE_NAME = /(?:^|\/)(?:[\w.-]*[._-])?(?:compose|docker-stack)(?:[._-][\w.-]*)?\.ya?ml$/i;

/** Compose files, with the `.env` beside them. */
export const COMPOSE: FileFormat = {
  id: "compose",
  isNamed: (path) => FILE_NAME.test(path),
  isContent: ({ text }) =>
    /^\ufeff?["']?services["']?[ \t]*:/m.test(text) && !/^\ufeff?apiVersion[ \t]*:/m.test(text),
  neighboursOf: (path) => [envPathOf(path)],
  occurrencesIn: (file, context) => {
    const env = environmentOf(file, context);
    const places = placesOfYaml(file.text, (document) => documentPlaces(document, env, context));
    return occurrencesAt(places, env.text).map((occurrence) => inFiles(occurrence, env));
  },
};

/** Files of other names that Compose is told to read: without a `.env`, as which one is read with them is said to Compose alone. */
export const COMPOSE_ELSEWHERE: FileFormat = {
  id: "compose",
  isNamed: (path) => /\.ya?ml$/i.test(path),
  isContent: (file) =>
    COMPOSE.isContent?.(file) === true &&
    /^[ \t]+(?:image|build)[ \t]*:/m.test(file.text) &&
    !/^(?:steps|pipeline|jobs|stages)[ \t]*:/m.test(file.text),
  occurrencesIn: (file, { options }) => COMPOSE.occurrencesIn(file, { options, neighbour: () => undefined }),
};

/** Both files as one text, the Compose file first: a name can be put together from both. */
interface Environment {
  readonly path: string;
  readonly text: string;
  /** Where the text of the `.env` file starts. */
  readonly boundary: number;
  readonly valueOf: ValueOf;
}

function environmentOf({ path, text }: FormatFile, { neighbour }: FormatContext): Environment {
  const envPath = envPathOf(path);
  const env = neighbour(envPath) ?? "";
  const boundary = text.length + 1;
  const values = readDotenv(env, boundary);
  return { path: envPath, text: `${text}\n${env}`, boundary, valueOf: (name) => values.get(name) };
}

function envPathOf(path: string): string {
  return `${path.slice(0, path.lastIndexOf("/") + 1)}.env`;
}

function documentPlaces(document: YamlNode, env: Environment, context: FormatContext): readonly Place[] {
  const services = entriesAt(document, "services").map(({ value }) => value);
  // Aliases may lead to one Dockerfile many times.
  const inline = new Set(
    services.flatMap((service) => scalarAt(service, "build", "dockerfile_inline") ?? []),
  );
  return [
    ...services.flatMap((service) => servicePlaces(service, env)),
    ...[...inline].flatMap((scalar) => inlinePlaces(scalar, env, context)),
  ];
}

function servicePlaces(service: YamlNode, env: Environment): readonly Place[] {
  const build = nodeAt(service, "build");
  const image = scalarAt(service, "image");
  const isBuilt = build !== undefined && !(build.kind === "scalar" && build.value === "");
  const named = image === undefined || image.value === "" ? [] : [imagePlace(image, env)];
  return [
    ...(isBuilt ? named.map((place) => reportedAs(place, "artifact-name")) : named),
    ...contextsOf(build).flatMap((scalar) => contextPlaces(scalar, env)),
  ];
}

function imagePlace(scalar: YamlScalar, env: Environment, skipped = 0): Place {
  const raw = sliceOf(trimmedOf(env.text, scalar), skipped);
  const name = interpolate(raw, env.valueOf);
  if (name === undefined || name.text === "") return reportedPlace(raw, "variable-unresolved");
  const place = placeOf(name, env.text, { raw, comment: commentAfter(env.text, scalar) });
  return isKeptByOther(env.text, scalar) ? reportedAs(place, "other-bot") : place;
}

const CONTEXT = "docker-image://";

/** `additional_contexts: {base: docker-image://name:tag}`, or a list of `base=docker-image://name:tag`. */
function contextsOf(build: YamlNode | undefined): readonly YamlScalar[] {
  const nodes = [
    ...entriesAt(build, "additional_contexts").map(({ value }) => value),
    ...itemsAt(build, "additional_contexts"),
  ];
  return nodes.flatMap((node) => (node.kind === "scalar" ? [node] : []));
}

function contextPlaces(scalar: YamlScalar, env: Environment): readonly Place[] {
  const at = scalar.value.trim().indexOf(CONTEXT);
  return at === -1 ? [] : [imagePlace(scalar, env, at + CONTEXT.length)];
}

/** A Dockerfile in the Compose file. Variables are put in before anybody reads it; one without a value is empty. */
function inlinePlaces(scalar: YamlScalar, env: Environment, context: FormatContext): readonly Place[] {
  const traced = interpolate(traceOf(env.text, scalar), (name) => env.valueOf(name) ?? EMPTY);
  if (traced === undefined) return [reportedPlace(trimmedOf(env.text, scalar), "variable-unresolved")];
  const file = { path: "Dockerfile", text: traced.text };
  return DOCKERFILE.occurrencesIn(file, context).map((occurrence) =>
    placeThrough(traced, occurrence, env.text),
  );
}

/** The occurrence with its ranges and line in the file they are in. */
function inFiles(occurrence: Occurrence, env: Environment): Occurrence {
  const { handling } = occurrence;
  if (handling.kind === "reported") return occurrence;
  const range = handling.kind === "editable" ? handling.digestRange : handling.pin.range;
  const isInEnv = range.start >= env.boundary;
  const { tagRange: _, ...rest } = handling;
  const tag = handling.tagRange;
  const tagRange = tag !== undefined && tag.start >= env.boundary === isInEnv ? tag : undefined;
  if (!isInEnv) return { ...occurrence, handling: { ...rest, ...(tagRange && { tagRange }) } };
  const moved = ({ start, end }: TextRange): TextRange => ({
    start: start - env.boundary,
    end: end - env.boundary,
  });
  const line = lineFinderOf(env.text.slice(env.boundary))(range.start - env.boundary);
  const movedTag = tagRange && { tagRange: moved(tagRange) };
  if (rest.kind === "pinnable") {
    const pin = { ...rest.pin, range: moved(rest.pin.range) };
    return { ...occurrence, line, path: env.path, handling: { ...rest, pin, ...movedTag } };
  }
  // The comment stands in the Compose file: an edit is made in one file.
  const { comment: _comment, ...editable } = rest;
  return {
    ...occurrence,
    line,
    path: env.path,
    handling: { ...editable, digestRange: moved(editable.digestRange), ...movedTag },
  };
}
