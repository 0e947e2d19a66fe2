import { z } from "zod";
import { DAY_MS, MINUTE_MS } from "../src/time.ts";
import { LOG_LEVELS } from "./config.ts";
import { redisUrlField, secretField, section, spanField, textField, urlField } from "./fields.ts";
import { advisoriesSection } from "./feeds.ts";
import { intervalsSection } from "./intervals.ts";
import { credentialsSection, networkSection } from "./network.ts";
import { calendarsSection } from "./calendars.ts";
import { policiesSection, policySection } from "./policy-fields.ts";
import { pushSection } from "./push.ts";
import { distrustSection } from "./distrust.ts";
import type { Reader } from "./reader.ts";
import { registriesSection } from "./registries.ts";
import { trustRootsSection, trustUpdatesSection } from "./trust-roots.ts";
import { filesSection } from "./files.ts";
import { githubSection } from "./github.ts";
import { subscriptionsSection, vendorsSection } from "./sources.ts";

const MARKER_KEY_BYTES_MIN = 32;

/** What the schema needs to know beside itself. */
export interface SchemaContext {
  readonly reader: Reader;
  /** Ids of the built-in profiles. */
  readonly vendorIds: readonly string[];
  /** Names of the trust roots that there are. */
  readonly rootNames: readonly string[];
  /** Names of the calendars that there are. */
  readonly calendarNames: readonly string[];
}

/**
 * What may be configured, section by section. Each section is parsed by itself, so that a fault in one hides none in another.
 * docs/configuration.md is written from this.
 */
export function sectionsOf({ reader, vendorIds, rootNames, calendarNames }: SchemaContext) {
  return {
    github: githubSection(reader),
    files: filesSection(),
    vendors: vendorsSection({ reader, rootNames }, vendorIds),
    subscriptions: subscriptionsSection({ reader, rootNames }),
    distrust: distrustSection(),
    trustRoots: trustRootsSection(reader),
    trustUpdates: trustUpdatesSection(reader),
    registries: registriesSection(reader),
    credentials: credentialsSection(reader),
    network: networkSection(),
    policy: policySection(calendarNames),
    policies: policiesSection(calendarNames),
    calendars: calendarsSection(),
    intervals: intervalsSection(),
    evidence: evidenceSection(),
    advisories: advisoriesSection(reader),
    marker: markerSection(reader),
    redis: redisSection(reader),
    web: webSection(),
    push: pushSection(reader),
    log: logSection(),
  };
}

export type Sections = ReturnType<typeof sectionsOf>;
/** What a section gives once it is parsed. */
export type Section<Name extends keyof Sections> = z.output<Sections[Name]>;
export type AllSections = { readonly [Name in keyof Sections]: Section<Name> };

function evidenceSection() {
  return section(
    {
      wait: spanField({
        description: "After this long a new digest without a signature is an alert. It is never proposed.",
        example: "12h",
      }).prefault("24h"),
      retry: z
        .array(spanField({}, { maxMs: 30 * DAY_MS }))
        .min(1)
        .max(20)
        .meta({
          values: "list of spans",
          description: "Waits between looks at a digest without evidence. The last one repeats.",
          example: "[30s, 5m, 1h]",
        })
        .prefault(["1m", "5m", "15m", "1h", "6h"]),
      sbomWait: spanField({
        description: "How long a signed image waits for a late SBOM where one is expected and not required.",
        example: "10m",
      }).prefault("2m"),
      recheck: spanField(
        {
          description:
            "How often what proves a digest is looked at again while a tag or a pin stands on it: evidence that disappears is an alert.",
          example: "6h",
        },
        { minMs: MINUTE_MS, maxMs: 30 * DAY_MS },
      ).prefault("24h"),
    },
    { description: "Vendors push an image first and sign it later: how long that may take." },
  ).prefault({});
}

function markerSection(reader: Reader) {
  return section(
    {
      key: secretField(
        reader,
        {
          description:
            "Signs the marker in pull requests, so that nobody forges a clock by editing one. At least 32 bytes: `openssl rand -hex 32`. All processes share it; changing it makes open pull requests strangers.",
          example: "{ file: /run/secrets/marker-key }",
        },
        (text) =>
          Buffer.byteLength(text) < MARKER_KEY_BYTES_MIN
            ? `is shorter than ${MARKER_KEY_BYTES_MIN} bytes: make one with openssl rand -hex 32`
            : undefined,
      ),
    },
    { description: "The memory of Hullkeeper inside its pull requests." },
  );
}

function redisSection(reader: Reader) {
  return section(
    {
      url: redisUrlField(reader, {
        description:
          "Redis or Valkey: `redis://`, `rediss://` or the path of a socket. The environment variable `REDIS_URL` goes before it. Without either a private server is started.",
        example: "redis://redis:6379",
      }).exactOptional(),
    },
    { description: "Where facts and queues are kept." },
  ).prefault({});
}

function webSection() {
  return section(
    {
      host: textField(
        {
          description:
            "Address to listen on. The pages have no login: open them to others through something that has.",
          example: "0.0.0.0",
        },
        255,
      ).prefault("127.0.0.1"),
      port: z
        .int()
        .min(0)
        .max(65_535)
        .meta({ values: "port", description: "Port to listen on; 0 takes a free one.", example: "9090" })
        .prefault(8080),
      publicUrl: urlField("anywhere", {
        description: "Where people reach the pages; pull requests and statuses then link to them.",
        example: "https://hullkeeper.acme.example",
      }).exactOptional(),
    },
    { description: "The web pages." },
  ).prefault({});
}

function logSection() {
  return section(
    {
      level: z
        .enum(LOG_LEVELS)
        .meta({ description: "The least that is logged.", example: "debug" })
        .prefault("info"),
    },
    { description: "The log: JSON lines on standard error." },
  ).prefault({});
}
