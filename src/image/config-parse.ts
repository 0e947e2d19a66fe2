import { createHash } from "node:crypto";
import { z } from "zod";
import { quote } from "../errors.ts";
import type { ConfigAnswer, ImageConfig } from "./config.ts";
import { platformSchema, renderPlatform } from "./platform.ts";
import { argumentsWithoutSecrets, hashOf, isSecret, withoutSecrets } from "./secrets.ts";

/** Bytes of a config at most: real ones have some kilobytes. */
export const CONFIG_BYTES_MAX = 1024 * 1024;

/** Entries of one list or map at most. */
const ENTRIES_MAX = 1_000;
/** Characters of one text at most; of a longer one the beginning is kept, and a hash, so that every change is seen. */
const TEXT_LENGTH_MAX = 4_096;
const CUT_LENGTH = 2_000;

// Encoders written in Go say null where a list, a map or a text is empty.
const textSchema = z
  .string()
  .nullish()
  .transform((text) => text ?? "");
const textsSchema = z
  .array(z.string())
  .max(ENTRIES_MAX)
  .nullish()
  .transform((texts) => texts ?? []);
/** Old tools wrote a command as one text. */
const argumentsSchema = z.union([
  textsSchema,
  z.string().transform((text) => (text === "" ? [] : ["/bin/sh", "-c", text])),
]);
/** A set, as the specification writes it: names with empty objects. */
const namesSchema = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((set) => Object.keys(set ?? {}))
  .refine((names) => names.length <= ENTRIES_MAX, { error: "too many entries" });
const labelsSchema = z
  .record(z.string(), z.string())
  .nullish()
  .transform((labels) => labels ?? {})
  .refine((labels) => Object.keys(labels).length <= ENTRIES_MAX, { error: "too many entries" });

/** Names are lower-case here: runtimes are written in Go, which reads them in any case. */
const runSchema = z.object({
  user: textSchema,
  entrypoint: argumentsSchema,
  cmd: argumentsSchema,
  env: textsSchema,
  exposedports: namesSchema,
  volumes: namesSchema,
  workingdir: textSchema,
  stopsignal: textSchema,
  shell: textsSchema,
  onbuild: textsSchema,
  labels: labelsSchema,
});

type Run = z.infer<typeof runSchema>;

/**
 * Reads the config of an image as a runtime would. What cannot be read as a runtime would is no config: half of one would show as a change.
 *
 * @param bytes at most {@link CONFIG_BYTES_MAX}, already compared with their digest
 * @param layers of the manifest that names the config
 * @see OCI image-spec v1.1.1, config.md
 */
export function parseImageConfig(
  bytes: Uint8Array,
  layers: readonly { readonly size: number }[],
): ConfigAnswer {
  if (bytes.byteLength > CONFIG_BYTES_MAX) return none(`it is larger than ${CONFIG_BYTES_MAX} bytes`);
  const document = folded(jsonOf(bytes));
  if (document.kind === "none") return document;
  const { values } = document;
  const run = folded(values.get("config") ?? {});
  if (run.kind === "none") return run;
  const health = folded(run.values.get("healthcheck") ?? {});
  if (health.kind === "none") return health;
  const test = argumentsSchema.safeParse(health.values.get("test"));
  if (!test.success) return none("its healthcheck has another shape");
  const parsed = runSchema.safeParse(Object.fromEntries(run.values));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return none(`${quote(issue?.path.map(String).join(".") ?? "")} has another shape`);
  }
  const platform = platformSchema.safeParse(Object.fromEntries(values));
  return {
    kind: "config",
    config: {
      ...(platform.success ? { platform: renderPlatform(platform.data) } : {}),
      ...runOf(parsed.data, test.data),
      layerCount: layers.length,
      layerBytes: layers.reduce((sum, { size }) => sum + size, 0),
    },
  };
}

function runOf(
  run: Run,
  test: readonly string[],
): Omit<ImageConfig, "platform" | "layerCount" | "layerBytes"> {
  const healthcheck = test[0] === "NONE" ? [] : test;
  return {
    ...(run.user === "" ? {} : { user: bounded(run.user) }),
    entrypoint: argumentsOf(run.entrypoint),
    command: argumentsOf(run.cmd),
    ...environmentOf(run.env),
    exposedPorts: run.exposedports.map((port) => bounded(port)).toSorted(),
    volumes: run.volumes.map((volume) => bounded(volume)).toSorted(),
    ...(run.workingdir === "" ? {} : { workingDirectory: bounded(run.workingdir) }),
    ...(run.stopsignal === "" ? {} : { stopSignal: bounded(run.stopsignal) }),
    ...(healthcheck.length === 0 ? {} : { healthcheck: argumentsOf(healthcheck) }),
    ...(run.shell.length === 0 ? {} : { shell: argumentsOf(run.shell) }),
    ...(run.onbuild.length === 0 ? {} : { onBuild: argumentsOf(run.onbuild) }),
    labels: sortedRecord(
      Object.entries(run.labels).map(([name, value]) => [bounded(name), withoutSecrets(bounded(value))]),
    ),
  };
}

function argumentsOf(texts: readonly string[]): readonly string[] {
  return argumentsWithoutSecrets(texts.map(bounded));
}

/** Variables by name; of two of one name the last counts, as for runtimes. */
function environmentOf(texts: readonly string[]): Pick<ImageConfig, "environment" | "masked"> {
  const values = new Map<string, string>();
  const masked = new Set<string>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    const name = bounded(equals === -1 ? text : text.slice(0, equals));
    const value = equals === -1 ? "" : text.slice(equals + 1);
    const isHidden = isSecret(name, value);
    values.set(name, isHidden ? hashOf(name, value) : bounded(value));
    if (isHidden) masked.add(name);
    else masked.delete(name);
  }
  return { environment: sortedRecord([...values]), masked: [...masked].toSorted() };
}

/** A name that stands for the prototype of every object is no name. */
function sortedRecord(entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.filter(([name]) => name !== "__proto__").toSorted(([a], [b]) => (a < b ? -1 : a === b ? 0 : 1)),
  );
}

function bounded(text: string): string {
  if (text.length <= TEXT_LENGTH_MAX) return text;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return `${text.slice(0, CUT_LENGTH)}… (${text.length} characters, sha256 ${hash})`;
}

type Folded =
  | { readonly kind: "folded"; readonly values: ReadonlyMap<string, unknown> }
  | { readonly kind: "none"; readonly reason: string };

/** Fields by their lower-case name. Which of two of one name counts depends on who reads. */
function folded(value: unknown): Folded {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return none("it is not what a config looks like");
  }
  const values = new Map<string, unknown>();
  for (const [name, field] of Object.entries(value)) {
    const lower = name.toLowerCase();
    if (values.has(lower)) return none(`it says ${quote(name)} in two ways`);
    values.set(lower, field);
  }
  return { kind: "folded", values };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function none(reason: string): { readonly kind: "none"; readonly reason: string } {
  return { kind: "none", reason };
}
