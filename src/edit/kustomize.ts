import type { FileFormat } from "./format.ts";
import { kustomizePlace } from "./kustomize-images.ts";
import { placesInValues } from "./values.ts";
import { embeddedPlaces, occurrencesOfYaml } from "./yaml/places.ts";
import { itemsAt, nodeAt, scalarsIn } from "./yaml/walk.ts";

const FILE_NAME = /(?:^|\/)kustomization(?:\.ya?ml)?$/i;

/** Kustomize's `images`; patches that stand in the file are reported. */
export const KUSTOMIZE: FileFormat = {
  id: "kustomize",
  isNamed: (path) => FILE_NAME.test(path),
  occurrencesIn: (file) =>
    occurrencesOfYaml(file, (document, text) => [
      ...itemsAt(document, "images").flatMap((entry) => kustomizePlace(entry, text) ?? []),
      ...itemsAt(document, "helmCharts").flatMap((chart) => {
        const values = nodeAt(chart, "valuesInline");
        return values === undefined ? [] : placesInValues(values, text);
      }),
      ...["patches", "patchesStrategicMerge", "patchesJson6902"].flatMap((key) =>
        itemsAt(document, key).flatMap((patch) =>
          [...scalarsIn(patch)].flatMap((scalar) => embeddedPlaces(text, scalar)),
        ),
      ),
    ]),
};
