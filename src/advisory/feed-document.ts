import { baseOf } from "./ecosystem.ts";
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { InvalidInputError } from "../errors.ts";
import { type Instant, isInstant, parseInstant } from "../time.ts";
import { type OsvRecord, osvRecordSchema } from "./osv.ts";
import { type PackageKey, renderPackageKey } from "./package-key.ts";
import type { Signals } from "./signal.ts";
import { VEX_STATUSES, type VexStatement } from "./vex.ts";

/** A piece of a feed, as it is mirrored: what changes, comes and goes as one. */
export type FeedDocument =
  | { readonly kind: "osv"; readonly record: OsvRecord }
  | { readonly kind: "vex"; readonly id: string; readonly statements: readonly VexStatement[] }
  | {
      readonly kind: "signals";
      readonly id: string;
      /** By CVE. */
      readonly entries: readonly (readonly [string, Signals])[];
    };

/** A document as it is stored, with the names it is found by. */
export interface PackedFeedDocument {
  /** Unique in its feed. */
  readonly id: string;
  readonly lookups: readonly string[];
  /** Of two documents with one id, that of the later moment counts. */
  readonly modifiedAt: number;
  /** OSV ecosystems that it speaks of, with release and without. */
  readonly ecosystems: readonly string[];
  /** JSON of its names, of how many records it counts for, and of itself, deflated. */
  readonly bytes: Uint8Array;
}

/** What is known of a stored document without reading the document itself. */
export interface PackedFacts {
  readonly lookups: readonly string[];
  /** How many records it counts for: withdrawn ones do not. */
  readonly recordCount: number;
  /** A number of 128 bits: those of all documents of a feed, added up, name its state. */
  readonly fingerprint: bigint;
}

/** Bytes of one document after unpacking at most. */
const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;

/** Under which name documents about a package are found. */
export function packageLookup(key: PackageKey): string {
  return `p${renderPackageKey(key)}`;
}

/** Under which name documents about a vulnerability are found, by its id or an alias. */
export function vulnerabilityLookup(id: string): string {
  return `v${id}`;
}

/** Under which name scores that change every day are found: a hundred CVEs share one. Undefined for what is no CVE. */
export function scoreLookup(cve: string): string | undefined {
  const [, year, number] = /^CVE-(\d{4})-(\d{4,19})$/.exec(cve) ?? [];
  return year === undefined || number === undefined ? undefined : `s${year}-${number.slice(0, -2)}`;
}

/** Whether a name is one of {@link packageLookup}. */
export function isPackageLookup(lookup: string): boolean {
  return lookup.startsWith("p");
}

/** Whether images that are found by this name may have to be assessed anew when the document changes. Scores are for display. */
export function isDecisive(lookup: string): boolean {
  return !lookup.startsWith("s");
}

/** The document as it is stored. */
export function packFeedDocument(document: FeedDocument): PackedFeedDocument {
  const lookups = namesOf(document);
  return {
    id: documentIdOf(document),
    lookups,
    modifiedAt: modifiedAtOf(document) ?? 0,
    ecosystems: ecosystemsOf(document),
    bytes: deflateRawSync(JSON.stringify([lookups, recordCountOf(document), document])),
  };
}

/**
 * The document that was packed.
 *
 * @throws {InvalidInputError} `record-invalid`
 */
export function unpackFeedDocument(bytes: Uint8Array): FeedDocument {
  const result = packedSchema.safeParse(jsonOf(textOfPacked(bytes)));
  if (result.success) return result.data[2];
  throw new InvalidInputError("record-invalid", "a stored document of a feed does not have its form");
}

/**
 * What is known of a stored document.
 *
 * @throws {InvalidInputError} `record-invalid`
 */
export function factsOfPacked(id: string, bytes: Uint8Array): PackedFacts {
  const text = textOfPacked(bytes);
  const result = factsSchema.safeParse(jsonOf(text));
  if (!result.success) {
    throw new InvalidInputError("record-invalid", "a stored document of a feed does not have its form");
  }
  const [lookups, recordCount] = result.data;
  const hash = createHash("sha256").update(JSON.stringify(id)).update(text).digest("hex");
  return { lookups, recordCount, fingerprint: BigInt(`0x${hash.slice(0, 32)}`) };
}

