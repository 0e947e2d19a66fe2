import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMemoryGate, GateTime, OpenGate } from "../../fakes/host-gate.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import type { GateOutcome } from "../../../src/ports/host-gate.ts";
import { parseDigest } from "../../../src/image/digest.ts";
import { parseTag } from "../../../src/image/reference.ts";
import { Secret } from "../../../src/secret.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/time.ts";
import {
  clientFor,
  closeAll,
  errorOf,
  everythingIn,
  imageAt,
  lineAt,
  PATH,
  repositoryAt,
  startFake,
  type TestClient,
} from "./stage.ts";

const { signal } = new AbortController();
const DIGEST = parseDigest(`sha256:${"1".repeat(64)}`);
const everywhere = /./;
const manifests = /\/manifests\//;
const LOGIN = { login: { kind: "basic", username: "robot", password: new Secret("canary-pw") } } as const;
const user = { username: "robot", password: "canary-pw" };
const status = (code: number, headers: Record<string, string> = {}, body = ""): Fault => ({
  kind: "status",
  status: code,
  headers,
  body,
});

let fake: FakeRegistry;
let time: GateTime;
beforeEach(async () => {
  fake = await startFake();
  time = new GateTime();
});
afterEach(closeAll);

/** A client with a gate that keeps budgets, and one with a gate that only listens. */
function keeping(fakes: readonly FakeRegistry[] = [fake]): TestClient {
  return clientFor(fakes, { gate: createMemoryGate(time) });
}
function listening(
  at: FakeRegistry = fake,
  options: Partial<Parameters<typeof clientFor>[1]> = {},
): { readonly client: TestClient; readonly gate: OpenGate } {
  const gate = new OpenGate();
  return { client: clientFor([at], { ...options, gate }), gate };
}

const outcomesOf = ({ outcomes }: OpenGate): readonly GateOutcome[] => outcomes.map(({ outcome }) => outcome);

function nameOf(outcome: GateOutcome): string {
  return outcome.kind === "answered" ? (outcome.login ?? "answered") : outcome.kind;
}

const inAMinute = (): string => new Date(Date.now() + MINUTE_MS).toUTCString();

describe("a 429", () => {
  test.each([
    { title: "with seconds", header: () => "90", waitMs: [90 * SECOND_MS, 90 * SECOND_MS] },
    { title: "with a date", header: inAMinute, waitMs: [50 * SECOND_MS, MINUTE_MS] },
    {
      title: "with a date in the past",
      header: () => "Wed, 21 Oct 2015 07:28:00 GMT",
      waitMs: [SECOND_MS, SECOND_MS],
    },
    {
      title: "with a thousand million seconds",
      header: () => "1000000000",
      waitMs: [6 * HOUR_MS, 6 * HOUR_MS],
    },
  ])("$title is told to the gate with its time, for HEAD and GET", async ({ header, waitMs }) => {
    const { client, gate } = listening();
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    fake.faults.add({ path: manifests, fault: status(429, { "retry-after": header() }) });
    await errorOf(client.resolve(lineAt(fake), signal));
    await errorOf(client.manifest(imageAt(fake, digest), signal));
    const [atLeast = 0, atMost = 0] = waitMs;
    expect(gate.outcomes).toHaveLength(2);
    for (const { outcome } of gate.outcomes) {
      expect(outcome).toMatchObject({ kind: "rate-limited", limits: "all" });
      const waited = outcome.kind === "rate-limited" ? outcome.retryAfterMs : undefined;
      expect(waited).toBeGreaterThanOrEqual(atLeast);
      expect(waited).toBeLessThanOrEqual(atMost);
    }
  });

  test.each([
    {
      title: "that says how long in its body, as GHCR does",
      fault: status(429, {}, "retry-after: 2m3.5s, allowed: 44000/minute"),
      outcome: { kind: "rate-limited", limits: "all", retryAfterMs: 123_500 },
    },
    {
      title: "that says when its limit is full again, as Docker Hub's API does",
      fault: status(429, {
        "x-ratelimit-limit": "180",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "42",
      }),
      outcome: { kind: "rate-limited", limits: "all", retryAfterMs: 42_000 },
    },
    {
      title: "that does not say how long",
      fault: status(429),
      outcome: { kind: "rate-limited", limits: "all" },
    },
    {
      title: "in the body of another status",
      fault: status(503, {}, '{"errors":[{"code":"TOOMANYREQUESTS"}]}'),
      outcome: { kind: "rate-limited", limits: "all" },
    },
    {
      title: "for a spent pull limit, by its text",
      fault: status(
        429,
        {},
        "You have reached your unauthenticated pull rate limit. https://x.example/limit",
      ),
      outcome: { kind: "rate-limited", limits: "pull" },
    },
  ])("$title is told to the gate", async ({ fault, outcome }) => {
    const { client, gate } = listening();
    fake.faults.add({ path: manifests, fault });
    await errorOf(client.manifest(imageAt(fake, DIGEST), signal));
    expect(outcomesOf(gate)).toEqual([outcome]);
  });

  test("of the token service counts as one of its registry", async () => {
    const withTokens = await startFake({ login: { kind: "token" } });
    const { client, gate } = listening(withTokens);
    withTokens.faults.add({ path: /^\/token/, fault: status(429, { "retry-after": "60" }) });
    await errorOf(client.resolve(lineAt(withTokens), signal));
    expect(gate.outcomes).toEqual([
      {
        key: { host: withTokens.host, credential: "anonymous" },
        outcome: { kind: "rate-limited", limits: "all", retryAfterMs: MINUTE_MS },
      },
    ]);
  });

  test("leaves the host alone until its time is over, and no other host", async () => {
    const other = await startFake();
    for (const each of [fake, other]) each.putImage(PATH, { tag: "latest" });
    const client = keeping([fake, other]);
    fake.faults.add({ path: manifests, fault: status(429, { "retry-after": "3600" }), times: 1 });
    await errorOf(client.resolve(lineAt(fake), signal));

    const deferred = await errorOf(client.resolve(lineAt(fake), signal));
    expect(deferred).toMatchObject({ code: "registry-deferred", retryAfterMs: HOUR_MS });
    expect(fake.requests).toHaveLength(1);
    expect(await client.resolve(lineAt(other), signal)).toMatchObject({ kind: "found" });

    time.advance(HOUR_MS);
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });
});

