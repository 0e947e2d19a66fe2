import { InvalidInputError } from "../errors.ts";
import { compareTexts } from "../versions/order.ts";
import { type Component, type ComponentList, COMPONENTS_MAX } from "./component.ts";
import { componentOf, type Hints, isPseudo, namedComponentOf } from "./component-of.ts";
import type { Purl } from "./purl.ts";
import { createSystems, type System, type Systems } from "./systems.ts";

/** Why an entry of an SBOM is not in the component list. */
export type SkipReason =
  "not-a-package" | "build-input" | "pseudo-package" | "no-purl" | "purl-invalid" | "entry-invalid";

/** Gathers what one SBOM says into a component list. */
export interface Collector {
  /**
   * Counts one more entry, whatever becomes of it.
   *
   * @throws {InvalidInputError} `sbom-invalid` when there are more than {@link COMPONENTS_MAX}
   */
  enter(): void;
  add(purl: Purl, hints: Hints): void;
  /** An entry without a purl: a package if it has the name of one. */
  addNamed(name: string, hints: Hints): void;
  skip(reason: SkipReason): void;
  /** An entry that is an image: no package. */
  skipImage(): void;
  /** The operating system the image says it has. */
  system(system: System): void;
  finish(): Omit<ComponentList, "format" | "specVersion" | "tool" | "toolVersion">;
}

/** An empty collector. */
export function createCollector(): Collector {
  const components = new Map<string, Counted>();
  const skipped = new Map<SkipReason, number>();
  const systems = createSystems();
  let entered = 0;
  let imageCount = 0;

  const skip = (reason: SkipReason): void => {
    skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
  };
  const keep = (component: Component): void => {
    const { key, version, architecture } = component;
    // No part of a component has a line break.
    const identity = `${key}\n${version}\n${architecture ?? ""}`;
    const known = components.get(identity);
    components.set(
      identity,
      known === undefined
        ? { component, copies: 1 }
        : { component: better(known.component, component), copies: known.copies + 1 },
    );
  };

  return {
    skip,
    enter() {
      entered += 1;
      if (entered <= COMPONENTS_MAX) return;
      throw new InvalidInputError("sbom-invalid", `the SBOM has more than ${COMPONENTS_MAX} entries`);
    },
    add(purl, hints) {
      const component = componentOf(purl, hints);
      if (component === undefined) return skip("entry-invalid");
      if (isPseudo(component)) return skip("pseudo-package");
      keep(component);
    },
    addNamed(name, hints) {
      const component = namedComponentOf(name, hints);
      if (component === undefined) return skip("no-purl");
      keep(component);
    },
    skipImage() {
      imageCount += 1;
      skip("not-a-package");
    },
    system: (system) => systems.add(system),
    finish() {
      const isIndex = components.size === 0 && imageCount > 0 && !systems.isKnown();
      return {
        ...(isIndex ? { scope: "index" } : {}),
        ...systems.finish([...components.values()].map(({ component }) => component)),
        components: [...components.values()].map((counted) => finished(counted, systems)).toSorted(inOrder),
        skipped: [...skipped]
          .map(([reason, count]) => ({ reason, count }))
          .toSorted((a, b) => compareTexts(a.reason, b.reason)),
      };
    },
  };
}

interface Counted {
  readonly component: Component;
  readonly copies: number;
}

const SOURCE_RANK = { upstream: 0, property: 1, recipe: 2, "own-name": 3 } as const;

/** Of two entries for the same package, the one that says more; by its text when they say as much, so that no order matters. */
function better(a: Component, b: Component): Component {
  const rank = SOURCE_RANK[a.source.how] - SOURCE_RANK[b.source.how];
  if (rank !== 0) return rank < 0 ? a : b;
  if ((a.distribution === undefined) !== (b.distribution === undefined)) {
    return a.distribution === undefined ? b : a;
  }
  if ((a.licence === undefined) !== (b.licence === undefined)) return a.licence === undefined ? b : a;
  return compareTexts(JSON.stringify(a), JSON.stringify(b)) <= 0 ? a : b;
}

/** A package that names no release belongs to the image's, if the image has just one of the package's own distribution. */
function finished({ component, copies }: Counted, systems: Systems): Component {
  const { distribution, namespace } = component;
  const placed =
    distribution !== undefined || namespace === undefined ? undefined : systems.releaseOf(namespace);
  return {
    ...component,
    ...(placed === undefined ? {} : { distribution: placed }),
    ...(copies === 1 ? {} : { copies }),
  };
}

function inOrder(a: Component, b: Component): number {
  return (
    compareTexts(a.key, b.key) ||
    compareTexts(a.version, b.version) ||
    compareTexts(a.architecture ?? "", b.architecture ?? "")
  );
}
