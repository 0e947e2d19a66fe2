import { InvalidInputError, quote } from "../errors.ts";
import { renderReference } from "../image/reference.ts";
import { AZURE_PIPELINES, AZURE_PIPELINES_ELSEWHERE } from "./azure-pipelines.ts";
import { BATECT } from "./batect.ts";
import { BAZEL } from "./bazel.ts";
import { BUILDPACKS } from "./buildpacks.ts";
import { CIRCLECI } from "./circleci.ts";
import { CLOUD_BUILD } from "./cloud-build.ts";
import { COMPOSE, COMPOSE_ELSEWHERE } from "./compose.ts";
import { CUSTOM } from "./custom.ts";
import { DEVCONTAINER } from "./devcontainer.ts";
import { DOCKERFILE } from "./dockerfile.ts";
import { DOTENV } from "./dotenv.ts";
import { DRONE } from "./drone.ts";
import { EARTHFILE } from "./earthfile.ts";
import { applyEdits, editsFor } from "./edit.ts";
import type { EditOptions, FileFormat, FormatContext, FormatFile, FormatId } from "./format.ts";
import { GITHUB_ACTIONS, GITHUB_ACTIONS_ELSEWHERE } from "./github-actions.ts";
import { GITLAB_CI, GITLAB_CI_ELSEWHERE } from "./gitlab-ci.ts";
import { GO } from "./go.ts";
import { GRADLE } from "./gradle.ts";
import { HELM_TEMPLATE } from "./helm-template.ts";
import { HELM_CHART, HELM_VALUES } from "./helm-values.ts";
import { KO } from "./ko.ts";
import { ARGO_CD, FLUX, KUBERNETES, TEKTON } from "./kubernetes.ts";
import { KUSTOMIZE } from "./kustomize.ts";
import { MAVEN } from "./maven.ts";
import type { Occurrence, PinnedTo } from "./occurrence.ts";
import { QUADLET } from "./quadlet.ts";
import { QUARKUS } from "./quarkus.ts";
import { fileRefusalOf, refused } from "./refusals.ts";
import { MAKEFILE, SHELL } from "./shell.ts";
import { SKAFFOLD } from "./skaffold.ts";
import { TERRAFORM } from "./terraform.ts";
import { ZARF } from "./zarf.ts";

/** All kinds of files, the most particular first: a file is of the first kind that knows it. */
const FORMATS: readonly FileFormat[] = [
  CUSTOM,
  DOCKERFILE,
  EARTHFILE,
  BAZEL,
  GRADLE,
  MAVEN,
  BUILDPACKS,
  QUARKUS,
  QUADLET,
  TERRAFORM,
  MAKEFILE,
  SHELL,
  GO,
  DEVCONTAINER,
  GITHUB_ACTIONS,
  GITLAB_CI,
  CIRCLECI,
  AZURE_PIPELINES,
  DRONE,
  CLOUD_BUILD,
  BATECT,
  HELM_CHART,
  KUSTOMIZE,
  KO,
  SKAFFOLD,
  ZARF,
  HELM_TEMPLATE,
  COMPOSE,
  HELM_VALUES,
  ARGO_CD,
  FLUX,
  TEKTON,
  KUBERNETES,
  GITHUB_ACTIONS_ELSEWHERE,
  AZURE_PIPELINES_ELSEWHERE,
  GITLAB_CI_ELSEWHERE,
  COMPOSE_ELSEWHERE,
  DOTENV,
];

/** A place, with the file that names it and what kind that is. */
export interface FoundOccurrence {
  /** The file that was read; {@link Occurrence.path} says where an edit would be made, if that is another. */
  readonly path: string;
  readonly format: FormatId;
  readonly occurrence: Occurrence;
}

/** Whether a file of this name may name images. */
export function isWantedFile(path: string, options: EditOptions): boolean {
  return FORMATS.some(({ isNamed }) => isNamed(path, options));
}

/** Files that help to say what a file of this name names, whether they are there or not. */
export function neighboursOf(path: string, options: EditOptions): readonly string[] {
  return FORMATS.flatMap((format) =>
    format.isNamed(path, options) ? (format.neighboursOf?.(path) ?? []) : [],
  );
}

/** Names the files that have to be read together with this one: where one of them is new, changed or gone, places in all of them may be others. */
export function togetherOf(path: string, options: EditOptions): string {
  // A format has one neighbour at most, which has none.
  return neighboursOf(path, options)[0] ?? path;
}

/** The same for a listing with a bound: what its name alone tells goes before what has to be read to be known. */
export function fileWishOf(path: string, options: EditOptions): boolean | "first" {
  const named = FORMATS.filter(({ isNamed }) => isNamed(path, options));
  if (named.length === 0) return false;
  return named[0]?.isContent === undefined ? "first" : true;
}

