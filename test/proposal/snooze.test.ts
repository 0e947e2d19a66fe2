import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderControls, tickedControls } from "../../src/proposal/commands.ts";
import { withSnooze, withoutSnooze } from "../../src/proposal/snooze.ts";
import { DAY_MS, instantOf, later } from "../../src/time.ts";

const AT = instantOf(Date.parse("2026-11-24T12:00:00Z"));
const SNOOZE = { at: AT, until: later(AT, 7 * DAY_MS), by: "alex" };
const BODY = `> **Merge by**\n\n${renderControls()}\n`;

describe("a body that says until when it is left alone", () => {
  test("says it first, who asked, and that deadlines run on", () => {
    const [, kind, words] = withSnooze(BODY, SNOOZE).split("\n");
    expect(kind).toBe("> [!NOTE]");
    expect(words).toContain(
      "**Snoozed until 1 Dec 2026, 12:00 UTC**, as alex asked on 24 Nov 2026, 12:00 UTC",
    );
    expect(words).toContain("**Deadlines run on.**");
  });

  test("says it once, the last word", () => {
    const later14 = { ...SNOOZE, until: later(AT, 14 * DAY_MS) };
    expect(withSnooze(withSnooze(BODY, SNOOZE), later14)).toBe(withSnooze(BODY, later14));
  });

  test("has no box ticked", () => {
    const ticked = BODY.replace("[ ] <!-- hullkeeper:snooze", "[x] <!-- hullkeeper:snooze");
    expect(tickedControls(ticked)).toEqual(["snooze"]);
    expect(withSnooze(ticked, SNOOZE)).toBe(withSnooze(BODY, SNOOZE));
  });

  test("names whoever it was, and does nothing by that", () => {
    const body = withSnooze(BODY, { ...SNOOZE, by: "@acme <!-- x --> **b**\u202e" });
    expect(body).not.toMatch(/@[a-z]/);
    expect(body).not.toContain("<!-- x");
    expect(body).not.toContain("\u202e");
  });
});

test("taken back, a body is what it was", () => {
  fc.assert(
    fc.property(fc.string(), (body) => {
      expect(withoutSnooze(withSnooze(body, SNOOZE))).toBe(body);
    }),
  );
});

test.each([
  { title: "without a word of it", body: BODY },
  { title: "with a word that does not end", body: `<!-- hullkeeper-snooze -->\n${BODY}` },
  { title: "empty", body: "" },
])("a body $title stays as it is", ({ body }) => {
  expect(withoutSnooze(body)).toBe(body);
});