function recordCountOf(document: FeedDocument): number {
  switch (document.kind) {
    case "osv":
      return document.record.withdrawn === undefined ? 1 : 0;
    case "vex":
      return document.statements.length;
    case "signals":
      return document.entries.length;
    default:
      return document satisfies never;
  }
}

function ecosystemsOf(document: FeedDocument): readonly string[] {
  if (document.kind !== "osv") return [];
  const names = (document.record.affected ?? []).flatMap(({ package: named }) =>
    named === undefined ? [] : [baseOf(named.ecosystem), named.ecosystem],
  );
  return [...new Set(names)];
}

function modifiedAtOf(document: FeedDocument): Instant | undefined {
  switch (document.kind) {
    case "osv":
      return parseInstant(document.record.modified);
    case "vex":
      return document.statements.map(({ at }) => at).toSorted((a, b) => b - a)[0];
    case "signals":
      return undefined;
    default:
      return document satisfies never;
  }
}

/** Every vulnerability that a record names: itself, its aliases, what it goes back to. */
export function vulnerabilitiesOf({ id, aliases = [], upstream = [] }: OsvRecord): readonly string[] {
  return [...new Set([id, ...aliases, ...upstream])];
}

function documentIdOf(document: FeedDocument): string {
  return document.kind === "osv" ? document.record.id : document.id;
}

/** The names that a document is found by, sorted. */
export function namesOf(document: FeedDocument): readonly string[] {
  switch (document.kind) {
    case "osv": {
      const packages = (document.record.affected ?? []).flatMap(({ package: named }) =>
        named === undefined ? [] : [packageLookup(named)],
      );
      return unique([...packages, ...vulnerabilitiesOf(document.record).map(vulnerabilityLookup)]);
    }
    case "vex":
      return unique(
        document.statements.flatMap(({ vulnerabilities }) => vulnerabilities.map(vulnerabilityLookup)),
      );
    case "signals":
      return unique(
        document.entries.flatMap(([cve, { epss }]) =>
          epss === undefined ? vulnerabilityLookup(cve) : (scoreLookup(cve) ?? []),
        ),
      );
    default:
      return document satisfies never;
  }
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

function textOfPacked(bytes: Uint8Array): string {
  try {
    return inflateRawSync(bytes, { maxOutputLength: DOCUMENT_BYTES_MAX }).toString("utf8");
  } catch (cause) {
    throw new InvalidInputError("record-invalid", "a stored document of a feed cannot be unpacked", {
      cause,
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidInputError("record-invalid", "a stored document of a feed is not JSON", { cause });
  }
}

const instantSchema = z.custom<Instant>((value) => typeof value === "number" && isInstant(value));

/** The form of {@link Signals} as they are stored. */
export const signalsSchema = z.object({
  kev: z
    .object({ addedAt: instantSchema, dueAt: instantSchema.exactOptional(), isRansomware: z.boolean() })
    .exactOptional(),
  epss: z.object({ score: z.number(), percentile: z.number() }).exactOptional(),
  ssvc: z
    .object({
      exploitation: z.enum(["none", "poc", "active"]),
      automatable: z.enum(["yes", "no"]),
      technicalImpact: z.enum(["partial", "total"]),
    })
    .exactOptional(),
}) satisfies z.ZodType<Signals>;

const vexStatementSchema = z.object({
  vulnerabilities: z.array(z.string()),
  status: z.enum(VEX_STATUSES),
  justification: z.string().exactOptional(),
  impact: z.string().exactOptional(),
  at: instantSchema,
  author: z.string(),
  products: z.array(
    z.object({
      purl: z.string().exactOptional(),
      digests: z.array(z.string()),
      subcomponents: z.array(z.string()),
    }),
  ),
  from: z.enum(["attestation", "feed"]),
}) satisfies z.ZodType<VexStatement>;

const documentSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("osv"), record: osvRecordSchema }),
  z.object({ kind: z.literal("vex"), id: z.string(), statements: z.array(vexStatementSchema) }),
  z.object({
    kind: z.literal("signals"),
    id: z.string(),
    entries: z.array(z.tuple([z.string(), signalsSchema])),
  }),
]);

const packedSchema = z.tuple([z.array(z.string()), z.int(), documentSchema]);
const factsSchema = z.tuple([z.array(z.string()), z.int(), z.unknown()]);
