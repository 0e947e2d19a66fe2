import { describe, expect, test } from "vitest";
import type { Assessment } from "../../src/assess/assessment.ts";
import type { Context } from "../../src/context.ts";
import { CodedError } from "../../src/errors.ts";
import { COMMANDS_HELP } from "../../src/proposal/commands.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { propose } from "../../workers/propose.ts";
import { emptyDelta } from "../fixtures/deltas.ts";
import { BASE, type Bench, digest, dockerfile, KEY, MUSL, NOW, SHOP } from "./bench.ts";
import { judged } from "./facts.ts";
import {
  BRANCH,
  CONTENT,
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  proposalOf,
  proposed,
  proposedText,
  ready,
  THIRD,
  writesOf,
} from "./propose-bench.ts";

/** An open pull request an hour later; alex may write there, robin may read. */
async function open(...args: Parameters<typeof proposed>): Promise<Bench> {
  const bench = await proposed(...args);
  bench.codeHost.roles.set("alex", "write").set("robin", "read");
  hoursPass(bench, 1);
  return bench;
}

function hoursPass(bench: Bench, hours: number): void {
  bench.clock.advance(hours * HOUR_MS);
  bench.codeHost.answers.writtenAt = bench.clock.at;
}

function says({ codeHost, clock }: Bench, body: string, author = "alex"): number {
  return codeHost.say(SHOP, 1, { author, body, createdAt: clock.at });
}

function ticks({ codeHost }: Bench, name: string): void {
  const [pull] = codeHost.pulls(SHOP);
  const body = pull?.body.replace(`[ ] <!-- hullkeeper:${name} -->`, `[x] <!-- hullkeeper:${name} -->`);
  codeHost.edit(SHOP, 1, { body: body ?? "" });
}

/** What we said, in order. */
const said = ({ codeHost }: Bench) =>
  codeHost
    .talk(SHOP, 1)
    .filter(({ author }) => author === "hullkeeper[bot]")
    .map(({ body }) => body);
const states = ({ codeHost }: Bench) => codeHost.pulls(SHOP).map(({ state }) => state);
const ordered = (bench: Bench) => bench.messages("ordered");

const ORDERS = ["rebase", "ignore", "snooze 3d", "recreate", "explain"] as const;
const BOXES = ["rebase", "ignore", "snooze"] as const;

describe("who may not write", () => {
  const asking = ["robin", "a stranger"].flatMap((author) =>
    [...ORDERS, "dance"].map((order) => ({ author, order })),
  );

  test.each(asking)("$author asks for $order: one answer, and nothing else", async ({ author, order }) => {
    const bench = await open();
    const before = onlyPull(bench);
    says(bench, `/hullkeeper ${order}`, author);
    const writes = writesOf(bench).length;
    await bench.run(propose, KEY);
    expect(writesOf(bench).slice(writes)).toEqual(["comment acme/shop"]);
    expect(said(bench)).toEqual([
      expect.stringContaining("Only people who may write to this code repository"),
    ]);
    expect(onlyPull(bench)).toEqual(before);
    expect(await ordered(bench)).toEqual([]);
  });

  test("ask again and again: no second answer in this pull request", async () => {
    const bench = await open();
    for (const author of ["robin", "eve", "robin"]) {
      says(bench, "/hullkeeper ignore", author);
      await bench.run(propose, KEY);
      hoursPass(bench, 1);
    }
    expect(said(bench)).toHaveLength(1);
    expect(states(bench)).toEqual(["open"]);
  });

  test("may write later: is obeyed then, for what is said then", async () => {
    const bench = await open();
    says(bench, "/hullkeeper ignore", "robin");
    await bench.run(propose, KEY);
    bench.codeHost.roles.set("robin", "write");
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual(["open"]);
    says(bench, "/hullkeeper ignore", "robin");
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual(["closed"]);
  });
});

