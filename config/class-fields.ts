import { z } from "zod";
import { DEFAULT_CLASS_RULES, PROPOSE_WHEN, type WeeklyHour } from "../src/assess/class-rules.ts";
import { InvalidInputError, quote } from "../src/errors.ts";
import { WEEKDAYS, zoneField } from "./calendars.ts";
import { type FieldFacts, parsedField, section } from "./fields.ts";

/**
 * When updates are proposed.
 *
 * @param factsAt what the documentation says of a field instead, e.g. that it is as another one
 */
export function proposalShape(factsAt: (path: string) => Partial<FieldFacts>) {
  return {
    propose: section(
      {
        fixes: ruleField("fixes", "fixes a known vulnerability"),
        content: ruleField("content", "changes packages or configuration and fixes nothing that is known"),
        rebuild: ruleField("rebuild", "changes neither packages nor configuration"),
        "evidence-only": ruleField("evidence-only", "changes nothing but what is attached to the image"),
        "moved-backwards": ruleField("moved-backwards", "goes back to a digest that the tag had left"),
        regression: ruleField("regression", "brings back a vulnerability (`noRegress`)"),
        unassessed: ruleField("unassessed", "could not be assessed"),
      },
      {
        description:
          "When updates are proposed, by their class: `now`, `weekly` (at the hour of `weekly`), `never` (shown only), or `block` (not proposed, and an alert).",
        example: "{ content: now, rebuild: never }",
        ...factsAt("policy.propose"),
      },
    ).exactOptional(),
    weekly: weeklyField(factsAt).exactOptional(),
  };
}

function ruleField(which: keyof typeof DEFAULT_CLASS_RULES, what: string) {
  return z
    .enum(PROPOSE_WHEN)
    .meta({
      description: `An update that ${what}. Default: \`${DEFAULT_CLASS_RULES[which]}\`.`,
      example: DEFAULT_CLASS_RULES[which],
    })
    .exactOptional();
}

function weeklyField(factsAt: (path: string) => Partial<FieldFacts>) {
  return section(
    {
      day: z.enum(WEEKDAYS).meta({ description: "Day of the week.", example: "tue" }).prefault("mon"),
      at: parsedField(parseMinute, {
        values: "time of day",
        description: "Hour and minute.",
        example: '"08:30"',
      }).prefault("06:00"),
      zone: zoneField({ description: "By the clocks of which zone.", example: "Europe/Berlin" }).prefault(
        "UTC",
      ),
    },
    {
      description: "The hour of the week for what is proposed weekly. Default: Monday, 06:00 UTC.",
      example: '{ day: tue, at: "08:30", zone: Europe/Berlin }',
      ...factsAt("policy.weekly"),
    },
  ).transform(({ day, at, zone }): WeeklyHour => ({ weekday: WEEKDAYS.indexOf(day), minute: at, zone }));
}

function parseMinute(text: string): number {
  const [, hour = "", minute = ""] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== "") return Number(hour) * 60 + Number(minute);
  throw new InvalidInputError("config-invalid", `must be a time of day such as "06:00", is ${quote(text)}`);
}
