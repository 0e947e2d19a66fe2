import { InvalidInputError } from "../errors.ts";
import { compareTexts } from "../versions/order.ts";
import { type Component, type ComponentList, COMPONENTS_MAX } from "./component.ts";
import { componentOf, type Hints, isPseudo } from "./component-of.ts";
import type { Purl } from "./purl.ts";

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
  skip(reason: SkipReason): void;
  /** The operating system the image says it has, e.g. `alpaquita` `23`. */
  system(id: string, version: string): void;
  finish(): Pick<ComponentList, "components" | "skipped">;
}

/** An empty collector. */
export function createCollector(): Collector {
  const components = new Map<string, Component>();
  const skipped = new Map<SkipReason, number>();
  const systems = new Map<string, Set<string>>();
  let entered = 0;

  const skip = (reason: SkipReason): void => {
    skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
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
      const identity = JSON.stringify([component.key, component.version]);
      const known = components.get(identity);
      components.set(identity, known === undefined ? component : better(known, component));
    },
    system(id, version) {
      if (id === "" || version === "") return;
      systems.set(id.toLowerCase(), (systems.get(id.toLowerCase()) ?? new Set()).add(version));
    },
    finish() {
      return {
        components: [...components.values()].map((component) => placed(component, systems)).toSorted(inOrder),
        skipped: [...skipped]
          .map(([reason, count]) => ({ reason, count }))
          .toSorted((a, b) => compareTexts(a.reason, b.reason)),
      };
    },
  };
}

const SOURCE_RANK = { upstream: 0, property: 1, recipe: 2, "own-name": 3 } as const;

/** Of two entries for the same package, the one that says more; by its text when they say as much, so that no order matters. */
function better(a: Component, b: Component): Component {
  const rank = SOURCE_RANK[a.source.how] - SOURCE_RANK[b.source.how];
  if (rank !== 0) return rank < 0 ? a : b;
  if ((a.distribution === undefined) !== (b.distribution === undefined)) {
    return a.distribution === undefined ? b : a;
  }
  return compareTexts(JSON.stringify(a), JSON.stringify(b)) <= 0 ? a : b;
}

/** A package that names no release belongs to the image's, if the image has just one of the package's own distribution. */
function placed(component: Component, systems: ReadonlyMap<string, ReadonlySet<string>>): Component {
  const { distribution, namespace } = component;
  if (distribution !== undefined || namespace === undefined) return component;
  const [release, ...others] = systems.get(namespace) ?? [];
  if (release === undefined || others.length > 0) return component;
  return { ...component, distribution: `${namespace}-${release}` };
}

function inOrder(a: Component, b: Component): number {
  return compareTexts(a.key, b.key) || compareTexts(a.version, b.version);
}
