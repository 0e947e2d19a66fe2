import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { SEVERITIES } from "../advisory/severity.ts";
import { InvalidInputError, quote } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import type { ImageLine, Tag } from "../image/reference.ts";
import { digestSchema, imageLineSchema, tagSchema } from "../image/schema.ts";
import type { Secret } from "../secret.ts";
import { type Obligation, byDue } from "../sla/obligation.ts";
import { dueOf } from "../sla/timer.ts";
import { type Instant, isInstant } from "../time.ts";
import type { CodeRepository, Place, Plan, ProvenImage, Update } from "./plan.ts";

/** What a marker is bound to: copied into another pull request, it proves nothing. */
export interface MarkerScope {
  readonly codeRepository: CodeRepository;
  readonly baseBranch: string;
  readonly group: string;
}

/** One update, as far as a store that was lost has to be told. */
export interface MarkedUpdate {
  readonly line: ImageLine;
  /** Absent for a first pin. */
  readonly from?: Digest;
  readonly to: Digest;
  /** The tag that places get, where that is another than the line's. */
  readonly toTag?: Tag;
  readonly observedAt: Instant;
  readonly places: readonly Place[];
  readonly superseded: readonly { readonly digest: Digest; readonly observedAt: Instant }[];
  /** The clocks, with their starts. */
  readonly obligations: readonly Obligation[];
}

/** What a pull request remembers about itself. */
export interface Marker {
  readonly group: string;
  readonly updates: readonly MarkedUpdate[];
}

/** What a body says. `forged`: there is a marker that we did not write here, or more than one. */
export type MarkerReading =
  | { readonly kind: "read"; readonly marker: Marker }
  | { readonly kind: "absent" }
  | { readonly kind: "forged" };

/** Characters of a marker at most: over it, places, superseded digests and the latest deadlines are left out, in this order. */
export const MARKER_LENGTH_MAX = 20_000;

const VERSION = 1;
const START = "<!-- hullkeeper: {";
const END = "} -->";

/** The marker of a plan, as a comment of one line that no text in it can end. */
export function renderMarker(plan: Plan, key: Secret): string {
  const urgent = plan.updates.toSorted(
    (a, b) => orderOf(dueOf(a.timer).dueAt) - orderOf(dueOf(b.timer).dueAt),
  );
  return renderUpdates(plan, { updates: plan.updates.map(wireOf), urgent: urgent.map(wireOf) }, key);
}

/** The marker of first pins, which replace no digest and have no clock. Without room for places it stands for all of a line. */
export function renderPinsMarker(
  plan: MarkerScope & { readonly updates: readonly ProvenImage[] },
  key: Secret,
): string {
  const updates = plan.updates.map((pin): WireUpdate => ({ ...imageOf(pin), superseded: [], clocks: [] }));
  return renderUpdates(plan, { updates, urgent: updates }, key);
}

/** What a marker is to hold. */
interface WireUpdates {
  readonly updates: readonly WireUpdate[];
  /** The same, those first that stay where there is no room for all. */
  readonly urgent: readonly WireUpdate[];
}

function renderUpdates(scope: MarkerScope, { updates, urgent }: WireUpdates, key: Secret): string {
  const { group } = scope;
  for (const shrink of SHRINKS) {
    const rendered = renderWire({ v: VERSION, group, updates: updates.map(shrink) }, scope, key);
    if (rendered.length <= MARKER_LENGTH_MAX) return rendered;
  }
  return renderMostUrgent(scope, urgent, key);
}

/**
 * Reads the marker of a body.
 *
 * @throws {InvalidInputError} `marker-invalid` for a marker of ours that this release cannot read: it was written by a newer one
 */
export function parseMarker(body: string, scope: MarkerScope, key: Secret): MarkerReading {
  const start = body.indexOf(START);
  if (start === -1) return { kind: "absent" };
  if (body.includes(START, start + 1)) return { kind: "forged" };
  const end = body.indexOf(END, start);
  const text = end === -1 ? "" : body.slice(start + START.length - 1, end + 1);
  const { signed, mac } = /^(?<signed>\{.*),"mac":"(?<mac>[A-Za-z0-9_-]{43})"\}$/s.exec(text)?.groups ?? {};
  if (signed === undefined || mac === undefined || !isEqual(mac, macOf(signed, scope, key))) {
    return { kind: "forged" };
  }

  const result = wireSchema.safeParse(JSON.parse(`${signed}}`));
  if (!result.success) {
    const path = result.error.issues[0]?.path.join(".") ?? "";
    throw new InvalidInputError(
      "marker-invalid",
      `the marker of ${scope.codeRepository.owner}/${scope.codeRepository.name} has an unknown form at ${quote(path)}`,
    );
  }
  const { group, updates } = result.data;
  return { kind: "read", marker: { group, updates: updates.map(markedOf) } };
}

const instantSchema = z.custom<Instant>((value) => typeof value === "number" && isInstant(value));
const textSchema = z.string().max(1_024);

