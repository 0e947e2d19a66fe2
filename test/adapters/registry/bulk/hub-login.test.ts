import { afterEach, expect, test } from "vitest";
import type { Digest } from "../../../../src/image/digest.ts";
import { parseRepository } from "../../../../src/image/reference.ts";
import { Secret } from "../../../../src/secret.ts";
import { MINUTE_MS } from "../../../../src/time.ts";
import type { Fault } from "../../../fakes/registry/faults.ts";
import { clientFor, closeAll, everythingIn } from "../stage.ts";
import { digestNo, questionsOf, Shelf, signal, sourcesOf } from "./stage.ts";

afterEach(closeAll);

const USER = { username: "acme", password: "canary-password" };

async function scene(password = USER.password) {
  const login = { kind: "basic", username: USER.username, password: new Secret(password) } as const;
  const shelf = await Shelf.open("docker-hub", { hubUser: USER }, { login });
  const known: Readonly<Record<string, Digest>> = {
    a: shelf.push("a", "a"),
    b: shelf.push("b", "b"),
    c: shelf.push("c", "c"),
  };
  return { shelf, known };
}

const BULK = ["a: bulk", "b: bulk", "c: bulk"];
const HEADS = ["a: head", "b: head", "c: head"];

test("Docker Hub's API is logged in to once in nine minutes, with a token of its own", async () => {
  const { shelf, known } = await scene();
  expect(sourcesOf(await shelf.survey(known))).toEqual(BULK);
  expect(shelf.calls()).toEqual(["POST /v2/auth/token", "GET /v2/namespaces/acme/repositories/base/tags"]);
  shelf.elapsedMs += 9 * MINUTE_MS - 1;
  expect(sourcesOf(await shelf.survey(known))).toEqual(BULK);
  expect(shelf.calls()).toEqual(["GET /v2/namespaces/acme/repositories/base/tags"]);
  shelf.elapsedMs += 1;
  expect(sourcesOf(await shelf.survey(known))).toEqual(BULK);
  expect(shelf.calls()).toEqual(["POST /v2/auth/token", "GET /v2/namespaces/acme/repositories/base/tags"]);
});

test("a token that counts no more is replaced once", async () => {
  const { shelf, known } = await scene();
  await shelf.survey(known);
  shelf.lists.revoke();
  shelf.calls();
  expect(sourcesOf(await shelf.survey(known))).toEqual(BULK);
  const list = "GET /v2/namespaces/acme/repositories/base/tags";
  expect(shelf.calls()).toEqual([list, "POST /v2/auth/token", list]);
  expect(shelf.failures).toEqual([]);
});

test("a new token that is refused as well is the end of it", async () => {
  const { shelf, known } = await scene();
  shelf.fake.faults.add({ path: /\/tags\?/, fault: { kind: "status", status: 401 } });
  expect(sourcesOf(await shelf.survey(known))).toEqual(HEADS);
  expect(shelf.calls().filter((call) => !call.startsWith("HEAD"))).toHaveLength(4);
  expect(shelf.failures).toMatchObject([{ error: { code: "registry-unauthorized" } }]);
});

test("surveys at the same time share one log-in", async () => {
  const { shelf, known } = await scene();
  await Promise.all(Array.from({ length: 10 }, () => shelf.survey(known)));
  expect(shelf.calls().filter((call) => call.startsWith("POST"))).toHaveLength(1);
});

test("the password goes into the body of the log-in, and nowhere else", async () => {
  const { shelf, known } = await scene();
  await shelf.survey(known);
  const basic = Buffer.from(`${USER.username}:${USER.password}`).toString("base64");
  const sent = shelf.fake.requests.map(({ url, headers }) => url + JSON.stringify(headers)).join("\n");
  expect(sent).not.toContain(USER.password);
  expect(sent).not.toContain(basic);
  expect(shelf.fake.requests.map(({ headers }) => headers["authorization"])).toEqual([
    undefined,
    expect.stringMatching(/^Bearer hub-/),
  ]);
});

test.each([
  { registry: "docker.io", first: "hub.docker.com" },
  { registry: "dhi.io", first: "dhi.io" },
])("of $registry the first host that is asked is $first", async ({ registry, first }) => {
  const looked: string[] = [];
  const login = { kind: "basic", username: USER.username, password: new Secret(USER.password) } as const;
  const client = clientFor([], {
    hosts: new Map([[registry, { login }]]),
    lookup: (name) => {
      looked.push(name);
      return Promise.reject(new Error("no such name"));
    },
  });
  const questions = questionsOf({ a: digestNo(1), b: digestNo(2), c: digestNo(3) });
  const repository = parseRepository(`${registry}/acme/base`);
  const survey = await client.survey(repository, questions, { lists: "allowed" }, signal);
  expect(sourcesOf(survey)).toEqual(["a: failed", "b: failed", "c: failed"]);
  expect(looked[0]).toBe(first);
  expect(looked.filter((name) => name === "hub.docker.com").length).toBeLessThanOrEqual(1);
});

test("a refused log-in is told without the password, which the answer repeats, and tags are asked for", async () => {
  const { shelf, known } = await scene("canary-wrong");
  expect(sourcesOf(await shelf.survey(known))).toEqual(HEADS);
  const [failure] = shelf.failures;
  expect(failure).toMatchObject({ error: { code: "registry-unauthorized", status: 401 } });
  expect(everythingIn(failure?.error)).not.toContain("canary");
  expect(everythingIn(failure?.error)).toContain("[secret]");
});

test.each<{ readonly title: string; readonly fault: Fault }>([
  { title: "no JSON", fault: { kind: "bytes", body: "canary-token" } },
  { title: "no token", fault: { kind: "bytes", body: "{}" } },
  { title: "an empty token", fault: { kind: "bytes", body: '{"access_token":""}' } },
  { title: "a number", fault: { kind: "bytes", body: '{"access_token":5}' } },
  {
    title: "a line break in it",
    fault: { kind: "bytes", body: '{"access_token":"canary-token\\r\\nx: y"}' },
  },
  { title: "a space in it", fault: { kind: "bytes", body: '{"access_token":"canary-token x"}' } },
  { title: "20 KB", fault: { kind: "bytes", body: `{"access_token":"${"canary-token".repeat(2_000)}"}` } },
  { title: "a redirect", fault: { kind: "redirect", location: "https://canary-token.example/" } },
  { title: "500 with the password", fault: { kind: "status", status: 500, body: USER.password } },
])("a log-in that answers $title is none, and is not repeated in the message", async ({ fault }) => {
  const { shelf, known } = await scene();
  shelf.fake.faults.add({ path: /\/auth\/token/, fault });
  expect(sourcesOf(await shelf.survey(known))).toEqual(HEADS);
  expect(shelf.failures).toHaveLength(1);
  expect(everythingIn(shelf.failures[0]?.error)).not.toContain("canary");
});