describe("rebase", () => {
  test.each(["comment", "box"] as const)(
    "by %s: the branch is made anew on its base branch, the box unticked",
    async (how) => {
      const bench = await open();
      const { body } = onlyPull(bench);
      const base = bench.codeHost.push(SHOP, "main", { "other.txt": "new" });
      if (how === "comment") says(bench, "/hullkeeper rebase");
      else ticks(bench, "rebase");
      await bench.run(propose, KEY);
      const look = await lookOf(bench);
      expect(look.head?.parents).toEqual([base]);
      expect(onlyPull(bench)).toMatchObject({ body, state: "open" });
      expect(await ordered(bench)).toEqual([
        `${how === "comment" ? "alex" : "somebody who ticked a box"} wants it to be made anew on its base branch`,
      ]);
      expect((await proposalOf(bench))?.talk?.orders).toEqual([]);
      expect(said(bench)).toEqual([]);
    },
  );

  test("is a takeover where somebody else committed", async () => {
    const bench = await open();
    bench.codeHost.push(SHOP, BRANCH, { "fix.txt": "by hand" }, "Fix the build");
    says(bench, "/hullkeeper rebase");
    await bench.run(propose, KEY);
    expect(bench.codeHost.read(SHOP, BRANCH)).not.toHaveProperty("fix.txt");
    expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));
    expect(await bench.messages("branch-foreign")).toEqual([]);
  });

  test("of a branch that stands on the head of its base branch makes no commit", async () => {
    const bench = await open();
    const { headCommit } = onlyPull(bench);
    ticks(bench, "rebase");
    await bench.run(propose, KEY);
    expect(onlyPull(bench).headCommit).toBe(headCommit);
    expect(onlyPull(bench).body).toContain("- [ ] <!-- hullkeeper:rebase -->");
  });

  test("waits until it can be written, and is not forgotten", async () => {
    const bench = await open();
    bench.codeHost.push(SHOP, BRANCH, { "fix.txt": "by hand" }, "Fix the build");
    says(bench, "/hullkeeper rebase");
    bench.registry.point(MUSL, THIRD);
    await ready(bench, MUSL, OLD, THIRD);
    bench.registry.point(MUSL, digest("e15e"));
    await bench.run(propose, KEY);
    expect(bench.codeHost.read(SHOP, BRANCH)).toHaveProperty("fix.txt");
    bench.registry.point(MUSL, THIRD);
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(await ordered(bench)).toHaveLength(1);
  });
});

describe("ignore", () => {
  test.each(["comment", "box"] as const)(
    "by %s: declined, said until when, closed, its branch gone",
    async (how) => {
      const bench = await open();
      if (how === "comment") says(bench, "/hullkeeper ignore");
      else ticks(bench, "ignore");
      await bench.run(propose, KEY);
      const until = later(bench.clock.at, 90 * DAY_MS);
      expect(await bench.store.declined(KEY)).toMatchObject([
        {
          digest: NEXT,
          at: bench.clock.at,
          until,
          fixed: ["CVE-2026-31337"],
          ...(how === "comment" ? { by: "alex" } : {}),
        },
      ]);
      expect(said(bench)).toEqual([
        expect.stringContaining("not proposed here again before 22 Feb 2027, 13:00 UTC"),
      ]);
      expect(states(bench)).toEqual(["closed"]);
      expect((await lookOf(bench)).head).toBeUndefined();
      expect(await bench.told()).toEqual(["proposed acme/shop#1", "ordered acme/shop#1"]);
      expect(bench.store.dueAt({ kind: "propose", proposal: KEY })).toBe(later(bench.clock.at, DAY_MS));
    },
  );

  test("leaves a branch where somebody else committed", async () => {
    const bench = await open();
    const commit = bench.codeHost.push(SHOP, BRANCH, { "fix.txt": "by hand" }, "Fix the build");
    says(bench, "/hullkeeper ignore");
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual(["closed"]);
    expect((await lookOf(bench)).head?.commit).toBe(commit);
  });

  test("and the next digest: proposed", async () => {
    const bench = await open();
    says(bench, "/hullkeeper ignore");
    await bench.run(propose, KEY);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual(["closed", "open"]);
    expect(await proposalOf(bench)).toMatchObject({ number: 2 });
    expect((await proposalOf(bench))?.talk).toBeUndefined();
  });

  test("and opened again by a person: ours again", async () => {
    const bench = await open();
    says(bench, "/hullkeeper ignore");
    await bench.run(propose, KEY);
    bench.codeHost.push(SHOP, BRANCH, {}, "restored");
    bench.codeHost.reopen(SHOP, 1);
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(await proposalOf(bench)).toMatchObject({ number: 1, state: "open" });
    expect(await bench.store.declined(KEY)).toEqual([]);
    expect(await ordered(bench)).toHaveLength(1);
  });
});

