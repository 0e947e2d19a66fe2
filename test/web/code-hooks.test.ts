import { createHmac } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { HOUR_MS, later } from "../../src/time.ts";
import { serveWeb } from "../../src/web/server.ts";
import {
  BOT,
  bytesOf,
  commentPayload,
  commitOf,
  installationPayload,
  pullPayload,
  pushPayload,
  REPOSITORY,
  runPayload,
  statusPayload,
  suitePayload,
} from "../code-events/payloads.ts";
import {
  callOf,
  codeHooksOn,
  DISCOVER,
  GUID,
  KEY,
  NOW,
  PATH,
  PROPOSAL,
  PROPOSE,
  SECRET,
  signatureOf,
} from "./code-hooks-under-test.ts";

const MIB = 1024 * 1024;
const never = () => new Promise<never>(() => {});
const PUSH = pushPayload();

describe("a webhook has looked at now", () => {
  test.each([
    { title: "the code repository that was pushed to", name: "push", payload: PUSH, due: [DISCOVER] },
    {
      title: "the pull request that was closed",
      name: "pull_request",
      payload: pullPayload("closed"),
      due: [PROPOSE],
    },
    {
      title: "the pull request below which somebody asks something",
      name: "issue_comment",
      payload: commentPayload("/hullkeeper rebase"),
      due: [PROPOSE],
    },
  ])("$title", async ({ name, payload, due }) => {
    const hooks = await codeHooksOn();
    const answer = await hooks.app.request(PATH, callOf(name, payload));
    expect([answer.status, await answer.json()]).toEqual([202, { accepted: 1 }]);
    expect(await hooks.due()).toEqual(due);
    expect(await hooks.store.lookWish(KEY)).toBe(name === "push" ? undefined : NOW);
    expect(hooks.counted).toEqual([`${name} accepted`]);
    expect(hooks.logged).toMatchObject([{ level: "debug", event: name, outcome: "accepted" }]);
  });

  it("the pull request that waits for its checks, a moment later and once for many of them", async () => {
    const hooks = await codeHooksOn();
    await hooks.store.saveProposal({ ...PROPOSAL, mergesItself: true });
    const calls = [
      callOf("check_run", runPayload("completed"), { "x-github-delivery": "a" }),
      callOf("status", statusPayload(), { "x-github-delivery": "b" }),
      callOf("check_suite", suitePayload("completed"), { "x-github-delivery": "c" }),
    ];
    for (const call of calls) expect((await hooks.app.request(PATH, call)).status).toBe(202);
    expect(await hooks.due()).toEqual([]);
    expect(await hooks.store.claimDue(later(NOW, 5_000), HOUR_MS, 10)).toEqual([PROPOSE]);
    expect(await hooks.store.lookWish(KEY)).toBe(NOW);
  });

  it("which code repositories there are, a moment later", async () => {
    const { app, store } = await codeHooksOn();
    expect((await app.request(PATH, callOf("installation", installationPayload("created")))).status).toBe(
      202,
    );
    expect(await store.claimDue(later(NOW, 10_000), HOUR_MS, 10)).toEqual([{ kind: "repositories" }]);
  });

  it("under the name it was written down by", async () => {
    const hooks = await codeHooksOn();
    const repository = { ...REPOSITORY, name: "Shop", owner: { login: "ACME" } };
    await hooks.app.request(PATH, callOf("push", pushPayload({ repository })));
    expect(await hooks.due()).toEqual([DISCOVER]);
  });
});

