import type { Occurrence } from "./occurrence.ts";

/** Kinds of files that name images. The names stand in reports. */
export const FORMAT_IDS = [
  "dockerfile",
  "compose",
  "dotenv",
  "kubernetes",
  "helm-values",
  "helm-template",
  "helm-chart",
  "kustomize",
  "argo-cd",
  "flux",
  "github-actions",
  "gitlab-ci",
  "circleci",
  "azure-pipelines",
  "drone",
  "cloud-build",
  "batect",
  "devcontainer",
  "tekton",
  "zarf",
  "ko",
  "bazel",
  "gradle",
  "maven",
  "buildpacks",
  "quarkus",
  "skaffold",
  "earthfile",
  "terraform",
  "quadlet",
  "makefile",
  "shell",
  "go",
  "custom",
] as const;

export type FormatId = (typeof FORMAT_IDS)[number];

/** A text file of a commit. */
export interface FormatFile {
  readonly path: string;
  readonly text: string;
}

/** A place of which only its owner knows that it names an image: text with `{reference}`, or `{name}`, `{tag}` and `{digest}` in it. */
export interface CustomMatcher {
  /** Globs of paths: `*` within a folder, `**` over folders. */
  readonly files: readonly string[];
  /** One line: literal text around the placeholders; `*` stands for any text without a placeholder in it. */
  readonly line: string;
}

/** What the owners of the files asked for. */
export interface EditOptions {
  /** Whether variables of Makefiles and shell scripts are edited. */
  readonly shell: boolean;
  readonly matchers: readonly CustomMatcher[];
}

/** What a format may look at beside the file itself. */
export interface FormatContext {
  readonly options: EditOptions;
  /** Text of another file of the same commit; undefined where there is none, or none that was read. */
  readonly neighbour: (path: string) => string | undefined;
}

/** One kind of file: how to know it, and where it names images. Pure; never throws for any text. */
export interface FileFormat {
  readonly id: FormatId;
  /** Whether a file of this name may be one: such files are read. */
  readonly isNamed: (path: string, options: EditOptions) => boolean;
  /** Whether this text is one; absent where the name says it. */
  readonly isContent?: (file: FormatFile) => boolean;
  /** Other files that help to say what such a file names; absent where it says all of it. */
  readonly neighboursOf?: (path: string) => readonly string[];
  /** In order of their lines. */
  readonly occurrencesIn: (file: FormatFile, context: FormatContext) => readonly Occurrence[];
}
