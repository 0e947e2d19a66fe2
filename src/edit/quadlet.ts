import type { FileFormat } from "./format.ts";
import { tracedOf } from "./traced.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, unreadPlace } from "./place.ts";

const FILE_NAME = /\.(?:container|image|volume)$/;
const SECTION = /^\ufeff?[ \t]*\[(?:Container|Image|Volume)\][ \t]*$/m;
const LINE = /^([ \t]*Image[ \t]*=[ \t]*)([^\s\\]+)[ \t\r]*$/gm;

/** Podman's units: `Image=`. A value that ends in `.image` or `.build` names another unit, and `%` starts what systemd puts in. */
export const QUADLET: FileFormat = {
  id: "quadlet",
  isNamed: (path) => FILE_NAME.test(path),
  isContent: ({ text }) => SECTION.test(text.replaceAll("\r", "")),
  occurrencesIn: ({ text }) => {
    const places = Array.from(
      text.matchAll(LINE),
      ({ 1: head = "", 2: value = "", index }): readonly Place[] => {
        const written = tracedOf(value, index + head.length);
        if (/\.(?:image|build)$/.test(value)) return [];
        return [value.includes("%") ? unreadPlace(written, "variable-unresolved") : placeOf(written, text)];
      },
    );
    return occurrencesAt(places.flat(), text);
  },
};
