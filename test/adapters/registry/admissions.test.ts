import { describe, expect, test } from "vitest";
import { Admissions } from "../../../src/adapters/registry/admissions.ts";
import type { HttpRequest } from "../../../src/adapters/registry/http.ts";
import { ANONYMOUS } from "../../../src/adapters/registry/login/credentials.ts";
import { Permit } from "../../../src/adapters/registry/permit.ts";
import { endpointOf } from "../../../src/adapters/registry/settings.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import type { Admission } from "../../../src/ports/host-gate.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { errorOf } from "./stage.ts";

const repository = parseRepository("docker.io/acme/base");
const endpoint = endpointOf("docker.io", undefined);
const { signal } = new AbortController();
const REQUEST: HttpRequest = {
  method: "HEAD",
  url: new URL("https://registry-1.docker.io/v2/acme/base/manifests/latest"),
  headers: {},
  subject: { repository, operation: "resolve", asked: "tag latest" },
  payer: { endpoint, credentialId: ANONYMOUS },
};
const budget = (waitMs: number): Admission => ({ kind: "wait", waitMs, reason: "budget" });

function stage(answers: readonly Admission[] = []): {
  readonly gate: OpenGate;
  readonly slept: number[];
  readonly admissions: Admissions;
} {
  const gate = new OpenGate(answers);
  const slept: number[] = [];
  const pause = async (ms: number): Promise<void> => void slept.push(ms);
  return {
    gate,
    slept,
    admissions: new Admissions({ gate, hosts: new Map(), metrics: UNCOUNTED, pause }),
  };
}

