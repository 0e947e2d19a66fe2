import type { FileFormat } from "./format.ts";
import { occurrencesAt } from "./occurrences.ts";
import { placeOf, reportedPlace } from "./place.ts";
import { readImageLines } from "./yaml/image-lines.ts";
import { opaqueReason } from "./yaml/places.ts";

const FILE_NAME = /(?:^|\/)templates\/.+\.(?:ya?ml|tpl)$/i;

/** Templates of Helm charts: no YAML yet, so only lines that say `image: name:tag` by themselves are edited. */
export const HELM_TEMPLATE: FileFormat = {
  id: "helm-template",
  isNamed: (path) => FILE_NAME.test(path),
  // `${{ }}` is put in by pipelines, of which templates stand in folders of this name, too.
  isContent: ({ text }) => /(?<!\$)\{\{/.test(text),
  occurrencesIn: (file) => {
    const places = readImageLines(file.text).map(({ value }) => {
      const opaque = opaqueReason(value.text);
      return opaque === undefined ? placeOf(value, file.text) : reportedPlace(value, opaque);
    });
    return occurrencesAt(places, file.text);
  },
};
