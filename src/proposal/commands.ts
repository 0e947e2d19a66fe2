import { DAY_MS, parseDuration } from "../time.ts";

/** What people ask of a pull request of ours. */
export type Command =
  /** Have the branch made anew on the head of its base branch, whoever committed to it. */
  | { readonly kind: "rebase" }
  /** Do not propose these digests again. */
  | { readonly kind: "ignore" }
  /** Leave it alone for a while. */
  | { readonly kind: "snooze"; readonly ms: number }
  /** Close it and open another one, which says what is known now. */
  | { readonly kind: "recreate" }
  /** Say why it is there and what decides its deadline. */
  | { readonly kind: "explain" };

/** A line of a comment that speaks to us. */
export type CommandReading = Command | { readonly kind: "unknown"; readonly text: string };

/** Longest time that may be asked for at once. */
export const SNOOZE_MAX_MS = 30 * DAY_MS;
/** What the checkbox asks for. */
export const SNOOZE_MS = 7 * DAY_MS;
const COMMENT_LENGTH_MAX = 20_000;
const LINES_MAX = 400;
const COMMANDS_MAX = 5;
const SHOWN_LENGTH_MAX = 60;

/**
 * What a comment asks of us: lines that begin with `/hullkeeper`, five at most, each command once. Code blocks, quotes, comments in HTML and what is
 * indented like code say nothing: they show what somebody else said, or an example. Linear in the comment, of which 20,000 characters are read.
 */
export function parseCommands(comment: string): readonly CommandReading[] {
  const found = new Map<string, CommandReading>();
  let fence: string | undefined;
  let isHidden = false;
  for (const line of comment.slice(0, COMMENT_LENGTH_MAX).split(/\r\n|\r|\n/, LINES_MAX)) {
    const mark = /^ {0,3}(?<mark>`{3,}|~{3,})/.exec(line)?.groups?.["mark"];
    if (fence !== undefined) {
      // A fence ends with one of the same sign that is as long, and nothing behind it.
      if (mark?.startsWith(fence) === true && /^[`~]+[ \t]*$/.test(line.trimStart())) fence = undefined;
      continue;
    }
    if (mark !== undefined) {
      fence = mark;
      continue;
    }
    const opened = line.lastIndexOf("<!--");
    const closed = line.lastIndexOf("-->");
    const wasHidden = isHidden;
    if (opened > closed) isHidden = true;
    else if (closed !== -1) isHidden = false;
    if (wasHidden || opened !== -1) continue;
    const text = /^ {0,3}\/hullkeeper(?:[ \t]+(?<text>\S.*))?[ \t]*$/.exec(line);
    if (text === null) continue;
    const reading = commandOf((text.groups?.["text"] ?? "").trim());
    found.set(JSON.stringify(reading), reading);
    if (found.size >= COMMANDS_MAX) break;
  }
  return [...found.values()];
}

function commandOf(text: string): CommandReading {
  const [name = "", argument, ...rest] = text.split(/[ \t]+/, 4);
  const kind = name.toLowerCase();
  if (rest.length > 0) return unknown(text);
  if (kind === "snooze") {
    const ms = argument === undefined ? SNOOZE_MS : parseDuration(argument);
    return ms === undefined || ms <= 0 || ms > SNOOZE_MAX_MS ? unknown(text) : { kind, ms };
  }
  if (argument !== undefined) return unknown(text);
  return kind === "rebase" || kind === "ignore" || kind === "recreate" || kind === "explain"
    ? { kind }
    : unknown(text);
}

function unknown(text: string): CommandReading {
  return { kind: "unknown", text: text.slice(0, SHOWN_LENGTH_MAX) };
}

/** What we answer to what we do not know: it repeats nothing of it. */
export const COMMANDS_HELP = [
  "I do not know that one. These I know, each at the beginning of a line of its own:",
  "",
  "- `/hullkeeper rebase`: make this branch anew on its base branch, without commits of others",
  "- `/hullkeeper ignore`: close this, and do not propose these digests again for a while",
  "- `/hullkeeper snooze 7d`: leave this alone for up to 30 days; deadlines run on",
  "- `/hullkeeper recreate`: close this, and open another one",
  "- `/hullkeeper explain`: say why this is here and what decides its deadline",
].join("\n");

/** Checkboxes at the end of a body. */
export const CONTROLS = ["rebase", "ignore", "snooze"] as const;
export type Control = (typeof CONTROLS)[number];

const CONTROL_WORDS: Readonly<Record<Control, string>> = {
  rebase: "rebase",
  ignore: "ignore these digests",
  snooze: "snooze 7 days",
};

/** Checkboxes that nobody has ticked. */
export function renderControls(): string {
  return CONTROLS.map((name) => `- [ ] <!-- hullkeeper:${name} --> ${CONTROL_WORDS[name]}`).join("\n");
}

/**
 * Checkboxes that somebody ticked since we wrote the body: those that stand there exactly once, ticked. We write them unticked always, so a tick is an
 * act of a person.
 *
 * Nobody is asked for their role: only who may write to the code repository can edit the body of somebody else's pull request, and it is ours.
 */
export function tickedControls(body: string): readonly Control[] {
  const lines = body.slice(0, 200_000).split(/\r\n|\r|\n/);
  return CONTROLS.filter((name) => {
    const rendered = ` <!-- hullkeeper:${name} --> ${CONTROL_WORDS[name]}`;
    const states = lines.filter((line) => line.trimEnd().endsWith(rendered) && /^- \[[ xX]\]/.test(line));
    return (
      states.length === 1 &&
      /^- \[[xX]\]/.test(states[0] ?? "") &&
      states[0]?.trimEnd().length === 5 + rendered.length
    );
  });
}

/** A body as it was before somebody ticked something: everything else stays. */
export function withoutTicks(body: string): string {
  return body.replaceAll(/^- \[[xX]\](?= <!-- hullkeeper:[a-z]{1,10} --> )/gm, "- [ ]");
}
