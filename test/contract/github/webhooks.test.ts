import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { createGitHub } from "../../../src/adapters/github/github.ts";
import { readCodeEvent } from "../../../src/code-events/read.ts";
import type { HookDeliveries } from "../../../src/ports/hook-deliveries.ts";
import { isSigned } from "../../../src/push/proof.ts";
import { REDELIVER } from "../../../src/queues.ts";
import { Secret } from "../../../src/secret.ts";
import { DAY_MS, later, MINUTE_MS, SECOND_MS } from "../../../src/time.ts";
import { redeliver } from "../../../workers/redeliver.ts";
import { createOpenApiValidator } from "../../fakes/github/openapi-validator.ts";
import { type GitHubDouble, startGitHubDouble } from "../../fakes/github/start-github-double.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { type Bench, createBench } from "../../workers/bench.ts";

/** Compiling its schemas takes longer than most tests. */
const VALIDATOR = createOpenApiValidator();
const SECRET = new Secret("a webhook secret of the tests");
const PROOF = { kind: "hmac", headers: ["x-hub-signature-256"], key: SECRET } as const;
const KEYS = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const SHOP = { owner: "acme", name: "shop" };
const ENDLESS = new AbortController().signal;

/** A webhook as it came. */
interface Call {
  readonly event: string;
  readonly id: string;
  readonly isSigned: boolean;
  readonly body: Buffer;
}

interface Scene {
  readonly double: GitHubDouble;
  readonly deliveries: HookDeliveries;
  readonly bench: Bench;
  readonly url: string;
  /** Oldest first. */
  readonly calls: readonly Call[];
  /** What the receiver answers from now on. */
  answer(status: number): void;
  /** What it got was an event, as the product reads it. */
  readonly events: () => readonly unknown[];
  /** Does the work that looks for what was lost. */
  readonly run: () => Promise<void>;
  readonly asked: () => readonly string[];
}

/** A double with an App and a code repository, a receiver, and what asks for webhooks again; its clock stands. */
async function start(): Promise<Scene> {
  const bench = createBench();
  const { clock } = bench;
  // Assertions of an App are made by the clock of this machine.
  clock.advance(Date.now() - clock.at);
  const double = await startGitHubDouble({
    validator: VALIDATOR,
    now: () => new Date(clock.at),
    app: { id: 4_711, key: KEYS.publicKey },
  });
  onTestFinished(async () => double.close());
  await double.createRepository("acme", "shop", { Dockerfile: "FROM a\n", "README.md": "1\n" });
  await double.install("acme");
  const receiver = await receive();
  await double.sendWebhooks({ url: receiver.url, secret: SECRET.reveal() });
  const { deliveries } = createGitHub({
    baseUrl: double.url,
    auth: { kind: "app", id: "4711", privateKey: new Secret(KEYS.privateKey) },
    webhooks: "received",
    userAgent: "test",
    metrics: UNCOUNTED,
  });
  if (deliveries === undefined) throw new Error("an App can look at its webhooks");
  const context = { ...bench.context, codeHost: { ...bench.context.codeHost, deliveries } };
  return {
    double,
    deliveries,
    bench,
    ...receiver,
    events: () =>
      receiver.calls.map(({ event, body }) => {
        const reading = readCodeEvent(event, body);
        return reading.kind === "event" ? reading.event : reading;
      }),
    async run() {
      await double.told();
      await redeliver.handle({}, context, ENDLESS);
      await double.told();
    },
    asked: () => double.requests.filter(({ method }) => method === "POST").map(({ path }) => path),
  };
}

