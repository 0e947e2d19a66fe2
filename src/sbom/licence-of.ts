import { fieldIn, type JsonObject, listIn, textIn } from "./json.ts";
import { compareTexts } from "../versions/order.ts";
import { isUnprintable } from "./texts.ts";

/** Licences of a Debian package may be dozens; longer ones are not compared. */
const LICENCE_LENGTH_MAX = 1_000;
/** What documents write where they know no licence. Trivy of 2022 wrote dots. */
const UNKNOWN = /\b(?:NOASSERTION|NONE|UNKNOWN)\b|^\s*\.*\s*$/i;

/** Most of them: the identifier of a licence, which is none of the above. */
const PLAIN = /^(?!NO|UN)[A-Z][A-Za-z0-9.-]*$/;

/** A licence as a document writes it; undefined where that says none, or only that it is not known. */
export function knownLicence(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LICENCE_LENGTH_MAX) return undefined;
  if (PLAIN.test(text)) return text;
  return UNKNOWN.test(text) || isUnprintable(text) ? undefined : text.trim();
}

/** The licence of an SPDX package: what its authors declare, else what the tool concluded. */
export function licenceOfSpdx(entry: JsonObject): string | undefined {
  return knownLicence(textIn(entry, "licenseDeclared")) ?? knownLicence(textIn(entry, "licenseConcluded"));
}

/**
 * The licence of a CycloneDX component as one expression. Where it has several without an expression, all of them hold; they are sorted, since
 * tools list them in any order.
 */
export function licenceOfCycloneDx(entry: JsonObject): string | undefined {
  const choices = listIn(entry, "licenses");
  const declared = choices.filter((choice) => acknowledgementIn(choice) === "declared");
  const texts = (declared.length > 0 ? declared : choices).map(writtenIn);
  const known = texts.map(knownLicence).filter((text) => text !== undefined);
  // One part that is not known makes the whole unknown.
  if (known.length === 0 || known.length < texts.length) return undefined;
  const [only, ...others] = [...new Set(known)].toSorted(compareTexts);
  if (others.length === 0) return only;
  return knownLicence([only ?? "", ...others].map(enclosed).join(" AND "));
}

function writtenIn(choice: unknown): string | undefined {
  const licence = fieldIn(choice, "license");
  return textIn(choice, "expression") ?? textIn(licence, "id") ?? textIn(licence, "name");
}

function acknowledgementIn(choice: unknown): string | undefined {
  return textIn(choice, "acknowledgement") ?? textIn(fieldIn(choice, "license"), "acknowledgement");
}

function enclosed(text: string): string {
  return /\s/.test(text) ? `(${text})` : text;
}
