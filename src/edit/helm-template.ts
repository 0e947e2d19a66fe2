import { embeddedIn } from "./embedded.ts";
import type { FileFormat } from "./format.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, reportedPlace } from "./place.ts";
import { readImageLines } from "./yaml/image-lines.ts";
import { opaqueReason } from "./yaml/places.ts";

const FILE_NAME = /(?:^|\/)templates\/.+\.(?:ya?ml|tpl)$/i;

/** Templates of Helm charts: no YAML yet, so only lines that say `image: name:tag` by themselves are edited; others are reported. */
export const HELM_TEMPLATE: FileFormat = {
  id: "helm-template",
  isNamed: (path) => FILE_NAME.test(path),
  // `${{ }}` is put in by pipelines, of which templates stand in folders of this name, too.
  isContent: ({ text }) => /(?<!\$)\{\{/.test(text),
  occurrencesIn: (file) => {
    const { text } = file;
    const places = readImageLines(text).map(({ value }) => {
      const opaque = opaqueReason(value.text);
      return opaque === undefined ? placeOf(value, text) : reportedPlace(value, opaque);
    });
    const lineOf = ({ offset }: Place): number => text.lastIndexOf("\n", offset);
    const known = new Set(places.map(lineOf));
    const others = embeddedIn(text, { start: 0, end: text.length }).filter(
      (place) => !known.has(lineOf(place)),
    );
    return occurrencesAt([...places, ...others], text);
  },
};
