import type { FileFormat } from "./format.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, unreadPlace } from "./place.ts";
import { tracedOf } from "./traced.ts";

/** `quarkus.jib.base-jvm-image`, `quarkus.native.builder-image` and their like, also of a profile. */
const LINE =
  /^([ \t]*(?:%[\w-]+\.)?quarkus\.[\w.-]*(?:base|builder)[\w-]*-image[ \t]*[=:][ \t]*)([^\s\\]+)[ \t\r]*$/gm;

/** Properties of Quarkus: images that it builds on. A builder that is called by a word alone, such as `mandrel`, is chosen by Quarkus. */
export const QUARKUS: FileFormat = {
  id: "quarkus",
  isNamed: (path) => /(?:^|\/)application(?:-[\w-]+)?\.properties$/.test(path),
  occurrencesIn: ({ text }) => {
    const places = Array.from(
      text.matchAll(LINE),
      ({ 1: head = "", 2: value = "", index }): readonly Place[] => {
        const written = tracedOf(value, index + head.length);
        if (value.includes("$")) return [unreadPlace(written, "variable-unresolved")];
        return /[/:@]/.test(value) ? [placeOf(written, text)] : [];
      },
    );
    return occurrencesAt(places.flat(), text);
  },
};
