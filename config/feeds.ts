import { z } from "zod";
import type { FeedDefinition, FeedPlace } from "../src/advisory/feed-definition.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../src/time.ts";
import { FEED_PRESETS } from "./feed-presets.ts";
import { refuse, section, spanField, textField, urlField } from "./fields.ts";
import type { Reader } from "./reader.ts";

const FEEDS_MAX = 50;
const KINDS = ["archive", "osv-dump", "kev", "epss", "osv-api", "directory", "imported"] as const;
const EVERY_DEFAULT_MS = HOUR_MS;
const STALE_AFTER_DEFAULT_MS = DAY_MS;
/** A folder may be as old as it likes unless something else is said: nobody asks anybody for it. */
const NEVER_STALE_MS = Number.MAX_SAFE_INTEGER;

/** What may be said under `advisories`. */
export function advisoriesSection(reader: Reader) {
  return section(
    {
      directory: directoryField(reader, {
        description:
          "Folder of OSV records (JSON), which somebody else keeps fresh. Without it and without a feed pull requests say that vulnerabilities were not assessed.",
        example: "/var/lib/hullkeeper/osv",
      }).exactOptional(),
      presets: z
        .array(z.enum([...FEED_PRESETS.keys()]))
        .max(FEEDS_MAX)
        .meta({
          values: "list of names",
          description: `Feeds that are known by name: ${[...FEED_PRESETS.keys()].join(", ")}. One whose licence has to be accepted is named under \`feeds\` instead.`,
          example: "[bellsoft, kev, epss]",
        })
        .prefault([]),
      feeds: z
        .record(
          z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
            error: "must be a name of lower-case letters, digits and dashes",
          }),
          feedField(reader),
        )
        .refine((feeds) => Object.keys(feeds).length <= FEEDS_MAX, { error: `more than ${FEEDS_MAX}` })
        .meta({
          keyName: "feed",
          description:
            "Feeds of advisories by a name of yours. They are mirrored into Redis and asked there; a feed that cannot be reached stays in use until it is stale.",
          example: "{ wolfi: { preset: wolfi, acceptLicence: true } }",
        })
        .prefault({}),
    },
    { description: "Where vulnerabilities are looked up." },
  )
    .transform(({ directory, presets, feeds }, context): readonly FeedDefinition[] => {
      const found = new Map<string, FeedDefinition>();
      if (directory !== undefined) found.set("directory", directoryFeed(directory));
      for (const [position, name] of presets.entries()) {
        const preset = presetOf(name, "not-accepted");
        if (preset.kind === "fault") refuse(context, preset.reason, ["presets", position]);
        else found.set(name, preset.feed);
      }
      for (const [id, written] of Object.entries(feeds)) {
        if (found.has(id)) refuse(context, "there is a feed of this name already", ["feeds", id]);
        const answer = feedOf(id, written);
        if (answer.kind === "fault") refuse(context, answer.reason, ["feeds", id, ...answer.path]);
        else found.set(id, answer.feed);
      }
      return [...found.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    })
    .prefault({});
}

function directoryField(reader: Reader, facts: { readonly description: string; readonly example: string }) {
  return textField({ ...facts, values: "path" }).transform(async (path, context): Promise<string> => {
    const answer = await reader.directory(path);
    return answer.kind === "fault" ? refuse(context, answer.reason) : answer.value;
  });
}

function feedField(reader: Reader) {
  return section(
    {
      preset: z
        .enum([...FEED_PRESETS.keys()])
        .meta({
          values: "a name of `advisories.presets`",
          description:
            "A feed that is known by name; what else is said here goes before what is known of it.",
          example: "wolfi",
        })
        .exactOptional(),
      kind: z
        .enum(KINDS)
        .meta({
          description:
            "`archive`: a repository of OSV, OpenVEX or CVE records (with CISA's decision points) as one `.tar.gz`, as code hosts give it of a branch. `osv-dump`: one ecosystem of OSV's dumps, or of a mirror of them. `kev`, `epss`: CISA's catalogue of exploited vulnerabilities, FIRST's scores. `osv-api`: OSV's service, asked at each assessment about packages of languages that no other feed speaks of. `directory`: a folder of records. `imported`: what `hullkeeper import` brought; nobody is asked.",
          example: "archive",
        })
        .exactOptional(),
      url: urlField("loopback", {
        description:
          "Where it is: of the archive, the catalogue or the table, or of the folder that holds all dumps of OSV.",
        example: "https://mirror.acme.internal/osv",
      }).exactOptional(),
      directory: directoryField(reader, {
        description: "The folder, for the kind `directory`.",
        example: "/var/lib/hullkeeper/vex",
      }).exactOptional(),
      ecosystem: textField(
        { description: "Which of OSV's ecosystems, for the kind `osv-dump`.", example: "Debian" },
        100,
      ).exactOptional(),
      ecosystems: z
        .array(
          z
            .string()
            .min(1)
            .max(100)
            .regex(/^[^:]+$/, { error: "must be without release" }),
        )
        .max(100)
        .meta({
          values: "list of texts",
          description:
            "OSV's names of the ecosystems it speaks of, without release. Until it was read for the first time, nothing of them is assessed.",
          example: "[Alpaquita]",
        })
        .exactOptional(),
      name: textField(
        { description: "How people call it. Default: its name here.", example: "Acme's mirror" },
        100,
      ).exactOptional(),
      every: spanField(
        { description: "How often it is asked whether it has changed. Default: `1h`.", example: "30m" },
        { minMs: MINUTE_MS, maxMs: 7 * DAY_MS },
      ).exactOptional(),
      staleAfter: spanField(
        {
          description:
            "How long after it was last asked with success it proves nothing any more: vulnerabilities are then not assessed. Default: `24h`, and for a folder never.",
          example: "3d",
        },
        { minMs: MINUTE_MS },
      ).exactOptional(),
      acceptLicence: z
        .boolean()
        .meta({
          description: "That you accept its licence, where it may be used only then.",
          example: "true",
        })
        .exactOptional(),
    },
    {},
  );
}

