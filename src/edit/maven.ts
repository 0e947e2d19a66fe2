import { SaxesParser } from "saxes";
import type { FileFormat } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import { type Traced, sliceOf, tracedOf } from "./traced.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, unreadPlace } from "./place.ts";

const DEPTH_MAX = 256;
/** Characters of an element's text that are looked at: no reference is as long. */
const CONTENT_LENGTH_MAX = 1_024;
const DOCKER = "docker://";

/** Elements that name an image, with those around them. */
const PLACES = [
  "configuration/from/image",
  "image/builder",
  "image/runImage",
  "image/buildpacks/buildpack",
] as const;

/** Maven's pom.xml: Jib's `<from><image>`, Spring Boot's builder, run image and buildpacks, with `<properties>` of the same file. */
export const MAVEN: FileFormat = {
  id: "maven",
  isNamed: (path) => /(?:^|\/)pom\.xml$/.test(path),
  occurrencesIn: ({ text }) => occurrencesIn(text),
};

function occurrencesIn(text: string): readonly Occurrence[] {
  const elements = elementsOf(text);
  const properties = new Map(
    elements.flatMap(({ path, content }) => {
      const [, name] = /(?:^|\/)properties\/([^/]+)$/.exec(path) ?? [];
      return name === undefined ? [] : [[name, content]];
    }),
  );
  const places = elements
    .filter(({ path }) => PLACES.some((place) => `/${path}`.endsWith(`/${place}`)))
    .flatMap((element) => placesOf(element, properties, text));
  return occurrencesAt(places, text);
}

/** An element without elements in it. */
interface Element {
  /** Names from the root to it, joined by `/`; at most the last few. */
  readonly path: string;
  /** Its text, blanks at both ends apart. */
  readonly content: Traced;
}

/** The elements that hold text alone, up to the first fault of the document. */
function elementsOf(text: string): readonly Element[] {
  const elements: Element[] = [];
  const open: { readonly name: string; readonly start: number; isLeaf: boolean }[] = [];
  const parser = new SaxesParser({ xmlns: false, position: true });
  parser.on("opentag", ({ name, isSelfClosing }) => {
    const parent = open.at(-1);
    if (parent !== undefined) parent.isLeaf = false;
    open.push({ name, start: parser.position, isLeaf: !isSelfClosing });
    if (open.length > DEPTH_MAX) parser.fail("nested too deep");
  });
  parser.on("closetag", () => {
    const path = open
      .slice(-4)
      .map(({ name }) => name)
      .join("/");
    const element = open.pop();
    if (element?.isLeaf !== true) return;
    const end = text.lastIndexOf("</", parser.position - 1);
    if (end < element.start) return;
    const content = text.slice(element.start, Math.min(end, element.start + CONTENT_LENGTH_MAX));
    const indent = content.length - content.trimStart().length;
    elements.push({ path, content: tracedOf(content.trim(), element.start + indent) });
  });
  try {
    parser.write(text).close();
  } catch {
    // Without a handler the parser throws at the first fault: what stands before it was read.
  }
  return elements;
}

function placesOf(
  { path, content: written }: Element,
  properties: ReadonlyMap<string, Traced>,
  text: string,
): readonly Place[] {
  if (path.endsWith("/buildpack") && !written.text.startsWith(DOCKER)) return [];
  const [, property] = /^\$\{([^${}]+)\}$/.exec(written.text) ?? [];
  const value = property === undefined ? written : properties.get(property);
  if (value === undefined || value.text.includes("$")) {
    return [unreadPlace(written, "variable-unresolved")];
  }
  const name = sliceOf(value, value.text.startsWith(DOCKER) ? DOCKER.length : 0);
  // References hold neither entities nor comments: such a text is none.
  return name.text === "scratch" ? [] : [placeOf(name, text, { raw: written })];
}