describe("a webhook that changes nothing is taken:", () => {
  test.each([
    { title: "a ping", name: "ping", payload: { zen: "Design for failure.", hook_id: 1 }, says: "ping" },
    {
      title: "a check of a pull request that a person merges",
      name: "check_suite",
      payload: suitePayload("completed"),
      says: "not-awaited",
    },
    {
      title: "a check of our own",
      name: "check_run",
      payload: runPayload("completed", { name: "hullkeeper/verification" }),
      says: "own",
    },
    { title: "of another kind", name: "star", payload: { action: "created" }, says: "other-event" },
    {
      title: "a push of other files",
      name: "push",
      payload: pushPayload({ commits: [commitOf({ modified: ["README.md"] })] }),
      says: "other-files",
    },
    {
      title: "a push elsewhere",
      name: "push",
      payload: pushPayload({ ref: "refs/heads/x" }),
      says: "other-branch",
    },
    {
      title: "of a repository that is not read",
      name: "push",
      payload: pushPayload({ repository: { ...REPOSITORY, name: "blog" } }),
      says: "not-known",
    },
    {
      title: "what we did ourselves",
      name: "pull_request",
      payload: pullPayload("edited", { sender: BOT }),
      says: "own",
    },
    {
      title: "a comment that asks nothing",
      name: "issue_comment",
      payload: commentPayload("hm"),
      says: "no-command",
    },
  ])("$title", async ({ name, payload, says }) => {
    const hooks = await codeHooksOn();
    const answer = await hooks.app.request(PATH, callOf(name, payload));
    expect([answer.status, await answer.json()]).toEqual([202, { ignored: says }]);
    expect(await hooks.due()).toEqual([]);
    expect(hooks.counted).toEqual([`${name === "star" ? "other" : name} ignored`]);
  });

  it("one that came before", async () => {
    const hooks = await codeHooksOn();
    await hooks.app.request(PATH, callOf("push", PUSH));
    await hooks.due();
    const again = await hooks.app.request(PATH, callOf("push", PUSH));
    expect([again.status, await again.json()]).toEqual([202, { ignored: "delivered-before" }]);
    expect(await hooks.due()).toEqual([]);
  });

  it("and one that somebody recorded and sends under another id has the same looked at, and no more", async () => {
    const hooks = await codeHooksOn();
    for (let n = 0; n < 50; n += 1) {
      const call = callOf("push", PUSH, { "x-github-delivery": `replay-${n}` });
      expect((await hooks.app.request(PATH, call)).status).toBe(202);
    }
    expect(await hooks.due()).toEqual([DISCOVER]);
    expect(await hooks.store.proposals()).toEqual([PROPOSAL]);
  });
});

describe("a call is not believed", () => {
  const sha1 = `sha1=${createHmac("sha1", SECRET).update(bytesOf(PUSH)).digest("hex")}`;
  const other = (secret: string): string => signatureOf(bytesOf(PUSH), secret);
  test.each([
    {
      title: "without a signature",
      headers: { "x-hub-signature-256": undefined, "x-hub-signature": undefined },
    },
    { title: "signed by SHA-1 alone", headers: { "x-hub-signature-256": undefined } },
    { title: "with SHA-1 in the place of SHA-256", headers: { "x-hub-signature-256": sha1 } },
    { title: "signed with another secret", headers: { "x-hub-signature-256": other(`${SECRET}x`) } },
    { title: "signed with no secret", headers: { "x-hub-signature-256": other("") } },
    { title: "with an empty signature", headers: { "x-hub-signature-256": "" } },
    { title: "with half a signature", headers: { "x-hub-signature-256": other(SECRET).slice(0, 40) } },
    { title: "with a longer signature", headers: { "x-hub-signature-256": `${other(SECRET)}00` } },
    { title: "with two signatures", headers: { "x-hub-signature-256": `${other("x")}, ${other(SECRET)}` } },
    {
      title: "with a signature of something else",
      headers: { "x-hub-signature-256": signatureOf(bytesOf({})) },
    },
    { title: "that bears the secret", headers: { "x-hub-signature-256": SECRET } },
  ])("$title", async ({ headers }) => {
    const hooks = await codeHooksOn();
    const answer = await hooks.app.request(PATH, callOf("push", PUSH, headers));
    expect([answer.status, await answer.json()]).toEqual([401, { refused: "unproven" }]);
    expect(await hooks.due()).toEqual([]);
    expect(hooks.counted).toEqual(["push unproven"]);
  });

  test.each([
    { title: "of which a byte is missing", change: (body: Uint8Array) => body.slice(0, -1) },
    { title: "with a byte more", change: (body: Uint8Array) => Buffer.concat([body, Buffer.from("\n")]) },
    {
      title: "written otherwise",
      change: (body: Uint8Array) =>
        Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString()), undefined, 1)),
    },
    { title: "that is gone", change: () => Buffer.alloc(0) },
  ])("for a body $title", async ({ change }) => {
    const hooks = await codeHooksOn();
    const call = callOf("push", PUSH);
    const answer = await hooks.app.request(PATH, { ...call, body: new Uint8Array(change(call.body)) });
    expect(answer.status).toBe(401);
    expect(await hooks.due()).toEqual([]);
  });
});