describe("a branch that may not be removed", () => {
  const refusal = new CodedError("code-host-rejected", "removing: a rule of the branch");

  test("ignore: declined and closed all the same", async () => {
    const bench = await open();
    bench.codeHost.fail("deleteBranch", refusal);
    says(bench, "/hullkeeper ignore");
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual(["closed"]);
    expect(await bench.store.declined(KEY)).toMatchObject([{ digest: NEXT }]);
    expect((await proposalOf(bench))?.talk?.orders).toEqual([]);
  });

  test("recreate: another one is opened from it", async () => {
    const bench = await open();
    bench.codeHost.fail("deleteBranch", refusal);
    says(bench, "/hullkeeper recreate");
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual(["closed", "open"]);
    expect(await proposalOf(bench)).toMatchObject({ number: 2, state: "open" });
  });
});

describe("recreate", () => {
  test("closes it without declining anything, and opens another one at once", async () => {
    const bench = await open();
    says(bench, "/hullkeeper recreate");
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual(["closed", "open"]);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));
    expect(await bench.store.declined(KEY)).toEqual([]);
    expect(await proposalOf(bench)).toMatchObject({ number: 2, state: "open", openedAt: bench.clock.at });
    expect(await bench.told()).toEqual([
      "proposed acme/shop#1",
      "ordered acme/shop#1",
      "proposed acme/shop#2",
    ]);
  });

  test("does not wait for the hour of the week", async () => {
    const bench = await open();
    const { policies } = bench.context.settings;
    const propose7 = { ...policies.otherwise.propose, content: "weekly" } as const;
    const weekly = { ...policies, otherwise: { ...policies.otherwise, propose: propose7 } };
    await bench.store.saveAssessment(BASE, OLD, NEXT, CONTENT);
    says(bench, "/hullkeeper recreate");
    const context = { ...bench.context, settings: { ...bench.context.settings, policies: weekly } };
    await propose.handle(KEY, context, new AbortController().signal);
    expect(states(bench)).toEqual(["closed", "open"]);
  });

  test("is not a close by a person to the next look, though there is nothing to open", async () => {
    const bench = await open();
    says(bench, "/hullkeeper recreate");
    const rejected = { kind: "rejected", reason: "signature-key-unknown", detail: "" } as const;
    await judged(bench, NEXT, { verdict: { ...rejected, results: [], skipped: [] } });
    await bench.run(propose, KEY);
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual(["closed"]);
    expect(await bench.store.declined(KEY)).toEqual([]);
    expect(await bench.messages("declined")).toEqual([]);
  });
});

describe("explain", () => {
  test("says why it is there and what decides its deadline, once", async () => {
    const bench = await open();
    const before = onlyPull(bench);
    says(bench, "/hullkeeper explain");
    await bench.run(propose, KEY);
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    const [words, ...others] = said(bench);
    expect(others).toEqual([]);
    expect(words).toContain("is pinned to `01d000000000`");
    expect(words).toContain("set by CVE-2026-31337 (critical)");
    expect(words).toContain("### Clocks");
    expect(onlyPull(bench)).toEqual(before);
    expect(await ordered(bench)).toEqual(["alex wants it to be explained"]);
  });

  test("asked for three times between two looks: three events, one answer", async () => {
    const bench = await open();
    for (let time = 0; time < 3; time += 1) says(bench, "/hullkeeper explain");
    await bench.run(propose, KEY);
    expect(said(bench)).toHaveLength(1);
    expect(await ordered(bench)).toHaveLength(3);
  });

  test("where nothing would be proposed now says that", async () => {
    const bench = await open();
    await bench.store.decline(KEY, [{ digest: NEXT }], bench.clock.at);
    says(bench, "/hullkeeper explain");
    await bench.run(propose, KEY);
    expect(said(bench)).toEqual([expect.stringContaining("Nothing that I know now would open this")]);
  });
});

