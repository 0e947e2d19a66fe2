import type { FileFormat } from "./format.ts";
import { occurrencesOfYaml, scalarPlace } from "./yaml/places.ts";
import { entriesAt, scalarAt } from "./yaml/walk.ts";

/** Batect: images of its containers; those that it builds have none. */
export const BATECT: FileFormat = {
  id: "batect",
  isNamed: (path) => /(?:^|\/)batect(?:-bundle)?\.ya?ml$/.test(path),
  occurrencesIn: (file) =>
    occurrencesOfYaml(file, (document, text) =>
      entriesAt(document, "containers").flatMap(({ value }) => {
        const image = scalarAt(value, "image");
        return image === undefined || image.value === "" ? [] : [scalarPlace(text, image)];
      }),
    ),
};