describe("a pull limit", () => {
  const nearlySpent: Fault = {
    kind: "headers",
    headers: { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600" },
  };

  test("that a HEAD tells to be spent stops pulls, and no checks", async () => {
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    const client = keeping();
    fake.faults.add({ path: manifests, fault: nearlySpent });
    await client.resolve(lineAt(fake), signal);
    const error = await errorOf(client.manifest(imageAt(fake, digest), signal));
    expect(error).toMatchObject({ code: "registry-deferred", retryAfterMs: 15 * MINUTE_MS });
    expect(error.message).toContain("nearly nothing is left of its pull limit");
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    expect(fake.requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
  });

  test("is told to the gate with its window", async () => {
    fake.putImage(PATH, { tag: "latest" });
    const { client, gate } = listening();
    fake.faults.add({ path: manifests, fault: nearlySpent });
    await client.resolve(lineAt(fake), signal);
    expect(outcomesOf(gate)).toEqual([
      { kind: "pull-limit", remaining: 0, limit: 100, windowMs: 21_600_000 },
      { kind: "answered" },
    ]);
  });

  test.each([
    { title: "one half of it", headers: { "ratelimit-limit": "100;w=21600" } },
    { title: "no window", headers: { "ratelimit-limit": "100", "ratelimit-remaining": "0" } },
    { title: "words", headers: { "ratelimit-limit": "many;w=long", "ratelimit-remaining": "none;w=long" } },
    {
      title: "it twice",
      headers: { "ratelimit-limit": ["1;w=1", "1;w=1"], "ratelimit-remaining": ["0;w=1", "0;w=1"] },
    },
    { title: "less than nothing", headers: { "ratelimit-limit": "-1;w=1", "ratelimit-remaining": "-1;w=1" } },
  ])("is not believed when an answer says $title", async ({ headers }) => {
    fake.putImage(PATH, { tag: "latest" });
    const { client, gate } = listening();
    fake.faults.add({ path: manifests, fault: { kind: "headers", headers } });
    await client.resolve(lineAt(fake), signal);
    expect(outcomesOf(gate)).toEqual([{ kind: "answered" }]);
  });
});

describe("a host that fails", () => {
  test.each<{ readonly title: string; readonly fault: Fault }>([
    { title: "answers 500", fault: status(500) },
    { title: "answers 503", fault: status(503) },
    { title: "answers 408", fault: status(408) },
    { title: "drops the connection", fault: { kind: "drop", when: "before-answer" } },
    { title: "drops it in the body", fault: { kind: "drop", when: "in-body" } },
    { title: "does not answer", fault: { kind: "hang" } },
    { title: "does not end its answer", fault: { kind: "drip" } },
    { title: "does not end its header", fault: { kind: "header-drip" } },
  ])(
    "is not asked again when it $title five times in a row, and tried by one request later",
    async ({ fault }) => {
      const { digest } = fake.putImage(PATH, { tag: "latest" });
      const client = clientFor([fake], { gate: createMemoryGate(time), timeouts: { requestMs: 60 } });
      const stop = fake.faults.add({ path: manifests, fault });
      const ask = () => errorOf(client.manifest(imageAt(fake, digest), signal));
      for (let count = 0; count < 5; count++) expect((await ask()).code).not.toBe("registry-deferred");
      const before = fake.requests.length;
      const deferred = await ask();
      expect(deferred).toMatchObject({ code: "registry-deferred", retryAfterMs: 30 * SECOND_MS });
      expect(fake.requests).toHaveLength(before);

      stop();
      time.advance(30 * SECOND_MS);
      expect(await client.manifest(imageAt(fake, digest), signal)).toMatchObject({
        mediaType: expect.any(String),
      });
      expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    },
  );

  test.each<{ readonly title: string; readonly fault: Fault }>([
    { title: "has no such thing", fault: status(404) },
    { title: "refuses", fault: status(403) },
    { title: "wants a log-in we do not have", fault: status(401) },
    { title: "sends other bytes", fault: { kind: "bytes", body: "{}" } },
    { title: "sends too much", fault: { kind: "oversize", megabytes: 5, framing: "length" } },
    {
      title: "redirects to where we may not go",
      fault: { kind: "redirect", location: "https://127.0.0.1:9/" },
    },
  ])("is not one that $title", async ({ fault }) => {
    const client = keeping();
    fake.faults.add({ path: manifests, fault });
    for (let count = 0; count < 12; count++) {
      const error = await errorOf(client.manifest(imageAt(fake, DIGEST), signal));
      expect(error.code).not.toBe("registry-deferred");
    }
  });

  test("is not one whose connections end between two polls", async () => {
    fake.putImage(PATH, { tag: "latest" });
    const { client, gate } = listening();
    for (let round = 0; round < 12; round++) {
      await client.resolve(lineAt(fake), signal);
      fake.closeIdleConnections();
    }
    expect(outcomesOf(gate)).toEqual(Array.from({ length: 12 }, () => ({ kind: "answered" })));
  });

  test("is not one that nobody waited for any more", async () => {
    const { client, gate } = listening();
    fake.faults.add({ path: everywhere, fault: { kind: "hang" } });
    const leaving = new AbortController();
    const asking = client.resolve(lineAt(fake), leaving.signal);
    leaving.abort(new Error("shutting down"));
    await expect(asking).rejects.toThrow("shutting down");
    expect(gate.outcomes).toEqual([]);
  });
});

describe("credentials", () => {
  test("that the token service refuses three times are not sent a fourth time", async () => {
    const strict = await startFake({ login: { kind: "token", user: { ...user, password: "other" } } });
    const client = clientFor([strict], { gate: createMemoryGate(time), settings: LOGIN });
    const ask = () => errorOf(client.resolve(lineAt(strict), signal));
    for (let count = 0; count < 3; count++)
      expect(await ask()).toMatchObject({ code: "registry-unauthorized" });
    const before = strict.requests.length;
    expect(await ask()).toMatchObject({ code: "registry-deferred", retryAfterMs: HOUR_MS });
    expect(strict.requests).toHaveLength(before);
  });

  test("that open one repository are not suspended for those they do not open", async () => {
    const strict = await startFake({ login: { kind: "token", user } });
    strict.putImage(PATH, { tag: "latest" });
    const client = clientFor([strict], { gate: createMemoryGate(time), settings: LOGIN });
    strict.faults.add({ path: /\/private\//, fault: status(401) });
    const closed = { repository: repositoryAt(strict, "acme/private/x"), tag: parseTag("1") };
    for (let count = 0; count < 8; count++) {
      expect(await errorOf(client.resolve(closed, signal))).toMatchObject({ code: "registry-unauthorized" });
    }
    expect(await client.resolve(lineAt(strict), signal)).toMatchObject({ kind: "found" });
  });

  test.each([
    { title: "Basic, right", login: { kind: "basic", ...user }, outcomes: ["answered", "accepted"] },
    {
      title: "Basic, wrong",
      login: { kind: "basic", username: "robot", password: "other" },
      outcomes: ["answered", "refused"],
    },
    {
      title: "by token",
      login: { kind: "token", user },
      outcomes: ["answered", "accepted", "accepted"],
    },
  ] as const)(
    "$title are told to the gate by what they are worth, and by no name",
    async ({ login, outcomes }) => {
      const strict = await startFake({ login });
      strict.putImage(PATH, { tag: "latest" });
      const { client, gate } = listening(strict, { settings: LOGIN });
      await client.resolve(lineAt(strict), signal).catch(() => undefined);
      expect(outcomesOf(gate).map(nameOf).toSorted()).toEqual(outcomes.toSorted());
      const said = JSON.stringify([gate.asked, gate.outcomes]);
      expect(said).not.toMatch(/robot|canary/);
      expect(new Set(gate.asked.map(({ key }) => key.credential)).size).toBe(1);
    },
  );

  test("stand in no deferral", async () => {
    const strict = await startFake({ login: { kind: "basic", ...user } });
    const gate = new OpenGate([{ kind: "wait", waitMs: HOUR_MS, reason: "suspended" }]);
    const client = clientFor([strict], { gate, settings: LOGIN });
    expect(everythingIn(await errorOf(client.resolve(lineAt(strict), signal)))).not.toMatch(
      /canary|cm9ib3Q6/,
    );
  });
});

const tagsOf = (count: number) => Array.from({ length: count }, (_, n) => ({ tag: parseTag(`v${n}`) }));

describe("a survey", () => {
  const how = { lists: "ignored" } as const;

  test("of twenty tags asks the gate three times", async () => {
    const { client, gate } = listening();
    for (const { tag } of tagsOf(20)) fake.putImage(PATH, { tag });
    const { answers } = await client.survey(repositoryAt(fake), tagsOf(20), how, signal);
    expect(answers.size).toBe(20);
    expect(fake.requests).toHaveLength(20);
    expect(gate.asked.map(({ count }) => count)).toEqual([8, 8, 4]);
  });

  test("keeps what it has when the host must be left alone, and says when to come back", async () => {
    for (const { tag } of tagsOf(20)) fake.putImage(PATH, { tag });
    const gate = new OpenGate([
      { kind: "admitted", count: 8 },
      { kind: "wait", waitMs: 40_000, reason: "budget" },
    ]);
    const client = clientFor([fake], { gate });
    const { answers, deferred } = await client.survey(repositoryAt(fake), tagsOf(20), how, signal);
    expect(answers.size).toBe(8);
    expect(deferred).toMatchObject({ code: "registry-deferred", retryAfterMs: 40_000 });
    expect(fake.requests).toHaveLength(8);
    expect(gate.asked).toHaveLength(2);
  });

  test("does not use up what it has paid for when the host complains", async () => {
    const client = keeping();
    fake.faults.add({ path: manifests, fault: status(429, { "retry-after": "60" }) });
    const { answers, deferred } = await client.survey(repositoryAt(fake), tagsOf(20), how, signal);
    expect(deferred).toMatchObject({ code: "registry-deferred" });
    // Four are asked at a time.
    expect(fake.requests.length).toBeLessThanOrEqual(4);
    expect(answers.size).toBeLessThanOrEqual(4);
  });

  test("of a seventeenth repository at a time waits for another moment", async () => {
    const { client } = listening();
    fake.faults.add({ path: everywhere, fault: { kind: "hang" } });
    const leaving = new AbortController();
    const surveys = Array.from({ length: 16 }, (_, n) =>
      client.survey(repositoryAt(fake, `acme/r${n}`), tagsOf(1), how, leaving.signal),
    );
    const { answers, deferred } = await client.survey(repositoryAt(fake), tagsOf(1), how, signal);
    expect(answers.size).toBe(0);
    expect(deferred).toMatchObject({ code: "registry-deferred" });
    leaving.abort(new Error("enough"));
    await Promise.allSettled(surveys);
  });
});

test("a redirect to another origin is paid by the request that led there", async () => {
  const store = await startFake();
  const { digest } = fake.putImage(PATH, { tag: "latest" });
  store.putImage(PATH, { tag: "latest" });
  const gate = new OpenGate();
  const client = clientFor([fake, store], { gate });
  fake.faults.add({
    path: manifests,
    fault: { kind: "redirect", location: `${store.url}/v2/${PATH}/manifests/${digest}` },
  });
  await client.manifest(imageAt(fake, digest), signal);
  expect(store.requests).toHaveLength(1);
  expect(gate.asked.map(({ key }) => key.host)).toEqual([fake.host]);
  expect(outcomesOf(gate)).toEqual([{ kind: "answered" }]);
});

test("what was waited for is measured", async () => {
  fake.putImage(PATH, { tag: "latest" });
  const gate = new OpenGate([{ kind: "wait", waitMs: 1, reason: "budget" }]);
  const client = clientFor([fake], { gate });
  await client.resolve(lineAt(fake), signal);
  expect(client.metrics.waits).toEqual([{ reason: "budget", waitMs: 1 }]);
});
