import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  COMMANDS_HELP,
  CONTROLS,
  parseCommands,
  renderControls,
  SNOOZE_MAX_MS,
  SNOOZE_MS,
  tickedControls,
  withoutTicks,
} from "../../src/proposal/commands.ts";
import { DAY_MS } from "../../src/time.ts";

describe("a comment asks for", () => {
  test.each([
    { title: "a new branch", comment: "/hullkeeper rebase", commands: [{ kind: "rebase" }] },
    { title: "an ignored digest", comment: "/hullkeeper ignore", commands: [{ kind: "ignore" }] },
    { title: "another pull request", comment: "/hullkeeper recreate", commands: [{ kind: "recreate" }] },
    { title: "an explanation", comment: "/hullkeeper explain", commands: [{ kind: "explain" }] },
    { title: "quiet", comment: "/hullkeeper snooze", commands: [{ kind: "snooze", ms: SNOOZE_MS }] },
    {
      title: "quiet for a time",
      comment: "/hullkeeper snooze 3d",
      commands: [{ kind: "snooze", ms: 3 * DAY_MS }],
    },
    {
      title: "it in capitals and with tabs",
      comment: "/hullkeeper\tRebase \t",
      commands: [{ kind: "rebase" }],
    },
    {
      title: "it between other lines",
      comment: "Hi\r\n\r\n/hullkeeper rebase\r\nthanks",
      commands: [{ kind: "rebase" }],
    },
    {
      title: "it twice, once",
      comment: "/hullkeeper rebase\n/hullkeeper rebase",
      commands: [{ kind: "rebase" }],
    },
    {
      title: "two things",
      comment: "/hullkeeper rebase\n/hullkeeper explain",
      commands: [{ kind: "rebase" }, { kind: "explain" }],
    },
    {
      title: "it after a code block",
      comment: "```\n/hullkeeper ignore\n```\n/hullkeeper rebase",
      commands: [{ kind: "rebase" }],
    },
  ])("$title", ({ comment, commands }) => {
    expect(parseCommands(comment)).toEqual(commands);
  });
});

describe("a comment asks for nothing", () => {
  test.each([
    { title: "empty", comment: "" },
    { title: "a quote", comment: "> /hullkeeper ignore" },
    { title: "a quote in a quote", comment: ">> /hullkeeper ignore" },
    { title: "a code block", comment: "```\n/hullkeeper ignore\n```" },
    { title: "a code block with a language", comment: "```sh\n/hullkeeper ignore\n```" },
    { title: "a code block that never ends", comment: "~~~\n/hullkeeper ignore" },
    { title: "a code block with a shorter fence in it", comment: "````\n```\n/hullkeeper ignore\n````" },
    { title: "a code block with another fence in it", comment: "```\n~~~\n/hullkeeper ignore\n```" },
    {
      title: "a code block with a fence in it that has a language",
      comment: "```\n```sh\n/hullkeeper ignore\n```",
    },
    { title: "indented code", comment: "    /hullkeeper ignore" },
    { title: "a code span", comment: "`/hullkeeper ignore`" },
    { title: "a list", comment: "- /hullkeeper ignore" },
    { title: "a sentence", comment: "try /hullkeeper ignore" },
    { title: "a comment in HTML", comment: "<!-- /hullkeeper ignore -->" },
    { title: "a comment in HTML over lines", comment: "<!--\n/hullkeeper ignore\n-->" },
    { title: "a mention", comment: "@hullkeeper ignore" },
    { title: "another bot", comment: "/hullkeeperx ignore" },
    { title: "a path", comment: "/hullkeeper/ignore" },
    { title: "a sign that looks alike", comment: "/hullkeepеr ignore" },
    { title: "an invisible sign before it", comment: "\u200B/hullkeeper ignore" },
    { title: "behind what is read", comment: `${"x".repeat(20_000)}\n/hullkeeper ignore` },
    { title: "behind many lines", comment: `${"\n".repeat(400)}/hullkeeper ignore` },
  ])("$title", ({ comment }) => {
    expect(parseCommands(comment)).toEqual([]);
  });
});

describe("not known", () => {
  test.each([
    { title: "nothing", text: "" },
    { title: "another word", text: "merge" },
    { title: "more than asked for", text: "rebase now" },
    { title: "two at once", text: "ignore rebase" },
    { title: "quiet without a unit", text: "snooze 7" },
    { title: "quiet for no time", text: "snooze 0d" },
    { title: "quiet for time to come back", text: "snooze -1d" },
    { title: "quiet for too long", text: "snooze 31d" },
    { title: "quiet with a reason", text: "snooze 7d please" },
    { title: "a name of every object", text: "constructor" },
  ])("$title", ({ text }) => {
    expect(parseCommands(`/hullkeeper ${text}`)).toEqual([{ kind: "unknown", text }]);
  });

  test("what we answer is the same for everything, and asks for nothing itself", () => {
    expect(parseCommands(COMMANDS_HELP)).toEqual([]);
    expect(COMMANDS_HELP).not.toContain("@");
  });
});

test("any comment: few answers, all of them bounded", () => {
  const lines = fc.array(
    fc.oneof(fc.string(), fc.constantFrom("/hullkeeper x", "```", "<!--", "-->", "/hullkeeper ")),
  );
  fc.assert(
    fc.property(lines, (parts) => {
      const readings = parseCommands(parts.join("\n"));
      expect(readings.length).toBeLessThanOrEqual(5);
      for (const reading of readings) {
        expect(reading.kind === "unknown" ? reading.text.length : 0).toBeLessThanOrEqual(60);
        expect(reading.kind === "snooze" ? reading.ms : 1).toBeLessThanOrEqual(SNOOZE_MAX_MS);
      }
    }),
  );
});

test("a huge comment takes no time", () => {
  const started = performance.now();
  expect(parseCommands("/hullkeeper ".repeat(1_000_000))).toHaveLength(1);
  expect(parseCommands(" \t".repeat(1_000_000))).toEqual([]);
  expect(performance.now() - started).toBeLessThan(1_000);
});

const ticked = (name: string) =>
  renderControls().replace(`[ ] <!-- hullkeeper:${name} -->`, `[x] <!-- hullkeeper:${name} -->`);

const around = (controls: string) => `- [x] by hand\r\n\r\n${controls}\n\n> - [x] quoted`;

describe("checkboxes", () => {
  test("are written unticked", () => {
    expect(tickedControls(renderControls())).toEqual([]);
  });

  test.each(CONTROLS)("%s ticked is read", (name) => {
    expect(tickedControls(`text\r\n${ticked(name).replaceAll("\n", "\r\n")}\r\nmore`)).toEqual([name]);
  });

  test.each([
    { title: "in a sentence", body: `see ${ticked("ignore").split("\n")[1]}` },
    { title: "in a quote", body: ticked("ignore").replaceAll(/^/gm, "> ") },
    { title: "that stands there twice", body: `${ticked("ignore")}\n${ticked("ignore")}` },
    { title: "with other words", body: ticked("ignore").replaceAll("these digests", "all digests") },
    { title: "that we do not know", body: "- [x] <!-- hullkeeper:merge --> merge" },
    { title: "without its mark", body: "- [x] ignore these digests" },
    { title: "with text between", body: ticked("ignore").replaceAll("[x] <", "[x] no <") },
  ])("$title are nothing", ({ body }) => {
    expect(tickedControls(body)).toEqual([]);
  });

  test.each(CONTROLS)("%s: taken back, and nothing else changes", (name) => {
    expect(withoutTicks(around(ticked(name)))).toBe(around(renderControls()));
  });
});