describe("what we do not know", () => {
  test("is answered once for each comment", async () => {
    const bench = await open();
    says(bench, "/hullkeeper dance\n/hullkeeper sing");
    says(bench, "/hullkeeper");
    await bench.run(propose, KEY);
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(said(bench)).toEqual([
      expect.stringContaining(COMMANDS_HELP),
      expect.stringContaining(COMMANDS_HELP),
    ]);
    expect(await ordered(bench)).toEqual([]);
  });
});

/** The update fixes this, too. */
const fixing = (...ids: readonly string[]): Assessment => {
  const [first] = FIXES.vulnerabilities.kind === "assessed" ? FIXES.vulnerabilities.delta.fixed : [];
  const fixed = ids.flatMap((id) => (first === undefined ? [] : [{ ...first, id }]));
  return { ...FIXES, vulnerabilities: { kind: "assessed", delta: emptyDelta({ fixed }) } };
};
async function snoozed(words = "/hullkeeper snooze 3d"): Promise<Bench> {
  const bench = await open();
  says(bench, words);
  await bench.run(propose, KEY);
  return bench;
}

describe("snooze", () => {
  test.each(["comment", "box"] as const)(
    "by %s: the body says until when, the box is unticked",
    async (how) => {
      const bench = await open();
      const { body } = onlyPull(bench);
      if (how === "comment") says(bench, "/hullkeeper snooze");
      else ticks(bench, "snooze");
      await bench.run(propose, KEY);
      const now = onlyPull(bench);
      expect(now.body).toContain("**Snoozed until 1 Dec 2026, 13:00 UTC**");
      expect(now.body).toContain("**Deadlines run on.**");
      expect(now.body.endsWith(body)).toBe(true);
      expect(now.labels).toEqual(["hullkeeper", "sla:critical"]);
      expect((await proposalOf(bench))?.snooze).toMatchObject({
        until: later(bench.clock.at, 7 * DAY_MS),
        known: ["CVE-2026-31337"],
      });
      expect(await ordered(bench)).toEqual([
        `${how === "comment" ? "alex" : "somebody who ticked a box"} wants it to be left alone until 1 Dec 2026, 13:00 UTC`,
      ]);
      expect(said(bench)).toEqual([]);
    },
  );

  test("nothing is written before it is over, then what there is", async () => {
    const bench = await snoozed();
    const before = [onlyPull(bench), writesOf(bench).length];
    await ready(bench, MUSL, OLD, THIRD);
    for (let hour = 0; hour < 71; hour += 1) {
      hoursPass(bench, 1);
      await bench.run(propose, KEY);
    }
    expect([onlyPull(bench), writesOf(bench).length]).toEqual(before);
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(onlyPull(bench).body).not.toContain("Snoozed");
    expect(await proposalOf(bench)).not.toHaveProperty("snooze");
  });

  test("is over by itself though nothing is new: the body says nothing of it any more", async () => {
    const bench = await open();
    const { body } = onlyPull(bench);
    says(bench, "/hullkeeper snooze 1d");
    await bench.run(propose, KEY);
    hoursPass(bench, 24);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).body).toBe(body);
  });

  test("what is found flawed is flagged all the same", async () => {
    const bench = await snoozed();
    const rejected = { kind: "rejected", reason: "signature-key-unknown", detail: "" } as const;
    await judged(bench, NEXT, { verdict: { ...rejected, results: [], skipped: [] } });
    await ready(bench, MUSL, OLD, THIRD);
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).body).toContain("Do not merge");
    expect(onlyPull(bench).body).toContain("Snoozed until");
    expect(said(bench)).toEqual([expect.stringContaining("**Do not merge")]);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));
    expect(await bench.messages("proposal-flagged")).toHaveLength(1);
  });

  test("a warning goes when what it is about is verified again, the word about the snooze stays", async () => {
    const bench = await snoozed();
    const { verdict } = (await bench.store.verdict({ repository: BASE, digest: NEXT })) ?? {};
    const rejected = { kind: "rejected", reason: "signature-key-unknown", detail: "" } as const;
    await judged(bench, NEXT, { verdict: { ...rejected, results: [], skipped: [] } });
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    if (verdict === undefined) throw new Error("no verdict");
    await judged(bench, NEXT, { verdict });
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).body).not.toContain("Do not merge");
    expect(onlyPull(bench).body).toContain("Snoozed until");
    expect(await bench.messages("proposal-cleared")).toHaveLength(1);
  });

  test("an update that fixes a critical vulnerability that was not known: written, once", async () => {
    const bench = await snoozed();
    await ready(bench, MUSL, OLD, THIRD, fixing("CVE-2026-31337", "CVE-2026-40000"));
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(onlyPull(bench).body).toContain("Snoozed until");
    await ready(bench, MUSL, OLD, digest("f0"), fixing("CVE-2026-31337", "CVE-2026-40000"));
    const writes = writesOf(bench).length;
    hoursPass(bench, 1);
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toHaveLength(writes);
  });

  test("an order that comes later ends it", async () => {
    const bench = await snoozed();
    await ready(bench, MUSL, OLD, THIRD);
    hoursPass(bench, 1);
    says(bench, "/hullkeeper rebase");
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(onlyPull(bench).body).not.toContain("Snoozed");
  });

  test("that was over when it was read is told and changes nothing", async () => {
    const bench = await open();
    says(bench, "/hullkeeper snooze 1h");
    hoursPass(bench, 2);
    const writes = writesOf(bench).length;
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toHaveLength(writes);
    expect(await ordered(bench)).toHaveLength(1);
  });

  test("closing and merging it are noticed as ever", async () => {
    const bench = await snoozed();
    hoursPass(bench, 1);
    bench.codeHost.close(SHOP, 1, bench.clock.at);
    await bench.run(propose, KEY);
    expect(await bench.store.declined(KEY)).toMatchObject([{ digest: NEXT }]);
    expect(await proposalOf(bench)).not.toHaveProperty("snooze");
  });
});

