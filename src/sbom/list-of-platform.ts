import type { ComponentList } from "./component.ts";

/** What packages call the architectures of images. The one of an image comes with those whose packages run there as well. */
const ARCHITECTURES: ReadonlyMap<string, readonly string[]> = new Map([
  ["amd64", ["x86_64", "amd64", "i386", "i486", "i586", "i686", "x86"]],
  ["386", ["i386", "i486", "i586", "i686", "x86"]],
  ["arm64", ["aarch64", "arm64"]],
  ["arm", ["arm", "armhf", "armel", "armv5", "armv6", "armv6l", "armv7", "armv7l", "armv7hl", "armv7hnl"]],
  ["ppc64le", ["ppc64le", "ppc64el", "powerpc64le"]],
  ["s390x", ["s390x"]],
  ["riscv64", ["riscv64"]],
  ["mips64le", ["mips64el", "mips64le"]],
  ["loong64", ["loongarch64", "loong64"]],
]);

/**
 * What a list that stands for all platforms of an index (distroless has such) says of one of them: its packages, and those that name no
 * architecture, which may be on any.
 *
 * @param platform as `linux/arm64/v8`
 * @returns undefined when no package is of that platform, so that the list says nothing of it; and for one whose names are not known
 */
export function listOfPlatform(list: ComponentList, platform: string): ComponentList | undefined {
  const [, architecture = ""] = platform.split("/");
  const names = ARCHITECTURES.get(architecture);
  if (names === undefined) return undefined;
  const isOwn = ({ architecture: of }: ComponentList["components"][number]): boolean =>
    of !== undefined && names.includes(of);
  if (!list.components.some(isOwn)) return undefined;
  const components = list.components.filter(
    (component) => component.architecture === undefined || isOwn(component),
  );
  return { ...list, components };
}

/**
 * The lists of these platforms in one that covers several of them.
 *
 * @returns empty when it does not: it speaks of one of them at most, or of none by name
 */
export function listsOfPlatforms(
  list: ComponentList,
  platforms: readonly string[],
): readonly { readonly platform: string; readonly list: ComponentList }[] {
  const lists = platforms.flatMap((platform) => {
    const own = listOfPlatform(list, platform);
    return own === undefined ? [] : [{ platform, list: own }];
  });
  // Platforms of one architecture are not told apart by it.
  const architectures = new Set(lists.map(({ platform }) => platform.split("/")[1]));
  return architectures.size > 1 ? lists : [];
}
