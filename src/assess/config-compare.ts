import type { ImageConfig } from "../image/config.ts";
import type { ConfigAspect, ConfigChange, ConfigRisk } from "./config-change.ts";
import { environmentChangesOf } from "./config-environment.ts";
import { isRoot, userChangesOf } from "./config-user.ts";

/** What differs in how two images of one platform are run. In no order. */
export function configChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  return [
    ...userChangesOf(old.user, current.user),
    ...entrypointChangesOf(old, current),
    ...commandChangesOf(old, current),
    ...environmentChangesOf(old, current),
    ...portChangesOf(old, current),
    ...volumeChangesOf(old, current),
    ...singleChangesOf(old, current),
    ...labelChangesOf(old, current),
    ...sizeChangesOf(old, current),
  ];
}

/** A list as it is written in a Dockerfile. */
function written(texts: readonly string[] | undefined): string | undefined {
  return texts === undefined || texts.length === 0 ? undefined : JSON.stringify(texts);
}

interface Sides {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

function change(
  kind: ConfigAspect,
  risk: ConfigRisk,
  sentence: string,
  { from, to, name }: Sides & { readonly name?: string },
): ConfigChange {
  return {
    kind,
    risk,
    ...(name === undefined ? {} : { name }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    sentence,
  };
}

function entrypointChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  const sides = { from: written(old.entrypoint), to: written(current.entrypoint) };
  if (sides.from === sides.to) return [];
  if (sides.from === undefined) {
    return [change("entrypoint", "breaking", "your command becomes arguments of this program", sides)];
  }
  if (sides.to === undefined) {
    return [
      change("entrypoint", "breaking", "your command is run as it is, and needs a program of its own", sides),
    ];
  }
  return old.entrypoint[0] === current.entrypoint[0]
    ? [change("entrypoint", "review", "the same program starts with other arguments before yours", sides)]
    : [
        change(
          "entrypoint",
          "breaking",
          "another program starts: your arguments may mean other things to it",
          sides,
        ),
      ];
}

/** Images that are built on it mostly say their own. */
function commandChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  const sides = { from: written(old.command), to: written(current.command) };
  if (sides.from === sides.to) return [];
  const isProgram = old.entrypoint.length === 0 && current.entrypoint.length === 0;
  if (sides.to === undefined && isProgram) {
    return [change("command", "breaking", "nothing starts unless you say what", sides)];
  }
  return [
    change(
      "command",
      "review",
      isProgram && old.command[0] !== current.command[0]
        ? "another program starts where you do not say your own"
        : "it starts with other arguments where you do not say your own",
      sides,
    ),
  ];
}

/** What is only in one of two lists. */
function apart(old: readonly string[], current: readonly string[]) {
  return {
    gone: old.filter((each) => !current.includes(each)),
    came: current.filter((each) => !old.includes(each)),
  };
}

const PRIVILEGED_BELOW = 1_024;

function portChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  const { gone, came } = apart(old.exposedPorts, current.exposedPorts);
  const isMoved = gone.length > 0 && came.length > 0;
  return [
    ...gone.map((name) =>
      change(
        "port",
        isMoved ? "breaking" : "review",
        "who connects to it may find nobody there, and tools that read it from the image publish it no more",
        { name, from: name, to: undefined },
      ),
    ),
    ...came.map((name) => {
      const isPrivileged = Number.parseInt(name, 10) < PRIVILEGED_BELOW && !isRoot(current.user);
      return isPrivileged
        ? change("port", "review", "a process that is not root may not listen there everywhere", {
            name,
            from: undefined,
            to: name,
          })
        : change("port", "note", "tools that publish every port of an image publish it", {
            name,
            from: undefined,
            to: name,
          });
    }),
  ];
}

function volumeChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  const { gone, came } = apart(old.volumes, current.volumes);
  return [
    ...gone.map((name) =>
      change(
        "volume",
        "review",
        "what is written there is gone with the container, unless you mount something",
        {
          name,
          from: name,
          to: undefined,
        },
      ),
    ),
    ...came.map((name) =>
      change(
        "volume",
        "review",
        "what your build writes there may be lost, and each container gets a volume of its own",
        {
          name,
          from: undefined,
          to: name,
        },
      ),
    ),
  ];
}

