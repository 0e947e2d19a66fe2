import type { z } from "zod";
import { CodedError, quote } from "../src/errors.ts";

/** One thing that is wrong with a configuration. */
export interface Fault {
  /** Where: `vendors.bellsoft.keys[0].file`; empty for the file as a whole. */
  readonly path: string;
  readonly reason: string;
}

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigError extends CodedError {
  readonly faults: readonly Fault[];

  constructor(file: string, faults: readonly Fault[]) {
    const lines = faults.map(({ path, reason }) => (path === "" ? `  ${reason}` : `  ${path}: ${reason}`));
    super("config-invalid", [`configuration ${quote(file)} is refused:`, ...lines].join("\n"));
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/** `registries."docker.io".password`, `keys[0].file`. */
export function renderPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const name = String(step);
      const written = /^[A-Za-z_][\w-]*$/.test(name) ? name : quote(name);
      return index === 0 ? written : `.${written}`;
    })
    .join("");
}

/** What a schema found wrong, one fault per place. */
export function faultsOf(
  issues: readonly z.core.$ZodIssue[],
  under: readonly PropertyKey[],
): readonly Fault[] {
  return issuesOf(issues).map(({ path, reason }) => ({ path: renderPath([...under, ...path]), reason }));
}

/** The same with the steps that lead to each place. */
export function issuesOf(
  issues: readonly z.core.$ZodIssue[],
): readonly { readonly path: readonly PropertyKey[]; readonly reason: string }[] {
  return issues.flatMap((issue) => {
    const { path, message } = issue;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], reason: message }));
    }
    return [{ path, reason: issue.code === "invalid_key" ? (issue.issues[0]?.message ?? message) : message }];
  });
}

const KINDS: Readonly<Record<string, string>> = {
  object: "a mapping of fields",
  record: "a mapping of names",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** Words for what zod finds by itself. Never shows a value that is not one of a closed list: it may be a secret. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      return `must be ${KINDS[issue.expected] ?? issue.expected}, is ${kindOf(issue.input)}`;
    case "invalid_value":
      if (issue.input === undefined) return "is missing";
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      if (issue.origin === "array") return `needs ${issue.minimum} or more entries`;
      return issue.origin === "string" ? "is empty" : `must be ${issue.minimum} or more`;
    case "too_big":
      if (issue.origin === "array") return `has more than ${issue.maximum} entries`;
      return issue.origin === "string"
        ? `is longer than ${issue.maximum} characters`
        : `must be ${issue.maximum} or less`;
    default:
      return undefined;
  }
}

/** What a value of YAML is, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "undefined":
      return "missing";
    case "object":
      return "a mapping";
    case "string":
      return "a text";
    case "boolean":
      return "true or false";
    default:
      return `a ${typeof value}`;
  }
}
