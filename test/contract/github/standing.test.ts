import { describe, expect, test } from "vitest";
import { ALL, type AppHarness, startAppHarness } from "./app-harness.ts";
import {
  contentOn,
  countOf,
  failureOf,
  type Harness,
  PATIENT,
  propose,
  SHOP,
  startHarness,
} from "./harness.ts";

type Said = Parameters<Harness["double"]["report"]>[3] | Parameters<Harness["double"]["runCheck"]>[3];

function say({ double }: Harness, commit: string, all: readonly Said[]): void {
  for (const said of all) {
    if ("context" in said) double.report(SHOP.owner, SHOP.name, commit, said);
    else double.runCheck(SHOP.owner, SHOP.name, commit, said);
  }
}

async function standingOf(harness: Harness, said: readonly Said[]): Promise<string> {
  const { host, base } = harness;
  say(harness, base, said);
  return host.standing(SHOP, base, PATIENT);
}

const run = (conclusion?: string, name = "build") => ({
  name,
  ...(conclusion === undefined ? {} : { conclusion }),
});
const status = (state: "success" | "pending" | "failure" | "error", context = "ci/build") => ({
  context,
  state,
});
const ours = ["hullkeeper/verification", "hullkeeper/sla", "hullkeeper/config"];

const ROWS: readonly { readonly title: string; readonly said: readonly Said[]; readonly expected: string }[] =
  [
    { title: "nobody said anything", said: [], expected: "none" },
    {
      title: "only we said something, and that it is good",
      said: ours.flatMap((name) => [status("success", name), run("success", name)]),
      expected: "none",
    },
    { title: "a good status", said: [status("success")], expected: "green" },
    { title: "a good check", said: [run("success")], expected: "green" },
    { title: "a check that was passed over", said: [run("skipped")], expected: "green" },
    { title: "a check that minds nothing", said: [run("neutral")], expected: "green" },
    {
      title: "a bad one of ours among good ones of others",
      said: [status("failure", "hullkeeper/sla"), run("failure", "hullkeeper/config"), run("success")],
      expected: "green",
    },
    {
      title: "a name that only begins like ours",
      said: [status("failure", "hullkeeper-scan"), run("success")],
      expected: "failed",
    },
    { title: "a status that waits", said: [status("pending"), run("success")], expected: "running" },
    { title: "a check that runs", said: [status("success"), run()], expected: "running" },
    { title: "a bad status", said: [status("failure"), run("success")], expected: "failed" },
    { title: "a status that went wrong", said: [status("error")], expected: "failed" },
    ...["failure", "cancelled", "timed_out", "action_required"].map((conclusion) => ({
      title: `a check that ended as ${conclusion}`,
      said: [status("success"), run(conclusion)],
      expected: "failed",
    })),
    { title: "a bad one while others run", said: [run(), run("failure", "lint")], expected: "failed" },
    {
      title: "a bad status, and a good one of the same name since",
      said: [status("failure"), status("success")],
      expected: "green",
    },
    {
      title: "a good check, and it runs again since",
      said: [run("success"), run()],
      expected: "running",
    },
    {
      title: "a bad check, and a good one of another App by the same name",
      said: [run("failure"), { ...run("success"), app: "other" }],
      expected: "failed",
    },
    {
      title: "a hundred good checks",
      said: Array.from({ length: 100 }, (_, index) => run("success", `build ${index}`)),
      expected: "green",
    },
    {
      title: "more checks than are listed at once",
      said: Array.from({ length: 101 }, (_, index) => run("success", `build ${index}`)),
      expected: "unknown",
    },
    {
      title: "more statuses than are listed at once",
      said: Array.from({ length: 101 }, (_, index) => status("success", `ci/${index}`)),
      expected: "unknown",
    },
  ];

describe("what others say of a commit", () => {
  test.each(ROWS)("$title: $expected", async ({ said, expected }) => {
    const harness = await startAppHarness();
    expect(await standingOf(harness, said)).toBe(expected);
    expect(countOf(harness, "GET", "/commits/")).toBe(2);
  });

  test("of another commit says nothing of this one", async () => {
    const harness = await startAppHarness();
    const { host, base } = harness;
    const { commit } = await propose(harness, contentOn(base));
    say(harness, base, [run("failure"), status("failure")]);
    say(harness, commit, [run("success")]);
    expect(await host.standing(SHOP, commit, PATIENT)).toBe("green");
  });

  test("by a token", async () => {
    const harness = await startHarness();
    expect(await standingOf(harness, [run("success"), status("success")])).toBe("green");
  });
});

async function without(name: string): Promise<AppHarness> {
  return startAppHarness(Object.fromEntries(Object.entries(ALL).filter(([given]) => given !== name)));
}

describe("what cannot be asked", () => {
  test("checks that may not be read: unknown, whatever the statuses say", async () => {
    expect(await standingOf(await without("checks"), [status("success")])).toBe("unknown");
  });

  test("statuses that may not be read: an error that names the permission", async () => {
    const harness = await without("statuses");
    expect(await failureOf(standingOf(harness, [run("success")]))).toMatchObject({
      code: "code-host-forbidden",
      message: expect.stringContaining("statuses=read"),
    });
  });

  test.each([
    { path: "/check-runs", code: 502, expected: "code-host-unavailable" },
    { path: "/status", code: 502, expected: "code-host-unavailable" },
    { path: "/check-runs", code: 429, expected: "code-host-rate-limited" },
  ])("$code at $path is an error, not a good answer", async ({ path, code, expected }) => {
    const harness = await startAppHarness();
    say(harness, harness.base, [run("success")]);
    harness.double.inject({
      method: "GET",
      path,
      times: 10,
      mischief: { kind: "answer", status: code, body: { message: "No" } },
    });
    expect(await failureOf(harness.inLane().standing(SHOP, harness.base, PATIENT))).toMatchObject({
      code: expected,
    });
  });

  test("a commit that is not there", async () => {
    const { host } = await startAppHarness();
    const thrown = await failureOf(host.standing(SHOP, "0".repeat(40), PATIENT));
    expect(thrown.code).toMatch(/^code-host-(?:not-found|rejected)$/);
  });
});
