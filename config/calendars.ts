import { z } from "zod";
import { type Calendar, isLocalDate, isZone } from "../src/sla/calendar.ts";
import { describeIssue, kindOf } from "./fault.ts";
import { ENTRIES_MAX, type FieldFacts, refuse, section } from "./fields.ts";
import { holidaysOf } from "./holidays.ts";

/** Days of the week as they are written, Sunday first. */
export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const NAME_PATTERN = /^[a-z][a-z0-9-]{0,39}$/;

/** A time zone by its name. */
export function zoneField(facts: Pick<FieldFacts, "description" | "example">) {
  return z
    .string()
    .refine(isZone, { error: "must be a time zone such as UTC or America/New_York" })
    .meta({ values: "time zone", ...facts });
}

/** What may be said under `calendars`. */
export function calendarsSection() {
  return z
    .record(z.string().regex(NAME_PATTERN, { error: "must be a name such as us-office" }), calendarField())
    .check(({ value, issues }) => {
      if (Object.keys(value).length > ENTRIES_MAX) {
        issues.push({ code: "custom", message: `has more than ${ENTRIES_MAX} entries`, input: value });
      }
    })
    .meta({
      keyName: "calendar",
      description: "Which days count as working days, by names that policies refer to.",
    })
    .transform(
      (fields): ReadonlyMap<string, Calendar> =>
        new Map(Object.entries(fields).map(([id, calendar]) => [id, { id, ...calendar }])),
    )
    .prefault({});
}

/** Names of calendars that a configuration has, as far as they can be read. */
export function calendarNamesIn(raw: Readonly<Record<string, unknown>>): readonly string[] {
  const written = raw["calendars"];
  return typeof written === "object" && written !== null && !Array.isArray(written)
    ? Object.keys(written)
    : [];
}

/** Which days are worked on. */
export function calendarField() {
  return section(
    {
      zone: zoneField({
        description: "Where days begin and end.",
        example: "America/New_York",
      }).prefault("UTC"),
      weekend: z
        .array(z.enum(WEEKDAYS))
        .max(6)
        .meta({
          values: `list of ${WEEKDAYS.map((day) => `\`${day}\``).join(", ")}`,
          description: "Days of the week that are not worked on. Never all seven.",
          example: "[fri, sat]",
        })
        .prefault(["sat", "sun"])
        .transform((names): readonly number[] =>
          [...new Set(names.map((name) => WEEKDAYS.indexOf(name)))].toSorted((a, b) => a - b),
        ),
      holidays: holidaysField(),
    },
    {},
  );
}

const daySchema = z.string().refine(isLocalDate, { error: "must be a day such as 2026-12-25" });
const daysSchema = z.array(daySchema).max(ENTRIES_MAX);
const codeSchema = z.string().regex(/^[A-Za-z0-9-]{1,20}$/, { error: "must be a code such as US" });
const regionSchema = section(
  {
    country: codeSchema,
    state: codeSchema.exactOptional(),
    region: codeSchema.exactOptional(),
    also: daysSchema.prefault([]),
  },
  {},
);

function holidaysField() {
  return z
    .unknown()
    .transform(async (value, context): Promise<ReadonlySet<string>> => {
      if (typeof value !== "object" || value === null) {
        return refuse(context, `must be a list of days, or { country: US }, is ${kindOf(value)}`);
      }
      if (Array.isArray(value)) {
        const days = daysSchema.safeParse(value, { error: describeIssue });
        return days.success ? new Set(days.data) : refuseAll(context, days.error);
      }
      const asked = regionSchema.safeParse(value, { error: describeIssue });
      if (!asked.success) return refuseAll(context, asked.error);
      const { also, ...region } = asked.data;
      const found = await holidaysOf(region);
      return found.kind === "known"
        ? new Set([...found.dates, ...also])
        : refuse(context, `is not known; known: ${found.known}`, [found.field]);
    })
    .meta({
      values: "list of days, or `{ country, state, region, also }`",
      description:
        "Days that are not worked on: each of them, or the public holidays of a country (ISO 3166), of a `state` and `region` of it, and the days of `also`, from 2020 to 2045.",
      example: "{ country: US, state: CA, also: [2026-12-24] }",
    })
    .prefault([]);
}

function refuseAll(context: z.core.ParsePayload, { issues }: z.core.$ZodError): typeof z.NEVER {
  for (const { code, message, path, ...issue } of issues) {
    const keys = "keys" in issue && Array.isArray(issue.keys) ? issue.keys : [];
    if (code === "unrecognized_keys" && keys.length > 0) {
      for (const key of keys) refuse(context, message, [...path, key]);
    } else {
      refuse(context, message, path);
    }
  }
  return z.NEVER;
}
