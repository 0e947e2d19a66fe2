import { describe, expect, test } from "vitest";
import type { CheckRun } from "../../../src/ports/code-host.ts";
import { ALL, openPull, startAppHarness } from "./app-harness.ts";
import {
  CONTENT,
  contentOn,
  countOf,
  failureOf,
  type Harness,
  PATIENT,
  SHOP,
  startHarness,
} from "./harness.ts";

const CHECK: CheckRun = {
  name: "hullkeeper/verification",
  conclusion: "success",
  title: "Signed by BellSoft",
  summary: "Both signatures are **right**.",
  annotations: [{ path: "Dockerfile", line: 1, level: "notice", message: "pinned" }],
  url: "https://hullkeeper.example/lines/1",
};

test("a new check says everything, by two requests", async () => {
  const harness = await startAppHarness();
  const { host, double, base } = harness;
  expect(await host.setCheck(SHOP, base, CHECK, PATIENT)).toBe("set");
  expect(double.checkRuns("acme", "shop", base)).toMatchObject([
    {
      name: CHECK.name,
      status: "completed",
      conclusion: "success",
      title: CHECK.title,
      summary: CHECK.summary,
      detailsUrl: CHECK.url,
      annotations: [{ path: "Dockerfile", startLine: 1, endLine: 1, level: "notice", message: "pinned" }],
    },
  ]);
  expect(countOf(harness, "GET", "/check-runs")).toBe(1);
  expect(countOf(harness, "POST", "/check-runs")).toBe(1);
});

/** Made by a proposal, a moment ago. */
async function freshCommit({ host, base }: Pick<Harness, "host" | "base">): Promise<string> {
  const wish = { ...contentOn(base), ...CONTENT, base: { name: "main", commit: base } };
  return (await host.propose(SHOP, wish, PATIENT)).commit;
}

test("a commit that was made a moment ago is not asked about first, once", async () => {
  const harness = await startAppHarness();
  const { host, double } = harness;
  const commit = await freshCommit(harness);
  double.inject({ method: "POST", path: "/check-runs", mischief: { kind: "lose-answer" } });
  expect(await failureOf(host.setCheck(SHOP, commit, CHECK, PATIENT))).toMatchObject({
    code: "code-host-unavailable",
  });
  expect(countOf(harness, "GET", "/check-runs")).toBe(0);
  expect(await host.setCheck(SHOP, commit, CHECK, PATIENT)).toBe("set");
  expect(countOf(harness, "GET", "/check-runs")).toBe(1);
  expect(double.checkRuns("acme", "shop", commit)).toHaveLength(1);
});

test("another check of that commit is not asked about either; nor are its statuses, once", async () => {
  const harness = await startAppHarness();
  const { host, double } = harness;
  const commit = await freshCommit(harness);
  const statuses = ["hullkeeper/verification", "hullkeeper/sla"].map(
    (context) => ({ context, state: "success", description: "as wished" }) as const,
  );
  await host.setCheck(SHOP, commit, CHECK, PATIENT);
  await host.setCheck(SHOP, commit, { ...CHECK, name: "hullkeeper/sla" }, PATIENT);
  double.inject({ method: "POST", path: "/statuses/", after: 1, mischief: { kind: "lose-answer" } });
  await failureOf(host.setStatuses(SHOP, commit, statuses, PATIENT));
  expect(countOf(harness, "GET", "/status?") + countOf(harness, "GET", "/check-runs")).toBe(0);
  await host.setStatuses(SHOP, commit, statuses, PATIENT);
  expect(countOf(harness, "GET", "/status?")).toBe(1);
  expect(countOf(harness, "POST", "/statuses/")).toBe(2);
  expect(double.checkRuns("acme", "shop", commit)).toHaveLength(2);
  expect(await double.statuses("acme", "shop", commit)).toHaveLength(2);
});

test("the same again writes nothing", async () => {
  const harness = await startAppHarness();
  const { host, base } = harness;
  await host.setCheck(SHOP, base, CHECK, PATIENT);
  expect(await host.setCheck(SHOP, base, CHECK, PATIENT)).toBe("set");
  expect(countOf(harness, "POST", "/check-runs")).toBe(1);
  expect(countOf(harness, "PATCH", "/check-runs")).toBe(0);
});