/** What kind of file this is. */
export function formatOf(file: FormatFile, options: EditOptions): FileFormat | undefined {
  return formatsOf(file, options)[0];
}

/** The first kind that knows a file, and what its owner says of it beside. */
function formatsOf(file: FormatFile, options: EditOptions): readonly FileFormat[] {
  const known = FORMATS.filter(
    ({ isNamed, isContent }) => isNamed(file.path, options) && (isContent === undefined || isContent(file)),
  );
  return known.slice(0, known[0] === CUSTOM ? 2 : 1);
}

/** Every place of these files that names an image, file by file. Each place is there once, whatever number of files lead to it. */
export function occurrencesOf(
  files: readonly FormatFile[],
  options: EditOptions,
): readonly FoundOccurrence[] {
  const byPath = new Map(files.map(({ path, text }) => [path, text]));
  const context: FormatContext = { options, neighbour: (path) => byPath.get(path) };
  const refusals = new Map(files.map((file) => [file.path, fileRefusalOf(file)]));
  const allowedIn = (path: string, occurrence: Occurrence): Occurrence => {
    const refusal = refusals.get(path) ?? refusals.get(occurrence.path ?? path);
    return refusal === undefined ? occurrence : refused(occurrence, refusal);
  };
  const seen = new Set<string>();
  return files.flatMap((file) => {
    const { path } = file;
    return formatsOf(file, options)
      .flatMap(({ id: format, occurrencesIn }) =>
        occurrencesIn(file, context).map((occurrence) => ({
          path,
          format,
          occurrence: allowedIn(path, occurrence),
        })),
      )
      .filter((found) => {
        const start = startOf(found.occurrence);
        const place = `${start ?? ""} ${pathOf(found)}`;
        const isFirst = start === undefined || !seen.has(place);
        seen.add(place);
        return isFirst;
      });
  });
}

/** A place with what it shall name. */
export interface PlannedEdit {
  readonly found: FoundOccurrence;
  readonly to: PinnedTo;
}

/**
 * The files that change, with these places changed and nothing else, read again: exactly the places meant to change have, and to what was
 * meant.
 *
 * @param files all that the places were found in, and their neighbours
 * @throws {InvalidInputError} `edit-invalid`
 */
export function editFiles(
  files: readonly FormatFile[],
  edits: readonly PlannedEdit[],
  options: EditOptions,
): readonly FormatFile[] {
  const byPath = Map.groupBy(edits, ({ found }) => pathOf(found));
  for (const path of byPath.keys()) {
    if (!files.some((file) => file.path === path)) {
      throw new InvalidInputError("edit-invalid", `cannot edit ${quote(path)}: it was not read`);
    }
  }
  const before = occurrencesOf(files, options);
  const places = new Set(before.map(placeOf));
  if (!edits.every(({ found }) => places.has(placeOf(found)))) {
    throw new InvalidInputError("edit-invalid", "cannot edit a place that names no image");
  }
  const edited = files.map(({ path, text }) => ({
    path,
    text: applyEdits(
      text,
      (byPath.get(path) ?? []).flatMap(({ found, to }) => editsFor(found.occurrence, to)),
    ),
  }));
  const targets = new Map(edits.map(({ found, to }) => [placeOf(found), to]));
  const wanted = before.map((found) => identityOf(found, targets.get(placeOf(found))));
  const actual = occurrencesOf(edited, options).map((found) => identityOf(found, undefined));
  if (wanted.join("\n") !== actual.join("\n")) {
    throw new InvalidInputError("edit-invalid", "the edited files do not name the images they should");
  }
  return edited.filter(({ text }, index) => text !== files[index]?.text);
}

function pathOf({ path, occurrence }: FoundOccurrence): string {
  return occurrence.path ?? path;
}

/** All that an edit may not change about a place, and what it must name afterwards. */
function identityOf(found: FoundOccurrence, to: PinnedTo | undefined): string {
  const { path, format, occurrence } = found;
  const { line, handling } = occurrence;
  const { reference } = handling;
  const named = reference === undefined ? "" : renderReference({ ...reference, ...to });
  const kind = to === undefined ? handling.kind : "editable";
  const reason = handling.kind === "reported" ? handling.reason : "";
  return JSON.stringify([path, format, occurrence.path ?? "", line, kind, reason, named]);
}

/** Which place of which file an edit would change; undefined for places that are only reported. */
function placeOf(found: FoundOccurrence): string | undefined {
  const start = startOf(found.occurrence);
  return start === undefined ? undefined : `${start} ${pathOf(found)}`;
}

function startOf({ handling }: Occurrence): number | undefined {
  if (handling.kind === "editable") return handling.digestRange.start;
  return handling.kind === "pinnable" ? handling.pin.range.start : undefined;
}
