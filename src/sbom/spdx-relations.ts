import { type JsonObject, listIn, textIn } from "./json.ts";

/** What the relationships of an SPDX document say about its packages, by SPDX id. */
export interface Relations {
  /** Entries that take part in nothing but making others. */
  readonly inputs: ReadonlySet<string>;
  /** What the document is about. */
  readonly described: ReadonlySet<string>;
  /** The recipe that describes a package, without `.yaml`: apko names it after the source package. */
  readonly recipes: ReadonlyMap<string, string>;
}

/** Relationships whose object is what the subject was made from or is described by: recipes and upstream sources. */
const MADE_FROM = new Set(["GENERATED_FROM", "DESCRIBED_BY"]);
/** Relationships whose subject serves only to make the object: `BUILD_TOOL_OF`, `DEV_DEPENDENCY_OF`, `TEST_OF` … */
const SERVES = /^(?:BUILD|DEV|TEST)_(?:[A-Z]+_)?OF$/;
/** `openssl.yaml`, in a folder or not; `.melange.yaml` is what melange's own examples have. */
const RECIPE = /(?:^|\/)([^/]+?)(?:\.melange)?\.ya?ml$/;

/** Reads the relationships of an SPDX document; what is none is passed over. */
export function relationsOf(document: JsonObject): Relations {
  const inputs = new Set<string>();
  const others = new Set<string>();
  const described = new Set(textsIn(document, "documentDescribes"));
  const describedBy: (readonly [subject: string, object: string])[] = [];
  for (const relationship of listIn(document, "relationships")) {
    const type = textIn(relationship, "relationshipType") ?? "";
    const subject = textIn(relationship, "spdxElementId") ?? "";
    const object = textIn(relationship, "relatedSpdxElement") ?? "";
    (SERVES.test(type) ? inputs : others).add(subject);
    (MADE_FROM.has(type) ? inputs : others).add(object);
    if (type === "DESCRIBES") described.add(object);
    if (type === "DESCRIBED_BY") describedBy.push([subject, object]);
  }
  return {
    inputs: new Set([...inputs].filter((id) => !others.has(id))),
    described,
    recipes: recipesIn(document, describedBy),
  };
}

function recipesIn(
  document: JsonObject,
  describedBy: readonly (readonly [subject: string, object: string])[],
): ReadonlyMap<string, string> {
  if (describedBy.length === 0) return new Map();
  const names = new Map<string, string>();
  for (const entry of listIn(document, "packages")) {
    const [, recipe] = RECIPE.exec(textIn(entry, "name", 300) ?? "") ?? [];
    if (recipe !== undefined) names.set(textIn(entry, "SPDXID") ?? "", recipe);
  }
  return new Map(
    describedBy.flatMap(([subject, object]) => {
      const recipe = names.get(object);
      return recipe === undefined ? [] : [[subject, recipe] as const];
    }),
  );
}

function textsIn(document: JsonObject, field: string): readonly string[] {
  return listIn(document, field).filter((value) => typeof value === "string");
}