/** Where nothing is said, it is the root. */
function singleChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  const singles: readonly (readonly [ConfigAspect, ConfigRisk, string, Sides])[] = [
    [
      "working-directory",
      "breaking",
      "relative paths in your build and your command lead elsewhere",
      { from: old.workingDirectory ?? "/", to: current.workingDirectory ?? "/" },
    ],
    [
      "stop-signal",
      "review",
      "the process is told to end in another way: see that it still ends in time",
      { from: old.stopSignal ?? "SIGTERM", to: current.stopSignal ?? "SIGTERM" },
    ],
    [
      "healthcheck",
      "review",
      "who waits for the container to be healthy waits for something else; Kubernetes does not read it",
      { from: written(old.healthcheck), to: written(current.healthcheck) },
    ],
    [
      "default-shell",
      "review",
      "commands of your build that are written as text are run by another shell",
      { from: written(old.shell), to: written(current.shell) },
    ],
    [
      "on-build",
      "breaking",
      "these instructions run in every build on it",
      { from: written(old.onBuild), to: written(current.onBuild) },
    ],
  ];
  return singles.flatMap(([kind, risk, sentence, sides]) =>
    sides.from === sides.to ? [] : [change(kind, risk, sentence, sides)],
  );
}

const OCI = "org.opencontainers.image.";
/** Labels that say something about the image, and not only about its build. */
const LABELS: ReadonlyMap<string, readonly [ConfigRisk, string]> = new Map([
  [`${OCI}version`, ["note", "the version that the image calls itself"]],
  [`${OCI}base.name`, ["note", "the image that it is built on"]],
  [`${OCI}base.digest`, ["note", "the image that it is built on"]],
  [`${OCI}source`, ["review", "it says that it is built from another source"]],
  [`${OCI}vendor`, ["review", "it says that somebody else publishes it"]],
  [`${OCI}licenses`, ["review", "it says that it is under other licences"]],
  ["vendor", ["review", "it says that somebody else publishes it"]],
]);
const END_OF_LIFE =
  /(?:^|[._-])(?:eol|end[._-]?of[._-]?(?:life|support)|deprecated|support[._-]?level|lifecycle)(?:[._-](?:date|status))?$/i;

function labelChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  const names = new Set([...Object.keys(old.labels), ...Object.keys(current.labels)]);
  return [...names].toSorted().flatMap((name) => {
    const from = labelOf(old, name);
    const to = labelOf(current, name);
    const meant = END_OF_LIFE.test(name)
      ? (["review", "says how long the image is supported"] as const)
      : LABELS.get(name);
    if (from === to || meant === undefined) return [];
    const [risk, sentence] = meant;
    return [change("label", risk, sentence, { name, from, to })];
  });
}

function labelOf({ labels }: ImageConfig, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/** Sizes differ in every build by a little. */
const SIZE_SHARE_MIN = 0.02;
/** So much more that something new is inside, not something newer. */
const GROWN_SHARE = 0.5;
const MEGABYTE = 1_000_000;

function sizeChangesOf(old: ImageConfig, current: ImageConfig): readonly ConfigChange[] {
  const grown = current.layerBytes - old.layerBytes;
  const isNear = Math.abs(grown) <= old.layerBytes * SIZE_SHARE_MIN;
  if (isNear && old.layerCount === current.layerCount) return [];
  const isLarge = grown > old.layerBytes * GROWN_SHARE && grown > 10 * MEGABYTE;
  const sides = { from: sizeText(old), to: sizeText(current) };
  if (sides.from === sides.to) return [];
  return [
    isLarge
      ? change("size", "review", "it is much larger: something new is inside", sides)
      : change("size", "note", "what is fetched of it", sides),
  ];
}

function sizeText({ layerCount, layerBytes }: ImageConfig): string {
  return `${layerCount} ${layerCount === 1 ? "layer" : "layers"}, ${(layerBytes / MEGABYTE).toFixed(1)} MB`;
}