describe("a call is refused", () => {
  test.each([
    {
      title: "in a form",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      says: "content-type",
    },
    { title: "as text", headers: { "content-type": "text/plain" }, says: "content-type" },
    {
      title: "as something like JSON",
      headers: { "content-type": "application/jsonp" },
      says: "content-type",
    },
    { title: "without a type", headers: { "content-type": undefined }, says: "content-type" },
    { title: "without an id", headers: { "x-github-delivery": undefined }, says: "headers" },
    { title: "with an id that is none", headers: { "x-github-delivery": "a b" }, says: "headers" },
    { title: "with an id of any length", headers: { "x-github-delivery": "a".repeat(65) }, says: "headers" },
    { title: "without saying what happened", headers: { "x-github-event": undefined }, says: "headers" },
    { title: "that is not what it says", headers: { "x-github-event": "issue_comment" }, says: "malformed" },
  ])("$title", async ({ headers, says }) => {
    const hooks = await codeHooksOn();
    const answer = await hooks.app.request(PATH, callOf("push", PUSH, headers));
    expect([answer.status, await answer.json()]).toEqual([400, { refused: says }]);
    expect(await hooks.due()).toEqual([]);
  });

  it.each(["GET", "PUT", "DELETE"])("by %s", async (method) => {
    const { app } = await codeHooksOn();
    const answer = await app.request(PATH, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("that is signed and no JSON", async () => {
    const { app } = await codeHooksOn();
    const body = Buffer.from("{");
    const call = { ...callOf("push", PUSH, { "x-hub-signature-256": signatureOf(body) }), body };
    const answer = await app.request(PATH, call);
    expect([answer.status, await answer.json()]).toEqual([400, { refused: "not-json" }]);
  });

  it("with a type that has parameters it is not", async () => {
    const { app } = await codeHooksOn();
    const call = callOf("push", PUSH, { "content-type": "application/json; charset=utf-8" });
    expect((await app.request(PATH, call)).status).toBe(202);
  });
});

describe("too much is turned away:", () => {
  it("a body of one byte more than 4 MiB", async () => {
    const { app, counted } = await codeHooksOn();
    const body = Buffer.alloc(4 * MIB + 1, 0x20);
    const call = { ...callOf("push", PUSH, { "x-hub-signature-256": signatureOf(body) }), body };
    expect((await app.request(PATH, call)).status).toBe(413);
    expect(counted).toEqual(["push too-large"]);
  });

  it("but a push of as many commits as GitHub tells of is read", async () => {
    const hooks = await codeHooksOn();
    const commits = Array(2_048).fill(
      commitOf({ modified: Array(10).fill("docs/guide/installation/on-premises.md") }),
    );
    const call = callOf("push", pushPayload({ commits }));
    expect(call.body.length).toBeGreaterThan(1.5 * MIB);
    expect((await hooks.app.request(PATH, call)).status).toBe(202);
    expect(await hooks.due()).toEqual([DISCOVER]);
  });

  it("a body that never ends", async () => {
    const { app, counted } = await codeHooksOn({ limits: { bodyTimeoutMs: 30 } });
    const server = await serveWeb(app, { host: "127.0.0.1", port: 0 });
    onTestFinished(() => server.close());
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    onTestFinished(() => {
      socket.destroy();
    });
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nX-GitHub-Event: push\r\nContent-Length: 100\r\n\r\n{"ref":`,
    );
    await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1\.1 408 [^]*\{"refused":"too-slow"\}/);
    expect(counted).toEqual(["push too-slow"]);
  });

  it("more calls than a burst, until time has passed", async () => {
    let nowMs = 0;
    const { app, counted } = await codeHooksOn({ monotonicMs: () => nowMs });
    const statuses = new Map<number, number>();
    for (let call = 0; call < 500; call += 1) {
      const { status } = await app.request(
        PATH,
        callOf("push", PUSH, { "x-hub-signature-256": "sha256=00" }),
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 401: 200, 429: 300 });
    expect(counted.filter((one) => one === "push rate-limited")).toHaveLength(300);
    nowMs += 1_000;
    const again = await app.request(PATH, callOf("push", PUSH));
    expect(again.status).toBe(202);
  });

  it("more calls at one time, and none any more when those ended", async () => {
    const asked = Promise.withResolvers<"noted">();
    const { app } = await codeHooksOn({
      limits: { concurrent: 2 },
      wrap: (store) => ({ ...store, noteDelivery: () => asked.promise }),
    });
    const call = async (): Promise<Response> => app.request(PATH, callOf("push", PUSH));
    const first = [call(), call()];
    const third = await app.request(PATH, callOf("push", PUSH));
    expect([third.status, third.headers.get("retry-after")]).toEqual([429, "5"]);
    asked.resolve("noted");
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([202, 202]);
    expect((await call()).status).toBe(202);
  });
});

describe("when the store", () => {
  test.each([
    { title: "does not answer what is known", part: { knownUnder: never } },
    { title: "does not answer that it noted it", part: { noteDelivery: never } },
    {
      title: "says that it cannot",
      part: {
        noteDelivery: () => Promise.reject(new CodedError("redis-unavailable", "asking Redis failed: gone")),
      },
    },
  ])("$title, it is to come again, and then it counts", async ({ part }) => {
    let isAway = true;
    const hooks = await codeHooksOn({
      limits: { storeTimeoutMs: 20 },
      wrap: (store) => ({
        ...store,
        knownUnder: (name) => (isAway && "knownUnder" in part ? part.knownUnder() : store.knownUnder(name)),
        noteDelivery: (notice) =>
          isAway && "noteDelivery" in part ? part.noteDelivery() : store.noteDelivery(notice),
      }),
    });
    const answer = await hooks.app.request(PATH, callOf("push", PUSH));
    expect([answer.status, await answer.json()]).toEqual([503, { refused: "unavailable" }]);
    expect(await hooks.due()).toEqual([]);
    expect(hooks.counted).toEqual(["push unavailable"]);

    isAway = false;
    expect((await hooks.app.request(PATH, callOf("push", PUSH))).status).toBe(202);
    expect(await hooks.due()).toEqual([DISCOVER]);
  });

  it("fails in a way that nobody thought of, it is a fault of ours", async () => {
    const hooks = await codeHooksOn({
      wrap: (store) => ({ ...store, noteDelivery: () => Promise.reject(new TypeError("password=hunter2")) }),
    });
    const answer = await hooks.app.request(PATH, callOf("push", PUSH));
    expect([answer.status, await answer.json()]).toEqual([500, { refused: "failed" }]);
    expect(hooks.faults).toMatchObject([{ path: "/hooks" }]);
  });
});

it("without a secret there is nothing there", async () => {
  const { app } = await codeHooksOn();
  expect((await app.request("/hooks/code-hosts", callOf("push", PUSH))).status).toBe(404);
  expect((await app.request(`${PATH}/${GUID}`, callOf("push", PUSH))).status).toBe(404);
});

it("the secret is in no answer, log line or fault", async () => {
  const told: string[] = [];
  for (const headers of [{}, { "x-hub-signature-256": SECRET }, { "content-type": SECRET }]) {
    const hooks = await codeHooksOn();
    const answer = await hooks.app.request(PATH, callOf("push", PUSH, headers));
    told.push(await answer.text(), JSON.stringify([...answer.headers]), JSON.stringify(hooks.logged));
  }
  expect(told.join("\n")).toContain("webhook not taken");
  expect(told.join("\n")).not.toContain(SECRET);
});
