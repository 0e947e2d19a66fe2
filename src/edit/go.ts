import type { FileFormat } from "./format.ts";
import { type Language, tokensOf, tracedTokenOf } from "./tokens.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, reportedPlace } from "./place.ts";

const LANGUAGE: Language = {
  comments: ["//"],
  blocks: true,
  quotes: ["`", '"', "'"],
  rawQuotes: ["`"],
  heredocs: false,
};

/** Go files by whose name one expects names of images: programs have too many others to read them all. */
const FILE_NAME = /(?:^|\/)[^/]*(?:image|version|constant|const|default|mapper)[^/]*\.go$/;
const PINNED = /^([^@]*)@(sha256:[0-9a-f]{64})$/;

/** Go: strings with a digest are reported; a program's own code is not edited. */
export const GO: FileFormat = {
  id: "go",
  isNamed: (path) => FILE_NAME.test(path) && !/_test\.go$|(?:^|\/)(?:vendor|testdata)\//.test(path),
  occurrencesIn: ({ text }) =>
    occurrencesAt(
      tokensOf(text, LANGUAGE).flatMap((token): readonly Place[] => {
        const [, name = ""] =
          token.kind === "string" && token.text.length <= 512 ? (PINNED.exec(token.text) ?? []) : [];
        if (name === "") return [];
        // A version with a digest: which image that is stands elsewhere.
        const isVersion = /^v?\d[\w.+-]*$/.test(name);
        return [reportedPlace(tracedTokenOf(token), isVersion ? "name-unknown" : "format-read-only")];
      }),
      text,
    ),
};