describe("what the host is asked", () => {
  test("no comments while it says that nothing changed", async () => {
    const bench = await open();
    bench.codeHost.edit(SHOP, 1, { updatedAt: NOW });
    await bench.run(propose, KEY);
    hoursPass(bench, 1);
    const asked = bench.codeHost.asked.length;
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked.slice(asked)).toEqual(["look acme/shop"]);
    hoursPass(bench, 1);
    says(bench, "/hullkeeper explain");
    await bench.run(propose, KEY);
    expect(said(bench)).toHaveLength(1);
  });

  test("the role of everybody who asks, once each", async () => {
    const bench = await open();
    for (const author of ["alex", "robin", "alex", "eve"]) says(bench, "/hullkeeper explain", author);
    says(bench, "nice", "sam");
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked.filter((question) => question.startsWith("roleOf"))).toHaveLength(3);
  });

  test("nothing of what was said before the store was lost is obeyed again", async () => {
    const bench = await open();
    says(bench, "/hullkeeper ignore");
    hoursPass(bench, 1);
    const { talk } = await restoredRecord(bench);
    expect(talk).toMatchObject({ readAt: bench.clock.at, orders: [] });
    expect(states(bench)).toEqual(["open"]);
  });
});

async function restoredRecord(bench: Bench) {
  const record = await proposalOf(bench);
  // Another number is another pull request: what stands at the host is read from its marker.
  if (record !== undefined) await bench.store.saveProposal({ ...record, number: 99 });
  await bench.run(propose, KEY);
  return (await proposalOf(bench)) ?? { talk: undefined };
}

const lookOf = ({ codeHost }: Bench) =>
  codeHost.look(SHOP, { baseBranch: "main", branch: BRANCH, paths: [] }, new AbortController().signal);