type WrittenFeed = z.output<ReturnType<typeof feedField>>;

type FeedAnswer =
  | { readonly kind: "feed"; readonly feed: FeedDefinition }
  | { readonly kind: "fault"; readonly reason: string; readonly path: readonly string[] };

function directoryFeed(path: string): FeedDefinition {
  return {
    id: "directory",
    name: "directory",
    everyMs: MINUTE_MS,
    staleAfterMs: NEVER_STALE_MS,
    place: { kind: "directory", path },
  };
}

function presetOf(name: string, licence: "accepted" | "not-accepted"): FeedAnswer {
  const preset = FEED_PRESETS.get(name);
  if (preset === undefined) return fault("there is no such preset", "preset");
  if (preset.isPrivate === true && licence !== "accepted") {
    return fault(
      `its licence has to be accepted (${preset.licenceNote ?? "see its publisher"}): name it under advisories.feeds with acceptLicence: true`,
    );
  }
  return { kind: "feed", feed: { id: name, ...preset } };
}

function feedOf(id: string, written: WrittenFeed): FeedAnswer {
  const { preset, acceptLicence, name, every, staleAfter, ecosystems } = written;
  const base =
    preset === undefined ? undefined : presetOf(preset, acceptLicence === true ? "accepted" : "not-accepted");
  if (base?.kind === "fault") return { ...base, path: ["acceptLicence"] };
  const known = base?.feed;
  const place = placeOf(written, known?.place);
  if (place.kind === "fault") return place;
  const isFolder = place.place.kind === "directory";
  const spoken = ecosystems ?? known?.ecosystems ?? spokenBy(place.place);
  return {
    kind: "feed",
    feed: {
      id,
      name: name ?? known?.name ?? id,
      everyMs: every ?? known?.everyMs ?? (isFolder ? MINUTE_MS : EVERY_DEFAULT_MS),
      staleAfterMs: staleAfter ?? known?.staleAfterMs ?? (isFolder ? NEVER_STALE_MS : STALE_AFTER_DEFAULT_MS),
      ...(spoken === undefined ? {} : { ecosystems: spoken }),
      ...(known?.licenceNote === undefined ? {} : { licenceNote: known.licenceNote }),
      ...(known?.isPrivate === undefined ? {} : { isPrivate: known.isPrivate }),
      place: place.place,
    },
  };
}

/** Ecosystems that a feed speaks of by what it is; undefined where only its records tell. */
function spokenBy(place: FeedPlace): readonly string[] | undefined {
  switch (place.kind) {
    case "osv-dump":
      return [place.ecosystem];
    case "kev":
    case "epss":
    case "osv-api":
      return [];
    case "archive":
    case "directory":
    case "imported":
      return undefined;
    default:
      return place satisfies never;
  }
}

type PlaceAnswer =
  { readonly kind: "place"; readonly place: FeedPlace } | Extract<FeedAnswer, { kind: "fault" }>;

/** Where a feed is: what is written goes before what is known of it. */
function placeOf(written: WrittenFeed, known: FeedPlace | undefined): PlaceAnswer {
  const kind = written.kind ?? known?.kind;
  const url = written.url ?? (known !== undefined && "url" in known ? known.url : undefined);
  const ecosystem = written.ecosystem ?? (known?.kind === "osv-dump" ? known.ecosystem : undefined);
  if (kind === undefined) return fault("is missing: name a preset or a kind", "kind");
  if (kind !== "directory" && written.directory !== undefined) {
    return fault(`means nothing to a feed of the kind ${kind}`, "directory");
  }
  if (kind === "directory") {
    if (written.url !== undefined) return fault("means nothing to a folder", "url");
    const path = written.directory ?? (known?.kind === "directory" ? known.path : undefined);
    return path === undefined ? fault("is missing", "directory") : { kind: "place", place: { kind, path } };
  }
  if (kind === "imported") {
    return written.url === undefined
      ? { kind: "place", place: { kind } }
      : fault("means nothing where nobody is asked", "url");
  }
  if (url === undefined) return fault("is missing", "url");
  if (kind !== "osv-dump") {
    if (written.ecosystem !== undefined) return fault("is for the kind osv-dump alone", "ecosystem");
    return { kind: "place", place: { kind, url } };
  }
  if (ecosystem === undefined) return fault("is missing", "ecosystem");
  return { kind: "place", place: { kind, url, ecosystem } };
}

function fault(reason: string, ...path: readonly string[]): Extract<FeedAnswer, { kind: "fault" }> {
  return { kind: "fault", reason, path };
}
