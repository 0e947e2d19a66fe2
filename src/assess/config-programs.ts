import type { ComponentList } from "../sbom/component.ts";
import type { ConfigChange } from "./config-change.ts";

/** Packages that bring a shell. */
const SHELLS: ReadonlySet<string> = new Set([
  "ash",
  "bash",
  "bash-minimal",
  "busybox",
  "busybox-binsh",
  "busybox-static",
  "dash",
  "dash-binsh",
  "fish",
  "ksh",
  "mksh",
  "oksh",
  "toybox",
  "yash",
  "zsh",
]);
/** Packages that bring what installs packages. */
const PACKAGE_MANAGERS: ReadonlySet<string> = new Set([
  "apk-tools",
  "apt",
  "aptitude",
  "dnf",
  "dnf5",
  "dpkg",
  "microdnf",
  "opkg",
  "pacman",
  "rpm",
  "tdnf",
  "yum",
  "zypper",
]);
/** Only what the distribution installs is in its place. */
const SYSTEM_TYPES: ReadonlySet<string> = new Set(["apk", "deb", "rpm", "alpm", "opkg"]);

/**
 * Shells and package managers that came or went between two images of one platform. Nothing is said of a list without packages of a
 * distribution: it does not know.
 */
export function programChangesOf(old: ComponentList, current: ComponentList): readonly ConfigChange[] {
  return [
    ...changesAmong(SHELLS, old, current, {
      kind: "shell",
      allGone:
        "no shell is left: scripts, commands written as text, RUN in your build and a look inside with exec do not work",
      gone: "scripts that ask for this shell do not start",
      first: "there was no shell before: whoever gets in finds one now",
    }),
    ...changesAmong(PACKAGE_MANAGERS, old, current, {
      kind: "package-manager",
      allGone: "nothing is left that installs packages: builds that add some fail",
      gone: "builds that call it by its name fail",
      first: "there was no package manager before: whoever gets in can install things now",
    }),
  ];
}

interface Words {
  readonly kind: "shell" | "package-manager";
  readonly allGone: string;
  readonly gone: string;
  readonly first: string;
}

function changesAmong(
  names: ReadonlySet<string>,
  old: ComponentList,
  current: ComponentList,
  { kind, allGone, gone, first }: Words,
): readonly ConfigChange[] {
  const [before, after] = [namesIn(old, names), namesIn(current, names)];
  if (before === undefined || after === undefined) return [];
  const lost = [...before].filter((name) => !after.has(name)).toSorted();
  const won = [...after].filter((name) => !before.has(name)).toSorted();
  return [
    ...lost.map((name): ConfigChange => {
      const isLast = after.size === 0;
      return {
        kind,
        risk: isLast ? "breaking" : "review",
        name,
        from: name,
        sentence: isLast ? allGone : gone,
      };
    }),
    ...won.map((name): ConfigChange => {
      const isFirst = before.size === 0;
      return {
        kind,
        risk: isFirst ? "review" : "note",
        name,
        to: name,
        sentence: isFirst ? first : "there is one more",
      };
    }),
  ];
}

function namesIn({ components }: ComponentList, names: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const system = components.filter(({ type }) => SYSTEM_TYPES.has(type));
  return system.length === 0
    ? undefined
    : new Set(system.flatMap(({ name }) => (names.has(name) ? [name] : [])));
}
