import { mkdir, readFile, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LOOK_EVERY_MS } from "../../../src/adapters/trust-roots/keeper.ts";
import { DAY_MS, HOUR_MS, later } from "../../../src/time.ts";
import { parseTrustRoot } from "../../../src/trust/trust-root.ts";
import {
  type MadeCertificate,
  newCertificate,
  newLog,
  newPublicKey,
  newRootDocument,
} from "../../fakes/trust-root.ts";
import { keeperOf, keeperOfAll, newFolder, NOW } from "./keeper-under-test.ts";

let first: string;
let second: string;
let authority: MadeCertificate;
let other: MadeCertificate;
let folder: string;
let path: string;

beforeAll(async () => {
  const document = await newRootDocument();
  first = JSON.stringify(document);
  second = JSON.stringify({ ...document, tlogs: [...document.tlogs, newLog()] });
  [authority, other] = [await newCertificate(), await newCertificate({ name: "other" })];
});

beforeEach(async () => {
  folder = await newFolder();
  path = join(folder, "trusted_root.json");
});

describe("a root in a file", () => {
  test("is held from the start, and confirmed at each look", async () => {
    await writeFile(path, first);
    const keeper = await keeperOf({ kind: "file", path });
    expect(keeper.held(["acme"])).toEqual([
      {
        source: { name: "acme", kind: "sigstore", json: first },
        version: parseTrustRoot({ name: "acme", kind: "sigstore", json: first }).version,
      },
    ]);
    expect(keeper.state()).toEqual({
      name: "acme",
      origin: "file",
      version: keeper.held(["acme"])[0]?.version,
      confirmedAt: NOW,
      renewal: "on",
      logs: 2,
      authorities: 2,
    });
    keeper.advance(HOUR_MS);
    await keeper.look();
    expect(keeper.state().confirmedAt).toBe(later(NOW, HOUR_MS));
  });

  test.each<{ title: string; change: () => Promise<unknown> }>([
    { title: "written", change: () => writeFile(path, second) },
    {
      title: "replaced",
      change: async () => {
        await writeFile(`${path}.new`, second);
        await rename(`${path}.new`, path);
      },
    },
  ])("is read again when it is $title", async ({ change }) => {
    await writeFile(path, first);
    const keeper = await keeperOf({ kind: "file", path });
    const before = keeper.state().version;
    await change();
    await keeper.look();
    expect(keeper.document()).toBe(second);
    expect(keeper.lines.at(-1)).toMatchObject({
      level: "info",
      message: "trust root held",
      fields: { root: "acme", origin: "file", before, version: keeper.state().version },
    });
  });

  test("is read again when a link leads elsewhere, as a mounted volume changes", async () => {
    for (const [name, content] of Object.entries({ one: first, two: second })) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "trusted_root.json"), content);
      await utimes(join(folder, name, "trusted_root.json"), 1, 1);
    }
    await symlink("one", join(folder, "data"));
    const keeper = await keeperOf({ kind: "file", path: join(folder, "data", "trusted_root.json") });
    expect(keeper.document()).toBe(first);
    await symlink("two", join(folder, "data.new"));
    await rename(join(folder, "data.new"), join(folder, "data"));
    await keeper.look();
    expect(keeper.document()).toBe(second);
  });

  test("is not read again when nothing changed, and says the same version when it only was touched", async () => {
    await writeFile(path, first);
    const keeper = await keeperOf({ kind: "file", path });
    await utimes(path, 1, 1);
    await keeper.look();
    expect(keeper.lines.filter(({ message }) => message === "trust root held")).toHaveLength(1);
    expect(keeper.document()).toBe(first);
  });

  test.each<{ title: string; spoil: () => Promise<unknown>; says: string }>([
    { title: "is gone", spoil: () => rm(path), says: "ENOENT" },
    { title: "is empty", spoil: () => truncate(path), says: "JSON" },
    { title: "is cut off", spoil: () => truncate(path, 100), says: "JSON" },
    { title: "is something else", spoil: () => writeFile(path, "{}"), says: '"mediaType"' },
    { title: "is not text", spoil: () => writeFile(path, new Uint8Array([0xff, 0xfe])), says: "not valid" },
    {
      title: "is too large",
      spoil: () => writeFile(path, " ".repeat(1024 * 1024 + 1)),
      says: "is larger than",
    },
    {
      title: "is a folder",
      spoil: async () => {
        await rm(path);
        await mkdir(path);
      },
      says: "is not a regular file",
    },
  ])("stays in force when its file $title, and comes back when that is mended", async ({ spoil, says }) => {
    await writeFile(path, first);
    const keeper = await keeperOf({ kind: "file", path });
    await spoil();
    keeper.advance(LOOK_EVERY_MS);
    await keeper.look();
    await keeper.look();
    expect(keeper.document()).toBe(first);
    expect(keeper.state()).toMatchObject({ origin: "file", confirmedAt: NOW });
    expect(keeper.state().fault).toContain(says);
    expect(keeper.lines.filter(({ level }) => level === "warn")).toHaveLength(1);

    await rm(path, { recursive: true, force: true });
    await writeFile(path, second);
    await keeper.look();
    expect(keeper.document()).toBe(second);
    expect(keeper.state().fault).toBeUndefined();
  });

  test("that broke is warned of once more after a week", async () => {
    await writeFile(path, first);
    const keeper = await keeperOf({ kind: "file", path });
    await writeFile(path, "{}");
    keeper.advance(8 * DAY_MS);
    await keeper.look();
    expect(keeper.lines.at(-1)).toMatchObject({
      level: "warn",
      message: "trust root is old",
      fields: { root: "acme", origin: "file", days: 8 },
    });
  });

  test("that was never right is not held, and is as soon as it is", async () => {
    await writeFile(path, "{}");
    const keeper = await keeperOf({ kind: "file", path });
    expect(() => keeper.held(["acme"])).toThrow(
      expect.objectContaining({
        code: "trust-root-unavailable",
        message: expect.stringContaining('trust root "acme" is not held'),
      }),
    );
    expect(keeper.state()).toMatchObject({ origin: "none", logs: 0, authorities: 0 });
    await writeFile(path, first);
    await keeper.look();
    expect(keeper.document()).toBe(first);
  });
});