const wireSchema = z.strictObject({
  v: z.literal(VERSION),
  group: textSchema,
  updates: z
    .array(
      z.strictObject({
        line: imageLineSchema,
        from: digestSchema.exactOptional(),
        to: digestSchema,
        toTag: tagSchema.exactOptional(),
        observedAt: instantSchema,
        places: z.array(z.strictObject({ path: z.string(), line: z.int().positive() })).max(10_000),
        superseded: z.array(z.strictObject({ digest: digestSchema, observedAt: instantSchema })).max(10_000),
        clocks: z
          .array(
            z.strictObject({
              severity: z.enum(SEVERITIES),
              startedAt: instantSchema,
              dueAt: instantSchema.exactOptional(),
              ids: z.array(textSchema).max(10_000),
            }),
          )
          .max(10_000),
      }),
    )
    .max(1_000),
});

type Wire = z.infer<typeof wireSchema>;
type WireUpdate = Wire["updates"][number];

const SHRINKS: readonly ((update: WireUpdate) => WireUpdate)[] = [
  (update) => update,
  (update) => ({ ...update, places: [], superseded: update.superseded.slice(-10) }),
  (update) => ({ ...update, places: [], superseded: update.superseded.slice(-1) }),
  (update) => ({ ...update, places: [], superseded: [], clocks: mostUrgent(update.clocks, 5, 40) }),
  (update) => ({ ...update, places: [], superseded: [], clocks: mostUrgent(update.clocks, 1, 1) }),
];

/** Obligations that share severity, start and deadline are written once, with all their ids. */
function wireOf({ from, toTag, superseded, timer, ...image }: Update): WireUpdate {
  const clocks = Map.groupBy(timer.obligations, ({ severity, startedAt, dueAt }) =>
    JSON.stringify([severity, startedAt, dueAt]),
  );
  const { line, ...rest } = imageOf(image);
  return {
    line,
    from,
    ...rest,
    ...(toTag === undefined ? {} : { toTag }),
    superseded: superseded.map(({ digest, observedAt: at }) => ({ digest, observedAt: at })),
    clocks: [...clocks.values()].flatMap((obligations) => {
      const [first] = obligations;
      if (first === undefined) return [];
      const { severity, startedAt, dueAt } = first;
      const ids = obligations.map(({ id }) => id);
      return [{ severity, startedAt, ...(dueAt === undefined ? {} : { dueAt }), ids }];
    }),
  };
}

/** What is remembered of any image. */
function imageOf({
  line: { repository, tag },
  to,
  observedAt,
  places,
}: Pick<ProvenImage, "line" | "to" | "observedAt" | "places">): Pick<
  WireUpdate,
  "line" | "to" | "observedAt" | "places"
> {
  return {
    line: { repository: { registry: repository.registry, path: repository.path }, tag },
    to,
    observedAt,
    places: places.map(({ path, line }) => ({ path, line })),
  };
}

function markedOf({ clocks, ...update }: WireUpdate): MarkedUpdate {
  const obligations = clocks.flatMap(({ ids, severity, startedAt, dueAt }) =>
    ids.map((id): Obligation => ({ id, severity, startedAt, ...(dueAt === undefined ? {} : { dueAt }) })),
  );
  return { ...update, obligations: obligations.toSorted(byDue) };
}

function mostUrgent(clocks: WireUpdate["clocks"], clockMax: number, idMax: number): WireUpdate["clocks"] {
  return clocks
    .toSorted((a, b) => orderOf(a.dueAt) - orderOf(b.dueAt))
    .slice(0, clockMax)
    .map((clock) => ({ ...clock, ids: clock.ids.slice(0, idMax) }));
}

/** What has no deadline comes last. */
function orderOf(dueAt: Instant | undefined): number {
  return dueAt ?? Number.MAX_SAFE_INTEGER;
}

/** More updates than a marker can hold: those with the earliest deadlines. */
function renderMostUrgent(scope: MarkerScope, urgent: readonly WireUpdate[], key: Secret): string {
  const { group } = scope;
  const shrink = SHRINKS.at(-1) ?? ((update: WireUpdate): WireUpdate => update);
  let rendered = renderWire({ v: VERSION, group, updates: [] }, scope, key);
  for (let count = 1; count <= urgent.length; count += 1) {
    const updates = urgent.slice(0, count).map(shrink);
    const longer = renderWire({ v: VERSION, group, updates }, scope, key);
    if (longer.length > MARKER_LENGTH_MAX) break;
    rendered = longer;
  }
  return rendered;
}

function renderWire(wire: Wire, scope: MarkerScope, key: Secret): string {
  const signed = JSON.stringify(wire)
    .slice(0, -1)
    .replaceAll("<", String.raw`\u003c`)
    .replaceAll(">", String.raw`\u003e`)
    .replaceAll("--", String.raw`\u002d\u002d`)
    .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `<!-- hullkeeper: ${signed},"mac":"${macOf(signed, scope, key)}"} -->`;
}

/** Over the very characters of the body: nothing is parsed before it is known to be ours. */
function macOf(signed: string, { codeRepository, baseBranch, group }: MarkerScope, key: Secret): string {
  const owner = codeRepository.owner.toLowerCase();
  const name = codeRepository.name.toLowerCase();
  const scope = JSON.stringify(["hullkeeper marker", owner, name, baseBranch, group]);
  return createHmac("sha256", key.reveal()).update(`${scope}\n${signed}`).digest("base64url");
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