/** Calls that change something outside the process. */
const CHANGES = {
  store: ["saveProposal", "decline", "takeBackDecline", "append", "schedule", "unschedule"],
  codeHost: [
    "comment",
    "closePullRequest",
    "deleteBranch",
    "propose",
    "updatePullRequest",
    "setCheck",
    "setStatuses",
    "bringTo",
  ],
} as const;

/** The same world to a process that dies before or after its nth change of something. */
function dyingAt(bench: Bench, position: number, when: "before" | "after"): Context {
  let count = 0;
  const mortal = <Part extends object>(part: Part, names: readonly string[]): Part => {
    const wrapped = Object.entries(part).map(([name, value]) => {
      if (!names.includes(name) || typeof value !== "function") return [name, value];
      return [
        name,
        async (...args: readonly unknown[]): Promise<unknown> => {
          const isLast = count === position;
          count += 1;
          if (isLast && when === "before") throw new Error("killed");
          const answer: unknown = await Reflect.apply(value, part, args);
          if (isLast) throw new Error("killed");
          return answer;
        },
      ];
    });
    return Object.assign(Object.create(null), Object.fromEntries(wrapped));
  };
  const store = mortal(bench.context.store, CHANGES.store);
  return {
    ...bench.context,
    store,
    codeHost: mortal(bench.context.codeHost, CHANGES.codeHost),
    record: async (event) => void (await store.append(event)),
  };
}

/** Everything that people can see in the end, and what is kept. */
async function outcomeOf(bench: Bench) {
  const { clock } = bench;
  for (let round = 0; round < 3; round += 1) {
    clock.advance(10 * MINUTE_MS);
    await bench.run(propose, KEY);
  }
  const record = await proposalOf(bench);
  return {
    pulls: bench.codeHost
      .pulls(SHOP)
      .map(({ number, state, title, body, labels }) => ({ number, state, title, body, labels })),
    branch: bench.codeHost.read(SHOP, BRANCH),
    said: said(bench),
    told: (await bench.told()).toSorted(),
    declined: await bench.store.declined(KEY),
    record: {
      number: record?.number,
      state: record?.state,
      snooze: record?.snooze,
      orders: record?.talk?.orders,
    },
  };
}

describe("a process that dies in the middle", () => {
  const scenes: readonly { readonly title: string; readonly act: (bench: Bench) => void }[] = [
    ...ORDERS.map((order) => ({
      title: `of ${order}`,
      act: (bench: Bench) => void says(bench, `/hullkeeper ${order}`),
    })),
    ...BOXES.map((box) => ({ title: `of the box ${box}`, act: (bench: Bench) => ticks(bench, box) })),
    { title: "of a refusal", act: (bench) => void says(bench, "/hullkeeper ignore", "robin") },
    { title: "of help", act: (bench) => void says(bench, "/hullkeeper dance") },
    {
      title: "of all at once",
      act: (bench) => {
        says(bench, "/hullkeeper explain\n/hullkeeper snooze 3d\n/hullkeeper rebase\n/hullkeeper dance");
        says(bench, "/hullkeeper recreate");
      },
    },
  ];

  test.each(scenes)("$title: the end is the same, nothing is done or said twice", async ({ act }) => {
    // Every look is an old one: what a process did not live to hear is heard by the next at once.
    const always = [undefined, { proposalsMs: 0 }] as const;
    const undisturbed = await open(...always);
    act(undisturbed);
    await undisturbed.run(propose, KEY);
    const expected = await outcomeOf(undisturbed);
    let deaths = 0;
    for (const when of ["before", "after"] as const) {
      for (let position = 0; position < 60; position += 1) {
        const bench = await open(...always);
        act(bench);
        const context = dyingAt(bench, position, when);
        const isAlive = await propose.handle(KEY, context, new AbortController().signal).then(
          () => true,
          () => false,
        );
        if (isAlive) break;
        deaths += 1;
        await bench.run(propose, KEY);
        expect(await outcomeOf(bench), `${when} change ${position}`).toEqual(expected);
      }
    }
    expect(deaths).toBeGreaterThan(5);
  });
});
