import { type Dockerfile, DockerfileParser, From, type Instruction } from "dockerfile-ast";

const PINNED = /@sha256:[0-9a-f]{64}$/;
const VARIABLE = /^\$\{?(\w+)\}?$/;
const SECRET_NAME = /token|password|passwd|secret|credential|private_?key/i;

/**
 * What is wrong with the Dockerfile of a product about hardened images: bases that are neither pinned by digest nor left to the
 * builder, a last stage that runs as root or as a user without a number, an entrypoint through a shell, copies from stages that
 * do not exist, and secrets as arguments.
 *
 * @returns one line per fault; empty: none
 */
export function dockerfileFaults(text: string): readonly string[] {
  const dockerfile = DockerfileParser.parse(text);
  const instructions = dockerfile.getInstructions();
  const lastFrom = instructions.findLastIndex((each) => each instanceof From);
  if (lastFrom === -1) return ["it has no FROM"];
  const lastStage = instructions.slice(lastFrom);
  return [
    ...baseFaults(dockerfile),
    ...copyFaults(dockerfile),
    ...secretFaults(dockerfile),
    ...userFaults(lastStage),
    ...entrypointFaults(lastStage),
  ];
}

function baseFaults(dockerfile: Dockerfile): readonly string[] {
  const defaults = new Map(
    dockerfile.getInitialARGs().flatMap((arg) => {
      const property = arg.getProperty();
      return property === null ? [] : [[property.getName(), property.getValue()] as const];
    }),
  );
  const stages = new Set<string>();
  return dockerfile.getFROMs().flatMap((from) => {
    const image = from.getImage() ?? "";
    const isStage = stages.has(image);
    const name = from.getBuildStage();
    if (name !== null) stages.add(name);
    const variable = VARIABLE.exec(image)?.[1];
    if (variable === undefined) return isStage || PINNED.test(image) ? [] : [`FROM ${image}: not pinned`];
    if (!defaults.has(variable)) return [`FROM ${image}: no ARG ${variable} before the first FROM`];
    const value = defaults.get(variable) ?? null;
    return value === null || PINNED.test(value) ? [] : [`ARG ${variable}: the default is not pinned`];
  });
}

function copyFaults(dockerfile: Dockerfile): readonly string[] {
  const stages = new Set(dockerfile.getFROMs().map((from) => from.getBuildStage()));
  return dockerfile.getCOPYs().flatMap((copy) => {
    const from = copy.getFromFlag()?.getValue();
    if (from === undefined || stages.has(from) || (from !== null && PINNED.test(from))) return [];
    return [`COPY --from=${from ?? ""}: no such stage`];
  });
}

function secretFaults(dockerfile: Dockerfile): readonly string[] {
  return [...dockerfile.getARGs(), ...dockerfile.getENVs()].flatMap((instruction) => {
    const text = instruction.getArgumentsContent() ?? "";
    return SECRET_NAME.test(text)
      ? [`${instruction.getKeyword()} ${text}: a secret would stay in the image`]
      : [];
  });
}

function userFaults(stage: readonly Instruction[]): readonly string[] {
  const user = lastOf(stage, "USER")?.getArgumentsContent() ?? undefined;
  if (user === undefined) return ["the last stage sets no USER"];
  return /^[1-9]\d*(:[1-9]\d*)?$/.test(user) ? [] : [`USER ${user}: not the number of an ordinary user`];
}

function entrypointFaults(stage: readonly Instruction[]): readonly string[] {
  const entrypoint = lastOf(stage, "ENTRYPOINT");
  if (entrypoint === undefined) return ["the last stage sets no ENTRYPOINT"];
  return [entrypoint, lastOf(stage, "CMD")].flatMap((each) =>
    each === undefined || isListOfWords(each.getArgumentsContent() ?? "")
      ? []
      : [`${each.getKeyword()}: not in exec form`],
  );
}

function lastOf(stage: readonly Instruction[], keyword: string): Instruction | undefined {
  return stage.findLast((each) => each.getKeyword() === keyword);
}

function isListOfWords(text: string): boolean {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === "string");
  } catch {
    return false;
  }
}
