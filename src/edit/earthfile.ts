import { declare, imageOf, readFrom } from "./dockerfile.ts";
import { readDockerfile } from "./dockerfile-lines.ts";
import { expand } from "./expand.ts";
import type { FileFormat } from "./format.ts";
import { type Traced, sliceOf, tracedOf } from "./traced.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, unreadPlace } from "./place.ts";

const NO_STAGES: ReadonlySet<string> = new Set();

/** Earthfiles: `FROM` of an image. `+target`, also of another folder or repository, and `FROM DOCKERFILE` name no image. */
export const EARTHFILE: FileFormat = {
  id: "earthfile",
  isNamed: (path) => /(?:^|\/)Earthfile$|\.earth$/.test(path),
  occurrencesIn: ({ text }) => {
    const { instructions } = readDockerfile(text);
    const variables = new Map<string, Traced>();
    const places: Place[] = [];
    for (const { keyword, operands } of instructions) {
      if (keyword === "arg") declare(operands, variables, "\\");
      if (keyword !== "from") continue;
      const from = readFrom(withoutComment(operands));
      if (from === undefined || from.image.text === "DOCKERFILE") continue;
      const { text: target } = expand(from.image, variables, "\\") ?? from.image;
      if (target.includes("+")) continue;
      places.push(...imageOf(from, { text, escape: "\\", variables, stages: NO_STAGES }));
    }
    return occurrencesAt([...places, ...pulledIn(text)], text);
  },
};

/** Other than in Dockerfiles, a comment may stand behind an instruction. */
function withoutComment(operands: Traced): Traced {
  const comment = operands.text.search(/[ \t]#/);
  return comment === -1 ? operands : sliceOf(operands, 0, comment);
}

const WITH_DOCKER = /^[ \t]*WITH[ \t]+DOCKER\b(?:\\\r?\n|[^\n])*/gm;
const PULL = /(?<=[ \t])--pull(?:=|[ \t]+)["']?([^\s"'\\]+)/g;

/** `WITH DOCKER --pull image`, also over several lines. */
function pulledIn(text: string): readonly Place[] {
  return Array.from(text.matchAll(WITH_DOCKER)).flatMap(({ 0: lines, index }) =>
    Array.from(lines.matchAll(PULL), ({ 0: flag, 1: image = "", index: at }): Place => {
      const written = tracedOf(image, index + at + flag.length - image.length);
      return image.includes("$") ? unreadPlace(written, "variable-unresolved") : placeOf(written, text);
    }),
  );
}
