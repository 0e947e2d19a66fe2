import type { FileFormat } from "./format.ts";
import { occurrencesOfYaml, scalarPlace } from "./yaml/places.ts";
import { itemsAt } from "./yaml/walk.ts";

const KIND = /^\ufeff?kind:[ \t]*["']?Zarf(?:Package|Init)Config\b/m;

/** Lists of images that a Zarf package carries. */
export const ZARF: FileFormat = {
  id: "zarf",
  isNamed: (path) => /\.ya?ml$/i.test(path),
  isContent: ({ text }) => KIND.test(text),
  occurrencesIn: (file) =>
    occurrencesOfYaml(file, (document, text) =>
      itemsAt(document, "components").flatMap((component) =>
        itemsAt(component, "images").flatMap((image) =>
          image.kind === "scalar" && image.value !== "" ? [scalarPlace(text, image)] : [],
        ),
      ),
    ),
};
