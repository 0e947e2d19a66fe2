import type { FileFormat } from "./format.ts";
import { type Language, tokensOf, tracedTokenOf } from "./tokens.ts";
import { type Found, occurrencesFrom, readReference, reported } from "./written.ts";

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
    occurrencesFrom(
      text,
      tokensOf(text, LANGUAGE).flatMap((token): readonly Found[] => {
        const [, name = ""] =
          token.kind === "string" && token.text.length <= 512 ? (PINNED.exec(token.text) ?? []) : [];
        if (name === "") return [];
        const written = tracedTokenOf(token);
        // A version with a digest: which image that is stands elsewhere.
        const isVersion = /^v?\d[\w.+-]*$/.test(name);
        const reference = isVersion ? undefined : readReference(token.text);
        return [{ written, handling: reported(isVersion ? "name-unknown" : "format-read-only", reference) }];
      }),
    ),
};
