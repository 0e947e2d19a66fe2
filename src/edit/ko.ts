import type { FileFormat } from "./format.ts";
import { occurrencesOfYaml, scalarPlace } from "./yaml/places.ts";
import { entriesAt, scalarAt } from "./yaml/walk.ts";

/** Base images of ko, which builds images of Go programs. */
export const KO: FileFormat = {
  id: "ko",
  isNamed: (path) => /(?:^|\/)\.ko\.ya?ml$/i.test(path),
  occurrencesIn: (file) =>
    occurrencesOfYaml(file, (document, text) => {
      const base = scalarAt(document, "defaultBaseImage");
      const overrides = entriesAt(document, "baseImageOverrides").map(({ value }) => value);
      return [...(base === undefined ? [] : [base]), ...overrides].flatMap((node) =>
        node.kind === "scalar" && node.value !== "" ? [scalarPlace(text, node)] : [],
      );
    }),
};