async function receive(): Promise<Pick<Scene, "url" | "calls" | "answer">> {
  const calls: Call[] = [];
  let status = 202;
  const server = createServer((request, response) => {
    const taken = async (): Promise<void> => {
      calls.push(await callOf(request));
      response.writeHead(status).end();
    };
    void taken();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/hooks/code-host`,
    calls,
    answer(next) {
      status = next;
    },
  };
}

async function callOf(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  const headers = new Headers(
    Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return {
    event: headers.get("x-github-event") ?? "",
    id: headers.get("x-github-delivery") ?? "",
    isSigned: isSigned(PROOF, headers, body),
    body,
  };
}

const ignored = (reason: string) => ({ kind: "ignored", reason });

describe("the double tells what happens, signed:", () => {
  const main = { kind: "pushed", codeRepository: SHOP, branch: "main", isDefault: true };
  const pull = {
    kind: "pull-request",
    codeRepository: SHOP,
    branch: "hullkeeper/bellsoft",
    isReopened: false,
  };

  it("a push, with the files it touches", async () => {
    const { double, calls, events } = await start();
    await double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM b\n" });
    await double.commitFile("acme", "shop", { path: "k8s/app.yaml", content: "x" });
    await double.told();
    expect(events()).toEqual([
      { ...main, files: { kind: "listed", paths: ["Dockerfile"] } },
      { ...main, files: { kind: "listed", paths: ["k8s/app.yaml"] } },
    ]);
    expect(calls.every(({ isSigned: is }) => is)).toBe(true);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  });

  it("a new branch, whose files nobody knows", async () => {
    const { double, events } = await start();
    await double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM b\n", branch: "next" });
    await double.told();
    expect(events()).toEqual([{ ...main, branch: "next", isDefault: false, files: { kind: "unknown" } }]);
  });

  it("what people do to a pull request", async () => {
    const { double, events } = await start();
    const branch = "hullkeeper/bellsoft";
    await double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM b\n", branch });
    const { octokit } = await import("octokit").then(({ Octokit }) => ({
      octokit: new Octokit({ auth: double.token, baseUrl: double.url, throttle: { enabled: false } }),
    }));
    await octokit.rest.pulls.create({
      owner: "acme",
      repo: "shop",
      title: "t",
      body: "b",
      head: branch,
      base: "main",
    });
    await double.editPullRequest("acme", "shop", 1, { body: "other" });
    await double.closePullRequest("acme", "shop", 1);
    await double.reopenPullRequest("acme", "shop", 1);
    double.say("acme", "shop", 1, { author: "octocat", body: "/hullkeeper rebase" });
    await double.told();
    await double.mergePullRequest("acme", "shop", 1);
    await double.told();
    expect(events()).toEqual([
      { kind: "ignored", reason: "other-branch" },
      { kind: "ignored", reason: "other-action" },
      pull,
      pull,
      { ...pull, isReopened: true },
      { kind: "asked", codeRepository: SHOP, number: 1 },
      expect.objectContaining({ ...main, files: { kind: "listed", paths: ["Dockerfile"] } }),
      pull,
    ]);
  });

  it("what checks say about the head of a branch of ours, and of others", async () => {
    const { double, calls, events } = await start();
    const branch = "hullkeeper/bellsoft";
    const commit = await double.commitFile("acme", "shop", {
      path: "Dockerfile",
      content: "FROM b\n",
      branch,
    });
    await double.told();
    const before = events().length;
    double.runCheck("acme", "shop", commit, { name: "build" });
    double.runCheck("acme", "shop", commit, { name: "test", conclusion: "success" });
    double.runCheck("acme", "shop", commit, { name: "lint", conclusion: "failure", app: "other" });
    double.report("acme", "shop", commit, { context: "dco", state: "success" });
    double.report("acme", "shop", commit, { context: "dco", state: "failure" });
    double.report("acme", "shop", commit, { context: "hullkeeper/sla", state: "success" });
    const base = await double.branchCommit("acme", "shop", "main");
    double.report("acme", "shop", base ?? "", { context: "dco", state: "success" });
    await double.told();
    const checked = { kind: "checked", codeRepository: SHOP, branches: [branch] };
    expect(calls.slice(before).map(({ event }) => event)).toEqual([
      ...Array<string>(5).fill("check_run"),
      "check_suite",
      ...Array<string>(4).fill("status"),
    ]);
    expect(events().slice(before)).toEqual([
      ignored("other-action"),
      ignored("other-action"),
      { ...checked, apps: [expect.any(String), expect.stringMatching(/^Iv1\./)] },
      ignored("other-action"),
      ignored("not-green"),
      ignored("not-green"),
      { ...checked, apps: [] },
      ignored("not-green"),
      ignored("own"),
      ignored("other-branch"),
    ]);
  });

  it("what becomes of code repositories and installations", async () => {
    const { double, events, calls } = await start();
    await double.changeRepository("acme", "shop", { isArchived: true });
    await double.createRepository("acme", "blog", { a: "a" });
    const id = await double.install("other", { repositories: [] });
    await double.changeInstallation(id, { state: "suspended" });
    await double.changeInstallation(id, { state: "removed" });
    await double.told();
    expect(new Set(calls.map(({ event }) => event))).toEqual(
      new Set(["repository", "installation", "installation_repositories", "push"]),
    );
    const listings = events().filter((event) => JSON.stringify(event) === '{"kind":"repositories"}');
    expect(listings).toHaveLength(calls.filter(({ event }) => event !== "push").length);
  });

  it("and remembers what came of it", async () => {
    const scene = await start();
    scene.answer(503);
    await scene.double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM b\n" });
    await scene.double.told();
    const { deliveries } = await scene.deliveries.since(later(scene.bench.clock.at, -MINUTE_MS), ENDLESS);
    expect(deliveries).toMatchObject([{ id: scene.calls[0]?.id, event: "push", status: 503 }]);
  });
});

test.each([
  { title: "without what it must have", event: { name: "push", action: undefined, payload: {} } },
  { title: "of an unknown kind", event: { name: "push", action: "pushed", payload: {} } },
  {
    title: "whose action is another",
    event: { name: "pull_request", action: "closed", payload: { action: "x" } },
  },
])("the double would see a webhook $title", ({ event }) => {
  expect(VALIDATOR.webhookFaults(event)).not.toEqual([]);
});

describe("where webhooks go", () => {
  it("is told, without the secret", async () => {
    const { deliveries, url } = await start();
    expect(await deliveries.target(ENDLESS)).toEqual({ url, contentType: "json", hasSecret: true });
  });

  it("is nowhere for an App without one", async () => {
    const { double, deliveries } = await start();
    await double.sendWebhooks(undefined);
    expect(await deliveries.target(ENDLESS)).toEqual({ hasSecret: false });
  });

  it("is nobody's business who has a token", () => {
    const options = { baseUrl: "https://github.example/api/v3", userAgent: "test", metrics: UNCOUNTED };
    const token = { kind: "token", token: new Secret("ghp_x") } as const;
    const app = { kind: "app", id: "4711", privateKey: new Secret(KEYS.privateKey) } as const;
    expect(createGitHub({ ...options, auth: token, webhooks: "received" }).deliveries).toBeUndefined();
    expect(createGitHub({ ...options, auth: app }).deliveries).toBeUndefined();
  });
});

/** So many webhooks that are answered by 503. */
async function lose(scene: Scene, count: number): Promise<void> {
  scene.answer(503);
  for (let n = 0; n < count; n += 1) {
    await scene.double.commitFile("acme", "shop", { path: "Dockerfile", content: `FROM b${n}\n` });
  }
  await scene.double.told();
  scene.answer(202);
}

describe("webhooks that nobody took", () => {
  it("are asked for again, each once, and come", async () => {
    const scene = await start();
    await scene.run();
    await lose(scene, 3);
    const lost = scene.calls.map(({ id }) => id);
    await scene.run();
    expect(scene.calls.slice(3).map(({ id }) => id)).toEqual(lost);
    expect(scene.calls.every(({ isSigned: is }) => is)).toBe(true);
    expect(await scene.bench.messages("webhooks-asked-again")).toEqual([
      expect.stringMatching(/^3 that nobody had taken were asked for again, the oldest from /),
    ]);

    await scene.run();
    expect(scene.calls).toHaveLength(6);
    expect(scene.asked()).toHaveLength(3);
  });

  it("are not asked for a second time when they fail again", async () => {
    const scene = await start();
    await scene.run();
    await lose(scene, 1);
    scene.answer(503);
    await scene.run();
    await scene.run();
    expect(scene.asked()).toHaveLength(1);
  });

  it("are asked for where nobody listened at all", async () => {
    const scene = await start();
    await scene.run();
    await scene.double.sendWebhooks({ url: "http://127.0.0.1:1/hooks", secret: SECRET.reveal() });
    await scene.double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM b\n" });
    await scene.double.told();
    expect(scene.double.deliveries).toMatchObject([{ status: 502 }]);
    await scene.double.sendWebhooks({ url: scene.url, secret: SECRET.reveal() });
    await scene.run();
    expect(scene.events()).toMatchObject([{ kind: "pushed" }]);
  });

  it("are left where somebody sent them again by hand", async () => {
    const scene = await start();
    await scene.run();
    await lose(scene, 1);
    const [delivery] = (await scene.deliveries.since(later(scene.bench.clock.at, -MINUTE_MS), ENDLESS))
      .deliveries;
    if (delivery === undefined) throw new Error("nothing was sent");
    expect(await scene.deliveries.sendAgain(delivery, ENDLESS)).toBe("asked");
    await scene.run();
    expect(scene.asked()).toHaveLength(1);
  });

  it("are named to the last digit, of which a double has not so many", async () => {
    const { bench, deliveries, double, asked } = await start();
    const number = 3_804_004_623_172_239_366n;
    const attempt = {
      guid: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      delivered_at: "2026-11-28T12:00:00Z",
      event: "push",
      status_code: 503,
    };
    double.inject({
      path: "/app/hook/deliveries",
      mischief: {
        kind: "answer",
        status: 200,
        body: `[${JSON.stringify(attempt).replace("{", `{"id":${number},`)}]`,
        headers: { "content-type": "application/json; charset=utf-8" },
      },
    });
    const { deliveries: found } = await deliveries.since(later(bench.clock.at, -365 * DAY_MS), ENDLESS);
    expect(found).toMatchObject([{ number, id: attempt.guid }]);
    for (const delivery of found) await deliveries.sendAgain(delivery, ENDLESS);
    expect(asked()).toEqual([`/app/hook/deliveries/${number}/attempts`]);
  });

  it("are left where they were sent before we were there", async () => {
    const scene = await start();
    await lose(scene, 1);
    scene.bench.clock.advance(20 * MINUTE_MS);
    await scene.run();
    await scene.run();
    expect(scene.asked()).toEqual([]);
  });

  it("are found on as many pages as there are", async () => {
    const scene = await start();
    await scene.run();
    await lose(scene, 1);
    scene.answer(202);
    for (let n = 0; n < 120; n += 1) {
      await scene.double.changeRepository("acme", "shop", { isArchived: n % 2 === 0 });
    }
    await scene.run();
    expect(scene.asked()).toHaveLength(1);
  });

  it("are told of when GitHub may have forgotten them", async () => {
    const scene = await start();
    await scene.run();
    await lose(scene, 1);
    await scene.bench.store.saveDeliveriesSeenUpTo(later(scene.bench.clock.at, -4 * DAY_MS));
    await scene.run();
    await scene.run();
    expect(await scene.bench.messages("webhooks-lost")).toEqual([
      expect.stringMatching(/^not all that were sent since \d+ \w+ \d{4}/),
    ]);
    expect(scene.asked()).toHaveLength(1);
  });

  it("that GitHub no longer has are let go", async () => {
    const scene = await start();
    const delivery = { number: 1n, id: "x", deliveredAt: scene.bench.clock.at, event: "push", status: 503 };
    expect(await scene.deliveries.sendAgain(delivery, ENDLESS)).toBe("gone");
  });
});

test("what goes wrong at GitHub stops it, and it goes on where it was", async () => {
  const scene = await start();
  await scene.run();
  scene.answer(503);
  await scene.double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM b\n" });
  await scene.double.told();
  scene.answer(202);
  scene.double.inject({
    method: "POST",
    path: /attempts$/,
    mischief: { kind: "answer", status: 502, body: {} },
  });
  await expect(scene.run()).rejects.toMatchObject({ code: "code-host-unavailable" });
  expect(scene.calls).toHaveLength(1);
  await scene.run();
  expect(scene.calls).toHaveLength(2);
});

test("nobody looks where there are no webhooks of an App", async () => {
  const bench = createBench();
  await bench.store.schedule({ kind: "redeliver" }, await bench.clock.now(), "set");
  await bench.run(redeliver, {});
  expect(bench.store.dueAt({ kind: "redeliver" })).toBeUndefined();
  expect(REDELIVER.concurrency).toBe(1);
});

test("it is due again in five minutes", async () => {
  const scene = await start();
  await scene.run();
  const dueAt = scene.bench.store.dueAt({ kind: "redeliver" });
  expect(dueAt).toBe(later(scene.bench.clock.at, 300 * SECOND_MS));
});
