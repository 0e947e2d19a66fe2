import { describe, expect, test } from "vitest";
import type { Credentials } from "../../../../src/adapters/registry/login/credentials.ts";
import { type Acquired, type Acquisition, Renewed } from "../../../../src/adapters/registry/login/renewed.ts";
import { CodedError } from "../../../../src/errors.ts";
import { Secret } from "../../../../src/secret.ts";
import { errorOf } from "../stage.ts";

const { signal } = new AbortController();
const MINUTE_MS = 60_000;

function credentials(password: string): Credentials {
  return {
    kind: "basic",
    username: "robot",
    password: new Secret(password),
    credentialId: "basic-x",
    source: "a test",
    renewal: "automatic",
  };
}

/** Something renewed, whose source answers in turn; what is no answer is thrown. */
function stage(answers: readonly (Acquired | Error)[]) {
  let nowMs = 0;
  let asked = 0;
  const closing = new AbortController();
  const renewed = new Renewed({ elapsedMs: () => nowMs, deadlineMs: 1_000, closed: closing.signal });
  const acquisition: Acquisition = {
    key: "key",
    registry: "registry.example",
    source: "a test",
    acquire: async () => {
      const answer = answers[asked++];
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error("asked too often");
      return answer;
    },
  };
  return {
    at: (ms: number) => {
      nowMs = ms;
    },
    get: (wanted: { readonly signal?: AbortSignal; readonly refused?: Credentials } = {}) =>
      renewed.credentials(acquisition, { signal, ...wanted }),
    asked: () => asked,
    close: () => closing.abort(new Error("closed")),
  };
}

const [one, two] = [credentials("canary-one"), credentials("canary-two")];
const hour = 60 * MINUTE_MS;

describe("renewed credentials", () => {
  test("are acquired once by any number at once, and kept", async () => {
    const { get, asked } = stage([{ credentials: one, lifetimeMs: hour }]);
    await Promise.all([get(), get(), get()]);
    expect(await get()).toBe(one);
    expect(asked()).toBe(1);
  });

  test("are kept when there are none, too", async () => {
    const { get, asked } = stage([{ credentials: undefined, lifetimeMs: hour }]);
    expect([await get(), await get()]).toEqual([undefined, undefined]);
    expect(asked()).toBe(1);
  });

  test("that end at once by our clock are kept for half a minute", async () => {
    const { at, get, asked } = stage([
      { credentials: one, lifetimeMs: -hour },
      { credentials: two, lifetimeMs: hour },
    ]);
    await get();
    at(29_000);
    expect(await get()).toBe(one);
    at(31_000);
    expect(await get()).toBe(two);
    expect(asked()).toBe(2);
  });

  test("are asked for again a minute after a renewal failed, and no sooner", async () => {
    const { at, get, asked } = stage([
      { credentials: one, lifetimeMs: hour },
      new Error("canary"),
      { credentials: two, lifetimeMs: hour },
    ]);
    await get();
    at(31 * MINUTE_MS);
    expect([await get(), await get()]).toEqual([one, one]);
    expect(asked()).toBe(2);
    at(32 * MINUTE_MS);
    expect(await get()).toBe(two);
  });

  test("that were refused are not used again when there are no newer ones", async () => {
    const { at, get } = stage([{ credentials: one, lifetimeMs: hour }, new Error("canary")]);
    await get();
    at(2 * MINUTE_MS);
    expect(await errorOf(get({ refused: one }))).toMatchObject({ code: "registry-login-failed" });
  });

  test("are not asked for because others were refused, or because they were refused within a minute", async () => {
    const { at, get, asked } = stage([{ credentials: one, lifetimeMs: hour }]);
    await get();
    at(59_000);
    expect(await get({ refused: one })).toBe(one);
    at(2 * MINUTE_MS);
    expect(await get({ refused: two })).toBe(one);
    expect(asked()).toBe(1);
  });

  test("still come to others when one waiter leaves", async () => {
    const { get } = stage([{ credentials: one, lifetimeMs: hour }]);
    const controller = new AbortController();
    const impatient = get({ signal: controller.signal });
    const patient = get();
    controller.abort(new Error("enough"));
    await expect(impatient).rejects.toThrow("enough");
    expect(await patient).toBe(one);
  });

  test("that fail for somebody who has left already harm nobody", async () => {
    const { get, asked } = stage([new Error("canary")]);
    await expect(get({ signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow("gone");
    await new Promise(setImmediate);
    expect(asked()).toBe(1);
  });

  test("end with the client", async () => {
    const { get, close } = stage([]);
    close();
    await expect(get()).rejects.toThrow("closed");
  });

  test.each([
    {
      title: "with a code",
      thrown: Object.assign(new Error("canary"), { code: "ECONNREFUSED" }),
      says: "ECONNREFUSED",
    },
    {
      title: "with a name",
      thrown: Object.assign(new Error("canary"), { name: "TokenError" }),
      says: "TokenError",
    },
    {
      title: "whose name is a text",
      thrown: Object.assign(new Error("canary"), { name: "canary secret" }),
      says: "for an unknown reason",
    },
    { title: "of ours", thrown: new CodedError("registry-timeout", "no answer"), says: "no answer" },
  ])("that fail $title say so without the other side's words", async ({ thrown, says }) => {
    const error = await errorOf(stage([thrown]).get());
    expect(error).toMatchObject({ code: "registry-login-failed", transient: true });
    expect(error.message).toContain("registry.example");
    expect(error.message).toContain(says);
    expect(error.message).not.toContain("canary");
  });
});
