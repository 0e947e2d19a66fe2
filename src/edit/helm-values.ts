import type { FileFormat } from "./format.ts";
import { placesInValues } from "./values.ts";
import { occurrencesOfYaml } from "./yaml/places.ts";

const FILE_NAME = /(?:^|\/)(?:values(?:[._-][\w.-]*)?|[\w.-]*[._-]values|values\/[^/]+)\.ya?ml$/i;

/** Values of Helm charts. */
export const HELM_VALUES: FileFormat = {
  id: "helm-values",
  isNamed: (path) => FILE_NAME.test(path),
  isContent: ({ text }) => !/^\ufeff?apiVersion[ \t]*:/m.test(text),
  occurrencesIn: (file) => occurrencesOfYaml(file, placesInValues),
};
