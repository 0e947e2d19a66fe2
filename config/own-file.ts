import type { z } from "zod";
import {
  OWN_FIELDS,
  type OwnFault,
  type OwnField,
  type OwnFileReader,
  type OwnReading,
  type OwnSettings,
} from "../src/vendor/own-settings.ts";
import { describeIssue, issuesOf, renderPath } from "./fault.ts";
import { ownSettingsSchema } from "./own-fields.ts";
import { parseYaml, type PlaceInText } from "./yaml.ts";

const OWN_BYTES_MAX = 64 * 1024;
const FAULTS_MAX = 20;
const REASON_LENGTH_MAX = 400;
const PATH_LENGTH_MAX = 200;

/** Reads what owners of code repositories write. @param forbidden fields that they may not decide */
export function ownFileReader(forbidden: readonly OwnField[]): OwnFileReader {
  const schema: z.ZodType<OwnSettings> = ownSettingsSchema();
  return { forbidden, parse: (text) => parseOwn(text, schema, forbidden) };
}

function parseOwn(text: string, schema: z.ZodType<OwnSettings>, forbidden: readonly OwnField[]): OwnReading {
  const bytes = Buffer.byteLength(text);
  if (bytes > OWN_BYTES_MAX) return faulty([{ path: "", reason: `is larger than ${OWN_BYTES_MAX} bytes` }]);
  const yaml = parseYaml(text.replace(/^\uFEFF/, ""));
  if (yaml.kind === "fault") {
    // How deep is too deep depends on the machine: the same text has the same fault everywhere.
    const isTooDeep = yaml.faults.some(({ reason }) => reason.includes("call stack"));
    return faulty(isTooDeep ? [{ path: "", reason: "is nested too deeply" }] : yaml.faults.map(placed));
  }
  const parsed = schema.safeParse(yaml.value, { error: describeIssue });
  const faults = parsed.success
    ? []
    : issuesOf(parsed.error.issues).map(({ path, reason }) => faultAt(path, reason, yaml.at));
  const named = Object.keys(parsed.data ?? asMapping(yaml.value));
  for (const field of OWN_FIELDS.filter((each) => forbidden.includes(each) && named.includes(each))) {
    faults.push(
      faultAt([field], "the operator of Hullkeeper lets nobody decide this here: remove it", yaml.at),
    );
  }
  if (faults.length > 0 || !parsed.success) return faulty(faults);
  return { kind: "read", settings: parsed.data };
}

function asMapping(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function faultAt(
  path: readonly PropertyKey[],
  reason: string,
  at: (path: readonly PropertyKey[]) => PlaceInText | undefined,
): OwnFault {
  return { path: renderPath(path).slice(0, PATH_LENGTH_MAX), reason, ...at(path) };
}

/** A fault of the text itself says where it is in its words. */
function placed({ path, reason }: { readonly path: string; readonly reason: string }): OwnFault {
  const [, line, column, rest] = /^line (\d{1,9}), column (\d{1,9}): (.*)$/s.exec(reason) ?? [];
  if (line === undefined || column === undefined || rest === undefined) return { path, reason };
  return { path, line: Number(line), column: Number(column), reason: rest };
}

function faulty(faults: readonly OwnFault[]): OwnReading {
  const shown = faults.slice(0, FAULTS_MAX).map(({ reason, ...fault }) => ({
    ...fault,
    reason: reason.slice(0, REASON_LENGTH_MAX),
  }));
  return { kind: "faulty", faults: shown };
}
