import type { FileFormat } from "./format.ts";
import { placesInValues } from "./values.ts";
import { embeddedPlaces, occurrencesOfYaml } from "./yaml/places.ts";
import { entriesAt } from "./yaml/walk.ts";

const FILE_NAME = /(?:^|\/)(?:values(?:[._-][\w.-]*)?|[\w.-]*[._-]values|values\/[^/]+)\.ya?ml$/i;

/** Values of Helm charts. */
export const HELM_VALUES: FileFormat = {
  id: "helm-values",
  isNamed: (path) => FILE_NAME.test(path),
  isContent: ({ text }) => !/^\ufeff?apiVersion[ \t]*:/m.test(text),
  occurrencesIn: (file) => occurrencesOfYaml(file, placesInValues),
};

/** What a chart says of itself: images that its annotations list are those of its values. */
export const HELM_CHART: FileFormat = {
  id: "helm-chart",
  isNamed: (path) => /(?:^|\/)Chart\.ya?ml$/.test(path),
  occurrencesIn: (file) =>
    occurrencesOfYaml(file, (document, text) =>
      entriesAt(document, "annotations").flatMap(({ value }) =>
        value.kind === "scalar" ? embeddedPlaces(text, value) : [],
      ),
    ),
};
