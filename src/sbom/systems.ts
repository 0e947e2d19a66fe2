import type { Component, ComponentList } from "./component.ts";
import { isShowable } from "./texts.ts";

/** An operating system as an SBOM names it, by os-release: `alpaquita` `23`. */
export interface System {
  readonly id: string;
  readonly version: string;
  readonly cpe?: string | undefined;
}

/** The operating systems an SBOM names: usually one, and of several none is the image's. */
export interface Systems {
  add(system: System): void;
  isKnown(): boolean;
  /** `alpine-3.22.1`, where just one release of the distribution with this namespace is named. */
  releaseOf(namespace: string): string | undefined;
  /** What is known of the image, else what all its packages say. */
  finish(components: readonly Component[]): Pick<ComponentList, "distribution" | "distributionCpe">;
}

/** Distributions that have another namespace in purls than in os-release. */
const ID_ALIASES = new Map([["redhat", "rhel"]]);
const DISTRIBUTION_TYPES = new Set(["apk", "deb", "rpm"]);

export function createSystems(): Systems {
  const versions = new Map<string, Set<string>>();
  const cpes = new Set<string>();

  const versionOf = (id: string): string | undefined => {
    const [version, ...others] = versions.get(id) ?? [];
    return others.length > 0 ? undefined : version;
  };

  return {
    add({ id, version, cpe }) {
      if (!isShowable(id)) return;
      const name = id.toLowerCase();
      const known = versions.get(name) ?? new Set();
      versions.set(name, isShowable(version) ? known.add(version) : known);
      if (cpe?.startsWith("cpe:") === true && isShowable(cpe)) cpes.add(cpe);
    },
    isKnown: () => versions.size > 0,
    releaseOf(namespace) {
      const id = versions.has(namespace) ? namespace : (ID_ALIASES.get(namespace) ?? namespace);
      const version = versionOf(id);
      return version === undefined ? undefined : `${id}-${version}`;
    },
    finish(components) {
      const [id, ...others] = versions.keys();
      const version = id === undefined || others.length > 0 ? undefined : versionOf(id);
      const distribution = id === undefined ? saidByAll(components) : version && `${id}-${version}`;
      const [cpe, ...moreCpes] = cpes;
      return {
        ...(distribution === undefined ? {} : { distribution }),
        ...(cpe === undefined || moreCpes.length > 0 ? {} : { distributionCpe: cpe }),
      };
    },
  };
}

function saidByAll(components: readonly Component[]): string | undefined {
  const said = new Set(
    components.flatMap(({ type, distribution }) =>
      DISTRIBUTION_TYPES.has(type) && distribution !== undefined ? [distribution] : [],
    ),
  );
  const [only, ...others] = said;
  return others.length > 0 ? undefined : only;
}