test.each([
  { title: "conclusion", change: { conclusion: "failure" } },
  { title: "title", change: { title: "Not signed" } },
  { title: "summary", change: { summary: "Nothing is right." } },
  { title: "address", change: { url: "https://hullkeeper.example/lines/2" } },
] as const)("another $title changes the one that is there, and doubles no annotation", async ({ change }) => {
  const { host, double, base } = await startAppHarness();
  await host.setCheck(SHOP, base, CHECK, PATIENT);
  const wish = { ...CHECK, ...change };
  expect(await host.setCheck(SHOP, base, wish, PATIENT)).toBe("set");
  const [run, ...others] = double.checkRuns("acme", "shop", base);
  expect(others).toEqual([]);
  expect(run?.annotations).toHaveLength(1);
  expect({ ...CHECK, conclusion: run?.conclusion, title: run?.title, summary: run?.summary }).toEqual({
    ...wish,
    url: CHECK.url,
  });
  expect(run?.detailsUrl).toBe(wish.url);
});

test("what is beyond GitHub's bounds is cut: 50 annotations, 60,000 characters", async () => {
  const { host, double, base } = await startAppHarness();
  const [annotation] = CHECK.annotations;
  const annotations = Array.from({ length: 60 }, (_, line) => ({
    path: annotation?.path ?? "",
    line: line + 1,
    level: "warning" as const,
    message: "x".repeat(70_000),
  }));
  const wish = { ...CHECK, title: "t".repeat(200), summary: "s".repeat(70_000), annotations };
  expect(await host.setCheck(SHOP, base, wish, PATIENT)).toBe("set");
  const [run] = double.checkRuns("acme", "shop", base);
  expect(run?.annotations).toHaveLength(50);
  expect(run?.title).toHaveLength(140);
  expect(run?.summary).toHaveLength(60_000);
});

const TOKEN_OF_APP = "ghs_0123456789abcdef0123456789abcdef0123";

describe("unsupported, without an error", () => {
  test("a personal token: it is not even asked", async () => {
    const harness = await startHarness();
    const { host, base } = harness;
    const asked = harness.double.requests.length;
    expect(await host.setCheck(SHOP, base, CHECK, PATIENT)).toBe("unsupported");
    expect(harness.double.requests).toHaveLength(asked);
  });

  test("a token of an installation that may not; of that it is asked once", async () => {
    const harness = await startHarness(undefined, { token: TOKEN_OF_APP });
    const { host, base } = harness;
    expect(await host.setCheck(SHOP, base, CHECK, PATIENT)).toBe("unsupported");
    const asked = harness.double.requests.length;
    expect(await host.setCheck(SHOP, base, CHECK, PATIENT)).toBe("unsupported");
    expect(harness.double.requests).toHaveLength(asked);
  });

  test("an App without the permission", async () => {
    const { checks: _missing, ...others } = ALL;
    const { host, base, double } = await startAppHarness(others);
    expect(await host.setCheck(SHOP, base, CHECK, PATIENT)).toBe("unsupported");
    expect(double.checkRuns("acme", "shop", base)).toEqual([]);
  });

  test("a server without checks", async () => {
    const { host, base } = await startHarness(undefined, {
      token: TOKEN_OF_APP,
      edition: {
        kind: "enterprise",
        version: "2.13.0",
        lacks: [
          "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
          "POST /repos/{owner}/{repo}/check-runs",
        ],
      },
    });
    expect(await host.setCheck(SHOP, base, CHECK, PATIENT)).toBe("unsupported");
  });
});

test.each([
  { title: "too many requests", status: 429, code: "code-host-rate-limited" },
  { title: "no answer", status: 502, code: "code-host-unavailable" },
  { title: "a commit that is not there", status: 422, code: "code-host-rejected" },
])("$title is an error, and asked again", async ({ status, code }) => {
  const { host, double, base } = await startAppHarness();
  double.inject({ path: "/check-runs", mischief: { kind: "answer", status, body: { message: "No" } } });
  expect(await failureOf(host.setCheck(SHOP, base, CHECK, PATIENT))).toMatchObject({ code });
  expect(await host.setCheck(SHOP, base, CHECK, PATIENT)).toBe("set");
});

test("a check of another App by the same name is left alone", async () => {
  const harness = await startAppHarness();
  const { host, double, base } = harness;
  const { commit } = await openPull(harness);
  double.inject({
    method: "GET",
    path: "/check-runs",
    mischief: {
      kind: "answer",
      status: 200,
      body: {
        total_count: 1,
        check_runs: [{ id: 7, name: CHECK.name, conclusion: "failure", output: null, app: { id: 1 } }],
      },
    },
  });
  expect(await host.setCheck(SHOP, commit, CHECK, PATIENT)).toBe("set");
  expect(double.checkRuns("acme", "shop", commit)).toMatchObject([{ conclusion: "success" }]);
  expect(double.checkRuns("acme", "shop", base)).toEqual([]);
  expect(countOf(harness, "PATCH", "/check-runs")).toBe(0);
});