describe("other files", () => {
  test("the key of a log", async () => {
    const pem = newPublicKey();
    await writeFile(path, pem);
    const keeper = await keeperOf({ kind: "log-key", path });
    expect(keeper.held(["acme"])[0]?.source).toEqual({ name: "acme", kind: "log-key", pem });
    expect(keeper.state()).toMatchObject({ origin: "file", logs: 1, authorities: 0 });
  });

  test("certificates in several files: each of them is watched", async () => {
    const [one, two, clock] = ["one.pem", "two.pem", "clock.pem"].map((name) => join(folder, name));
    await writeFile(one ?? "", authority.pem);
    await writeFile(two ?? "", other.pem);
    await writeFile(clock ?? "", other.pem);
    const keeper = await keeperOf({
      kind: "certificates",
      authorities: [one ?? "", two ?? ""],
      timestampAuthorities: [clock ?? ""],
    });
    expect(keeper.held(["acme"])[0]?.source).toEqual({
      name: "acme",
      kind: "certificates",
      authorities: `${authority.pem}\n${other.pem}`,
      timestampAuthorities: other.pem,
    });
    expect(keeper.state()).toMatchObject({ logs: 0, authorities: 3 });

    await writeFile(clock ?? "", authority.pem);
    await keeper.look();
    expect(keeper.held(["acme"])[0]?.source).toMatchObject({ timestampAuthorities: authority.pem });

    await writeFile(two ?? "", "nothing");
    await keeper.look();
    expect(keeper.held(["acme"])[0]?.source).toMatchObject({
      authorities: expect.stringContaining(other.pem),
    });
    expect(keeper.state().fault).toContain('two.pem" holds no certificate');
  });

  test("certificates of signing authorities: they are watched as well", async () => {
    const service = join(folder, "service.pem");
    await writeFile(path, authority.pem);
    await writeFile(service, other.pem);
    const keeper = await keeperOf({
      kind: "certificates",
      authorities: [path],
      timestampAuthorities: [],
      signingAuthorities: [service],
    });
    expect(keeper.held(["acme"])[0]?.source).toEqual({
      name: "acme",
      kind: "certificates",
      authorities: authority.pem,
      signingAuthorities: other.pem,
    });
    expect(keeper.state()).toMatchObject({ authorities: 2 });

    await writeFile(service, authority.pem);
    await keeper.look();
    expect(keeper.held(["acme"])[0]?.source).toMatchObject({ signingAuthorities: authority.pem });
  });

  test("certificates without timestamp authorities", async () => {
    await writeFile(path, authority.pem);
    const keeper = await keeperOf({ kind: "certificates", authorities: [path], timestampAuthorities: [] });
    expect(keeper.held(["acme"])[0]?.source).toEqual({
      name: "acme",
      kind: "certificates",
      authorities: authority.pem,
    });
  });
});

test("a name that is not configured is said to be none", async () => {
  const keeper = await keeperOfAll({});
  expect(keeper.states()).toEqual([]);
  expect(keeper.held([])).toEqual([]);
  expect(() => keeper.held(["no\u202ebody"])).toThrow(
    expect.objectContaining({
      code: "trust-root-unavailable",
      message: 'trust root "no\\u202ebody" is not configured',
    }),
  );
});

describe("once it is started", () => {
  test("a keeper looks every ten seconds until it is closed", async () => {
    await writeFile(path, first);
    const spans: number[] = [];
    const keeper = await keeperOf(
      { kind: "file", path },
      {
        async sleep(spanMs, signal) {
          spans.push(spanMs);
          if (spans.length === 3) await writeFile(path, second);
          if (spans.length < 5) return;
          await new Promise((resolve) => {
            signal.addEventListener("abort", resolve, { once: true });
          });
        },
      },
    );
    keeper.start();
    keeper.start();
    await expect.poll(() => spans.length).toBe(5);
    await keeper.close();
    expect(spans).toEqual(Array.from({ length: 5 }, () => LOOK_EVERY_MS));
    expect(keeper.document()).toBe(second);
    expect(await readFile(path, "utf8")).toBe(second);
  });

  test("a keeper ends at once although it sleeps", async () => {
    await writeFile(path, first);
    const { promise: asleep, resolve } = Promise.withResolvers<AbortSignal>();
    const keeper = await keeperOf(
      { kind: "file", path },
      {
        sleep(_, signal) {
          resolve(signal);
          return new Promise((_done, reject) => {
            signal.addEventListener("abort", () => reject(new Error("woken")), { once: true });
          });
        },
      },
    );
    keeper.start();
    const signal = await asleep;
    await keeper.close();
    expect(signal.aborted).toBe(true);
  });
});
