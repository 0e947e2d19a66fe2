import { CodedError, InvalidInputError, messageOf } from "../../src/errors.ts";
import { CHANGE_KINDS, type ComponentChange, subjectOf } from "../../src/sbom/change.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { diffOf } from "../../src/sbom/diff.ts";
import { foldBySource } from "../../src/sbom/fold.ts";
import { fieldIn, isObject } from "../../src/sbom/json.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { parseStatement } from "../../src/trust/statement.ts";
import { textOfFile } from "./read-file.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";
const SPDX = "https://spdx.dev/Document";
const USAGE = "usage: node test/conformance/sbom-diff.ts OLD NEW";

/** What the program ends with, and says: JSON on success, else a line. */
export interface Answer {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

/** What changed from one file to the other. Never throws. */
export async function answerOf(args: readonly string[]): Promise<Answer> {
  const [old, current, ...more] = args;
  if (
    old === undefined ||
    current === undefined ||
    more.length > 0 ||
    args.some((text) => text.startsWith("-"))
  ) {
    return { code: 2, text: USAGE };
  }
  try {
    return { code: 0, text: renderDiff(await listIn(old), await listIn(current)) };
  } catch (thrown) {
    const code = thrown instanceof CodedError ? `${thrown.code}: ` : "";
    return { code: 1, text: `${code}${messageOf(thrown).replaceAll(/\s+/g, " ")}` };
  }
}

async function listIn(path: string): Promise<ComponentList> {
  try {
    return listOfText(await textOfFile(path));
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause;
    throw new InvalidInputError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}

/** A document by itself, in an in-toto statement, or in an envelope or a bundle around one. Signatures are not looked at. */
function listOfText(text: string): ComponentList {
  const document = parsed(text);
  const envelope = fieldIn(document, "dsseEnvelope") ?? document;
  const payload = fieldIn(envelope, "payload");
  const statementText = typeof payload === "string" ? Buffer.from(payload, "base64") : undefined;
  if (statementText !== undefined || fieldIn(document, "predicateType") !== undefined) {
    const { predicateType, predicate } = parseStatement(statementText ?? Buffer.from(text));
    return readSbom(predicateType, predicate);
  }
  return readSbom(fieldIn(document, "bomFormat") === undefined ? SPDX : CYCLONEDX, document);
}

/** What is not JSON is left to the reader of SBOMs: it knows other notations by name. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isObject(value) ? value : text;
  } catch {
    return text;
  }
}

function renderDiff(before: ComponentList, after: ComponentList): string {
  const { changes, ...rest } = diffOf(before, after);
  const counts = CHANGE_KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length]);
  const shown = {
    quality: rest.quality,
    counts: Object.fromEntries(counts),
    equal: rest.equalCount,
    equivalent: rest.equivalentCount,
    isBaseReplaced: rest.isBaseReplaced,
    old: listShown(before),
    new: listShown(after),
    changes: changes.map(changeShown),
    sources: foldBySource(changes),
  };
  return JSON.stringify(shown, undefined, 2);
}

function listShown({ components, ...rest }: ComponentList) {
  return { ...rest, components: components.length };
}

function changeShown(change: ComponentChange) {
  const { key, type, source } = subjectOf(change);
  const what = { kind: change.kind, key, type, source: source.name };
  if ("component" in change) return { ...what, version: change.component.version };
  const { from, to } = change;
  const licences = change.kind === "relicensed" ? { fromLicence: from.licence, toLicence: to.licence } : {};
  return { ...what, from: from.version, to: to.version, ...licences };
}