describe("a request that must wait", () => {
  test.each([
    { title: "once, a little", waits: [1_999] },
    { title: "several times, five seconds in all", waits: [1_900, 1_900, 1_200] },
  ])("sleeps $title, and is sent", async ({ waits }) => {
    const { admissions, slept, gate } = stage(waits.map(budget));
    await admissions.enter(REQUEST, signal);
    expect(slept).toEqual(waits);
    expect(gate.asked).toHaveLength(waits.length + 1);
  });

  test.each([
    { title: "two seconds", waits: [2_000], slept: [] },
    { title: "hours", waits: [6 * 3_600_000], slept: [] },
    { title: "more than five seconds in all", waits: [1_900, 1_900, 1_201], slept: [1_900, 1_900] },
  ])("$title is left to the queue", async ({ waits, ...expected }) => {
    const { admissions, slept } = stage(waits.map(budget));
    const error = await errorOf(admissions.enter(REQUEST, signal));
    expect(error).toMatchObject({ code: "registry-deferred", retryAfterMs: waits.at(-1) });
    expect(slept).toEqual(expected.slept);
  });

  test.each([
    { reason: "budget", words: "our budget for it is spent" },
    { reason: "penalty", words: "it asked us to wait" },
    { reason: "pull-limit", words: "nearly nothing is left of its pull limit" },
    { reason: "breaker", words: "it failed too often" },
    { reason: "suspended", words: "it refused the credentials" },
  ] as const)("is told host, moment and reason: $reason", async ({ reason, words }) => {
    const { admissions } = stage([{ kind: "wait", waitMs: 60_000, reason }]);
    const { message } = await errorOf(admissions.enter(REQUEST, signal));
    expect(message).toMatch(
      /^cannot read tag latest of docker\.io\/acme\/base: docker\.io is not asked before \d{4}-\d{2}-\d{2}T[\d:.]+Z: /,
    );
    expect(message.endsWith(words)).toBe(true);
  });

  test("ends with its signal", async () => {
    const gate = new OpenGate([budget(1_999)]);
    const admissions = new Admissions({ gate, hosts: new Map(), metrics: UNCOUNTED });
    const aborting = new AbortController();
    const entering = admissions.enter(REQUEST, aborting.signal);
    aborting.abort(new Error("enough"));
    await expect(entering).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("whose budget a request spends", () => {
  test.each<{ readonly title: string; readonly request: HttpRequest; readonly host: string }>([
    { title: "the registry's at its API", request: REQUEST, host: "docker.io" },
    {
      title: "the registry's at its token service",
      request: {
        ...REQUEST,
        url: new URL("https://auth.docker.io/token"),
        subject: { ...REQUEST.subject, operation: "token" },
      },
      host: "docker.io",
    },
    {
      title: "that of another host it is asked at",
      request: { ...REQUEST, url: new URL("https://hub.docker.com/v2/x") },
      host: "hub.docker.com",
    },
  ])("$title", async ({ request, host }) => {
    const { admissions, gate } = stage();
    await admissions.enter(request, signal);
    expect(gate.asked).toMatchObject([{ key: { host, credential: "anonymous" }, count: 1 }]);
  });

  test("nobody's where an answer led to another origin", async () => {
    const { admissions, gate } = stage([budget(60_000)]);
    const request: HttpRequest = { ...REQUEST, url: new URL("https://cdn.example/x"), from: "redirect" };
    await admissions.enter(request, signal);
    admissions.answered(request, { status: 503, headers: {}, url: request.url }, "");
    admissions.failed(request, await errorOf(admissions.enter(REQUEST, signal)), signal);
    expect(gate.asked).toHaveLength(1);
    expect(gate.outcomes).toEqual([]);
  });

  test("is told apart by who asks", async () => {
    const { admissions, gate } = stage();
    for (const credentialId of ["basic-1", "basic-2", "basic-1"]) {
      await admissions.enter({ ...REQUEST, payer: { endpoint, credentialId } }, signal);
    }
    expect(gate.asked.map(({ key }) => key)).toEqual([
      { host: "docker.io", credential: "basic-1" },
      { host: "docker.io", credential: "basic-2" },
      { host: "docker.io", credential: "basic-1" },
    ]);
  });

  test.each([
    { title: "a manifest", method: "GET", path: "/v2/acme/base/manifests/latest", kind: "pull" },
    {
      title: "the head of a manifest",
      method: "HEAD",
      path: "/v2/acme/base/manifests/latest",
      kind: "check",
    },
    { title: "a blob", method: "GET", path: "/v2/acme/base/blobs/sha256:1", kind: "check" },
    {
      title: "a blob of an image called manifests",
      method: "GET",
      path: "/v2/a/manifests/blobs/x",
      kind: "check",
    },
    { title: "tags", method: "GET", path: "/v2/acme/base/tags/list", kind: "check" },
  ] as const)("counts $title as a $kind", async ({ method, path, kind }) => {
    const { admissions, gate } = stage();
    await admissions.enter({ ...REQUEST, method, url: new URL(path, endpoint.origin) }, signal);
    expect(gate.asked).toMatchObject([{ kind }]);
  });
});

describe("checks that are paid for together", () => {
  test("ask the gate once for eight, and once for those that wait for it at the same time", async () => {
    const { admissions, gate } = stage();
    const permit = new Permit(20);
    const request = { ...REQUEST, permit };
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 4 }, () => admissions.enter(request, signal)));
    }
    expect(gate.asked.map(({ count }) => count)).toEqual([8, 8, 4]);
  });

  test("ask for one when there were more than expected", async () => {
    const { admissions, gate } = stage();
    const permit = new Permit(1);
    for (let round = 0; round < 3; round++) await admissions.enter({ ...REQUEST, permit }, signal);
    expect(gate.asked.map(({ count }) => count)).toEqual([1, 1, 1]);
  });

  test("ask again when less was granted", async () => {
    const { admissions, gate } = stage([{ kind: "admitted", count: 1 }]);
    const permit = new Permit(4);
    const entering = Array.from({ length: 4 }, () => admissions.enter({ ...REQUEST, permit }, signal));
    await Promise.all(entering);
    expect(gate.asked.map(({ count }) => count)).toEqual([4, 3]);
  });

  test("wait together, as one caller", async () => {
    const { admissions, gate, slept } = stage([budget(100)]);
    const permit = new Permit(4);
    await Promise.all(Array.from({ length: 4 }, () => admissions.enter({ ...REQUEST, permit }, signal)));
    expect(slept).toEqual([100, 100, 100, 100]);
    expect(gate.asked).toHaveLength(2);
  });

  test("do not pay for pulls", async () => {
    const { admissions, gate } = stage();
    await admissions.enter({ ...REQUEST, method: "GET", permit: new Permit(4) }, signal);
    expect(gate.asked).toMatchObject([{ kind: "pull", count: 1 }]);
  });
});
