import { describe, expect, test } from "vitest";
import { DOUBLE } from "./opinions/double.ts";
import { EMULATED } from "./opinions/emulated.ts";
import { ENDING } from "./opinions/ending.ts";
import { HOOKS } from "./opinions/hooks.ts";
import { type Opinion, outcomeOf, type Row } from "./opinions/opinion.ts";
import { READING } from "./opinions/reading.ts";
import { startReceiver } from "./opinions/receiver.ts";
import { realGitHub, VARIABLES } from "./opinions/real.ts";
import { REQUESTS } from "./opinions/requests.ts";
import { WRITING } from "./opinions/writing.ts";

const OPINIONS: readonly { readonly who: string; readonly opinion: Opinion }[] = [
  { who: "our own double", opinion: DOUBLE },
  { who: "a second opinion, emulate", opinion: EMULATED },
  {
    who: `a third opinion, GitHub itself, asked where ${VARIABLES.token} and ${VARIABLES.repository} are set`,
    opinion: realGitHub(process.env),
  },
];

const GROUPS: readonly { readonly what: string; readonly rows: readonly Row[] }[] = [
  { what: "reading", rows: READING },
  { what: "writing", rows: WRITING },
  { what: "ending", rows: ENDING },
  { what: "single requests", rows: REQUESTS },
];

/** What each row is to come to at one of them, by who asks. */
function casesOf({ name, identities }: Opinion, rows: readonly Row[]) {
  return rows.flatMap((row) =>
    identities
      .filter((as) => row.as === undefined || row.as === as)
      .map((as) => {
        const deviation = name === "double" ? undefined : row.but?.[name];
        const says = deviation === undefined ? row.says : deviation.says;
        const known = deviation === undefined ? "" : `: not as GitHub, ${deviation.why}`;
        return { title: `${row.title}, as ${as}${known}`, as, ask: row.ask, says };
      }),
  );
}

describe.each(OPINIONS)("$who", ({ opinion }) => {
  describe.each(GROUPS)("$what", ({ rows }) => {
    test.for(casesOf(opinion, rows))(
      "$title",
      { timeout: opinion.timeoutMs },
      async ({ as, ask, says }, { skip }) => {
        skip(!opinion.isAsked || says === undefined, "not asked");
        expect(await outcomeOf(ask(await opinion.open(as)))).toEqual(says);
      },
    );
  });
});

describe.each(OPINIONS.filter(({ opinion }) => opinion.identities.includes("app")))(
  "$who, by webhooks of the App",
  ({ opinion }) => {
    test.for(HOOKS)("$title", async ({ name, before, act, told, says, emulate }) => {
      const receiver = await startReceiver();
      const stage = await opinion.open("app", receiver.target);
      await before?.(stage);
      const next = receiver.next(name);
      await act(stage);
      const isOther = opinion.name === "emulate" && emulate !== undefined;
      expect(told(await next)).toEqual(isOther ? emulate.says : says);
    });
  },
);

test("whoever is said to differ does", () => {
  const deviations = GROUPS.flatMap(({ rows }) => rows).flatMap(({ title, says, but = {} }) =>
    Object.values(but).map((deviation) => ({ title, says, other: deviation.says })),
  );
  const ofHooks = HOOKS.flatMap(({ title, says, emulate }) =>
    emulate === undefined ? [] : [{ title, says, other: emulate.says }],
  );
  expect(deviations.length).toBeGreaterThan(0);
  for (const { title, says, other } of [...deviations, ...ofHooks]) {
    expect({ title, other }).not.toEqual({ title, other: says });
  }
});
