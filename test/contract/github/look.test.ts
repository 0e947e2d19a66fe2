import { expect, test } from "vitest";
import { BRANCH, CONTENT, contentOn, failureOf, PATIENT, propose, SHOP, startHarness } from "./harness.ts";

const QUESTION = { baseBranch: "main", branch: BRANCH, paths: ["Dockerfile"] };

test("answers with everything in one request", async () => {
  const harness = await startHarness();
  const { commit, number } = await propose(harness, contentOn(harness.base));
  const before = harness.double.requests.length;
  const look = await harness.host.look(SHOP, QUESTION, PATIENT);
  expect(look).toMatchObject({
    base: { name: "main", commit: harness.base },
    head: { commit, message: "Update jre-25\n\nHullkeeper-Image: jre-25", parents: [harness.base] },
    pull: {
      number,
      state: "open",
      title: CONTENT.title,
      body: CONTENT.body,
      baseBranch: "main",
      headCommit: commit,
    },
    files: [{ path: "Dockerfile", text: "FROM scratch\n" }],
  });
  expect(harness.double.requests.length - before).toBe(1);
});

test("says who closed it, in the same request, and not of one that is open again or merged", async () => {
  const harness = await startHarness();
  const { double, host } = harness;
  const { number } = await propose(harness, contentOn(harness.base));
  const pull = async () => (await host.look(SHOP, { ...QUESTION, paths: [] }, PATIENT)).pull;
  const before = double.requests.length;
  await double.closePullRequest("acme", "shop", number);
  expect(await pull()).toMatchObject({ state: "closed", closedBy: "a-person" });
  expect(double.requests).toHaveLength(before + 1);
  await double.reopenPullRequest("acme", "shop", number);
  expect(await pull()).not.toHaveProperty("closedBy");
  await double.mergePullRequest("acme", "shop", number);
  expect(await pull()).toMatchObject({ state: "merged" });
  expect(await pull()).not.toHaveProperty("closedBy");
});

test("does not know who closed it where the host does not say", async () => {
  const harness = await startHarness();
  const { double, host } = harness;
  await propose(harness, contentOn(harness.base));
  await host.deleteBranch(SHOP, BRANCH, (await double.branchCommit("acme", "shop", BRANCH)) ?? "", PATIENT);
  const { pull } = await host.look(SHOP, { ...QUESTION, paths: [] }, PATIENT);
  expect(pull).toMatchObject({ state: "closed" });
  expect(pull).not.toHaveProperty("closedBy");
});

test("says what is not there by leaving it out", async () => {
  const { host } = await startHarness();
  const look = await host.look(SHOP, { ...QUESTION, paths: ["gone", "Dockerfile/x"] }, PATIENT);
  expect(look.files).toEqual([]);
  expect(look).not.toHaveProperty("head");
  expect(look).not.toHaveProperty("pull");
});

test.each([
  { title: "a byte-order mark", text: "\u{feff}FROM scratch\n" },
  { title: "line ends of Windows", text: "FROM scratch\r\n" },
  { title: "nothing", text: "" },
  { title: "more than GraphQL gives", text: "# é\n".repeat(150_000) },
])("gives exact text: $title", async ({ text }) => {
  const { host } = await startHarness([{ path: "Dockerfile", content: text }]);
  const { files } = await host.look(SHOP, QUESTION, PATIENT);
  expect(files).toEqual([{ path: "Dockerfile", text }]);
});

test("leaves out what is no text and what is no file", async () => {
  const { host } = await startHarness([
    { path: "link", content: "Dockerfile", mode: "120000" },
    { path: "dir/a", content: "a" },
  ]);
  const { files } = await host.look(SHOP, { ...QUESTION, paths: ["link", "dir"] }, PATIENT);
  expect(files).toEqual([]);
});

test("200 looks cost 10 requests", async () => {
  const { host, double } = await startHarness();
  const looks = Array.from({ length: 200 }, () => host.look(SHOP, { ...QUESTION, paths: [] }, PATIENT));
  expect(await Promise.all(looks)).toHaveLength(200);
  expect(double.requests).toHaveLength(10);
});

test("one that is not there does not harm the others", async () => {
  const { host } = await startHarness();
  const good = host.look(SHOP, QUESTION, PATIENT);
  const bad = host.look({ owner: "acme", name: "gone" }, QUESTION, PATIENT);
  const branchless = host.look(SHOP, { ...QUESTION, baseBranch: "gone" }, PATIENT);
  expect((await failureOf(bad)).code).toBe("code-host-not-found");
  expect((await failureOf(branchless)).code).toBe("code-host-not-found");
  expect((await good).files).toHaveLength(1);
});

test("where GraphQL is not there, REST answers the same, and GraphQL is not asked again", async () => {
  const harness = await startHarness();
  const { host, double, base } = harness;
  double.inject({
    path: "/graphql",
    mischief: { kind: "answer", status: 404, body: { message: "Not Found" } },
  });
  const first = await host.look(SHOP, QUESTION, PATIENT);
  const second = await host.look(SHOP, QUESTION, PATIENT);
  expect(first).toEqual(second);
  expect(first).toMatchObject({
    base: { commit: base },
    files: [{ path: "Dockerfile", text: "FROM scratch\n" }],
  });
  expect(double.requests.filter(({ kind }) => kind === "graphql")).toHaveLength(1);
});

test.each([
  { title: "no answer", status: 502, code: "code-host-unavailable" },
  { title: "a wrong token", status: 401, code: "code-host-unauthorized" },
  { title: "too many requests", status: 429, code: "code-host-rate-limited" },
])("$title is no reason to ask by REST", async ({ status, code }) => {
  const { host, double } = await startHarness();
  double.inject({ path: "/graphql", mischief: { kind: "answer", status, body: { message: "no" } } });
  expect((await failureOf(host.look(SHOP, QUESTION, PATIENT))).code).toBe(code);
  expect(double.requests).toHaveLength(1);
});

test("who gives up does not end the others' request", async () => {
  const { host } = await startHarness();
  const controller = new AbortController();
  const left = host.look(SHOP, QUESTION, controller.signal);
  const stays = host.look(SHOP, QUESTION, PATIENT);
  controller.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  expect((await stays).files).toHaveLength(1);
});
