import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MetadataKind } from "@tufjs/models";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { CodedError } from "../../../src/errors.ts";
import type { Metrics } from "../../../src/ports/metrics.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../../src/time.ts";
import { startFakeProxy } from "../../fakes/proxy.ts";
import { newLog, newRootDocument, type RootDocument } from "../../fakes/trust-root.ts";
import { type FakeTufRepository, LONG_PAST, newTufKey } from "../../fakes/tuf-repository.ts";
import {
  type KeeperUnderTest,
  keeperOf,
  keeperOfAll,
  newFolder,
  NOW,
  placeOf,
  repositoryOf,
} from "./keeper-under-test.ts";

let document: RootDocument;
let first: string;
let second: string;

beforeAll(async () => {
  document = await newRootDocument();
  first = JSON.stringify(document);
  second = JSON.stringify({ ...document, tlogs: [...document.tlogs, newLog()] });
});

/** A keeper that has fetched the first root, in a folder of its own. */
async function fetched(repository: FakeTufRepository, directory?: string): Promise<KeeperUnderTest> {
  const keeper = await keeperOf(placeOf(repository), directory === undefined ? {} : { directory });
  await keeper.look();
  expect(keeper.document()).toBe(first);
  expect(keeper.state().fault).toBeUndefined();
  return keeper;
}

describe("a root from a TUF repository", () => {
  test("is not held before it was fetched, and nobody waits for it", async () => {
    const repository = await repositoryOf(first);
    const keeper = await keeperOf(placeOf(repository));
    expect(repository.asked).toEqual([]);
    expect(() => keeper.held(["acme"])).toThrow(
      expect.objectContaining({ code: "trust-root-unavailable", transient: true }),
    );
    expect(keeper.state()).toMatchObject({ origin: "none", fault: expect.stringContaining("never fetched") });
  });

  test("is fetched once, and again after a day", async () => {
    const repository = await repositoryOf(first);
    const keeper = await fetched(repository);
    expect(keeper.state()).toMatchObject({
      origin: "update",
      confirmedAt: NOW,
      renewal: "on",
      logs: 2,
      authorities: 2,
    });
    const askedBefore = repository.asked.length;
    repository.publish(second);
    keeper.advance(DAY_MS - MINUTE_MS);
    await keeper.look();
    expect(repository.asked).toHaveLength(askedBefore);

    keeper.advance(MINUTE_MS);
    await keeper.look();
    expect(keeper.document()).toBe(second);
    expect(keeper.state()).toMatchObject({ confirmedAt: later(NOW, DAY_MS), logs: 3 });
  });

  test("that did not change is confirmed without being fetched again", async () => {
    const repository = await repositoryOf(first);
    const keeper = await fetched(repository, await newFolder());
    const targetsAsked = repository.asked.filter((path) => path.startsWith("targets/")).length;
    keeper.advance(DAY_MS);
    await keeper.look();
    expect(keeper.state().confirmedAt).toBe(later(NOW, DAY_MS));
    expect(repository.asked.filter((path) => path.startsWith("targets/"))).toHaveLength(targetsAsked);
  });

  test("follows the repository to a new key", async () => {
    const repository = await repositoryOf(first);
    const keeper = await fetched(repository);
    repository.rotate();
    repository.rotate();
    repository.publish(second);
    keeper.advance(DAY_MS);
    await keeper.look();
    expect(keeper.document()).toBe(second);
    expect(keeper.state().fault).toBeUndefined();
  });

  test("is found although the root that is trusted is over: only the last one has to be in force", async () => {
    const repository = await repositoryOf(first, { rootExpires: LONG_PAST });
    repository.rotate();
    const keeper = await fetched(repository);
    expect(keeper.state().origin).toBe("update");
  });

  test("is not taken while the last root of the repository is over", async () => {
    const repository = await repositoryOf(first, { rootExpires: LONG_PAST });
    const keeper = await keeperOf(placeOf(repository));
    await keeper.look();
    expect(keeper.state()).toMatchObject({
      origin: "none",
      fault: expect.stringContaining("Final root.json is expired"),
    });
  });
});

describe("what is held stays in force, and the fault is told, when", () => {
  test.each<{ title: string; spoil: (repository: FakeTufRepository) => void; says: string }>([
    {
      title: "the mirror fails",
      spoil: (repository) => repository.answerWith(503),
      says: "answered 503",
    },
    {
      title: "the mirror leads elsewhere",
      spoil: (repository) => repository.answerWith(302),
      says: "answered 302",
    },
    {
      title: "a new root is signed by a key that nobody knows",
      spoil: (repository) => {
        repository.publish(second);
        repository.rotate([newTufKey(), newTufKey()]);
      },
      says: "root was signed by 0/1 keys",
    },
    {
      title: "a new root is signed by the old key and not by its own",
      spoil: (repository) => {
        const root = repository.files.get("1.root.json");
        repository.files.set(
          "2.root.json",
          changed(root, (text) => text.replace('"version":1', '"version":2')),
        );
      },
      says: "root was signed by 0/1 keys",
    },
    {
      title: "a new root skips a version",
      spoil: (repository) => {
        repository.rotate();
        repository.rotate();
        repository.files.set("2.root.json", repository.files.get("3.root.json") ?? Buffer.alloc(0));
      },
      says: "root was signed by 0/1 keys",
    },
    {
      title: "the timestamp is over",
      spoil: (repository) => repository.publish(second, { [MetadataKind.Timestamp]: LONG_PAST }),
      says: "timestamp.json is expired",
    },
    {
      title: "the snapshot is over",
      spoil: (repository) => repository.publish(second, { [MetadataKind.Snapshot]: LONG_PAST }),
      says: "snapshot.json is expired",
    },
    {
      title: "the targets are over",
      spoil: (repository) => repository.publish(second, { [MetadataKind.Targets]: LONG_PAST }),
      says: "targets.json is expired",
    },
    {
      title: "the target is not what the metadata says",
      spoil: (repository) => {
        repository.publish(second);
        for (const path of repository.files.keys()) {
          if (path.startsWith("targets/"))
            repository.files.set(path, Buffer.from(second.replace("log.", "LOG.")));
        }
      },
      says: "hash",
    },
    {
      title: "the target is longer than the metadata says",
      spoil: (repository) => {
        repository.publish(second);
        for (const path of repository.files.keys()) {
          if (path.startsWith("targets/")) repository.files.set(path, Buffer.from(`${second} `));
        }
      },
      says: "Max length reached",
    },
    {
      title: "the target is gone",
      spoil: (repository) => {
        repository.publish(second);
        for (const path of repository.files.keys()) {
          if (path.startsWith("targets/")) repository.files.delete(path);
        }
      },
      says: "answered 404",
    },
    {
      title: "the metadata is no JSON",
      spoil: (repository) => repository.files.set("timestamp.json", Buffer.from("<html>")),
      says: "JSON",
    },
    {
      title: "the metadata has no end",
      spoil: (repository) => repository.files.set("timestamp.json", Buffer.alloc(6 * 1024 * 1024, " ")),
      says: "larger than",
    },
    {
      title: "the new root is not one, although it is signed",
      spoil: (repository) => repository.publish('{"mediaType":"application/json"}'),
      says: '"mediaType": it is not one of a trusted root',
    },
    {
      title: "the new root names nobody",
      spoil: (repository) => repository.publish(JSON.stringify({ mediaType: document.mediaType })),
      says: "it names no authority and no log",
    },
    {
      title: "the new root is too large",
      spoil: (repository) => repository.publish(`${second}${" ".repeat(1024 * 1024)}`),
      says: "trusted_root.json is larger than",
    },
  ])("$title", async ({ spoil, says }) => {
    const repository = await repositoryOf(first);
    const keeper = await fetched(repository, await newFolder());
    const { version } = keeper.state();
    spoil(repository);
    keeper.advance(DAY_MS);
    await keeper.look();
    expect(keeper.document()).toBe(first);
    expect(keeper.state()).toMatchObject({
      origin: "update",
      version,
      confirmedAt: NOW,
      fault: expect.stringContaining(says),
    });
    expect(keeper.lines).toContainEqual({
      level: "warn",
      message: "trust root not renewed",
      fields: { root: "acme", error: keeper.state().fault, held: version },
    });
  });

  test("the repository goes back to what it said before", async () => {
    const repository = await repositoryOf(first);
    const old = new Map(repository.files);
    repository.publish(second);
    const keeper = await keeperOf(placeOf(repository), { directory: await newFolder() });
    await keeper.look();
    expect(keeper.document()).toBe(second);

    for (const [path, bytes] of old) repository.files.set(path, bytes);
    keeper.advance(DAY_MS);
    await keeper.look();
    expect(keeper.document()).toBe(second);
    expect(keeper.state().fault).toContain("New timestamp version 1 is less than current version 2");
  });

  test("the mirror is gone", async () => {
    const repository = await repositoryOf(first);
    const keeper = await fetched(repository);
    await repository.close();
    keeper.advance(DAY_MS);
    await keeper.look();
    expect(keeper.document()).toBe(first);
    expect(keeper.state().fault).toContain("ECONNREFUSED");
  });

  test("the first root that is trusted is not of this repository: then nothing is held at all", async () => {
    const repository = await repositoryOf(first);
    const other = await repositoryOf(first);
    const keeper = await keeperOf({ ...placeOf(repository), root: other.firstRoot });
    await keeper.look();
    expect(keeper.state()).toMatchObject({
      origin: "none",
      fault: expect.stringContaining("timestamp was signed by 0/1 keys"),
    });
    expect(() => keeper.held(["acme"])).toThrow(CodedError);
  });
});

describe("an update that failed", () => {
  test("is tried again after a minute, then later and later, and the fault is logged once", async () => {
    const repository = await repositoryOf(first);
    const keeper = await fetched(repository);
    repository.answerWith(500);
    keeper.advance(DAY_MS);
    for (const waitMs of [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, HOUR_MS]) {
      await keeper.look();
      const asked = repository.asked.length;
      keeper.advance(waitMs - 1);
      await keeper.look();
      expect(repository.asked).toHaveLength(asked);
      keeper.advance(1);
      await keeper.look();
      expect(repository.asked.length).toBeGreaterThan(asked);
    }
    expect(keeper.lines.filter(({ level }) => level === "warn")).toHaveLength(1);

    repository.answerWith(undefined);
    keeper.advance(HOUR_MS);
    await keeper.look();
    expect(keeper.state().fault).toBeUndefined();
  });

  test("is warned of once a day after a week", async () => {
    const repository = await repositoryOf(first);
    const keeper = await fetched(repository);
    const warnings = (): number =>
      keeper.lines.filter(({ message }) => message === "trust root is old").length;
    repository.answerWith(500);
    keeper.advance(7 * DAY_MS);
    await keeper.look();
    expect(warnings()).toBe(0);
    keeper.advance(HOUR_MS);
    await keeper.look();
    expect(warnings()).toBe(1);
    keeper.advance(HOUR_MS);
    await keeper.look();
    expect(warnings()).toBe(1);
    keeper.advance(DAY_MS);
    await keeper.look();
    expect(warnings()).toBe(2);
    const last = keeper.lines.findLast(({ message }) => message === "trust root is old");
    expect(last).toMatchObject({ level: "warn", fields: { root: "acme", origin: "update", days: 8 } });
    expect(keeper.document()).toBe(first);
  });

  test("because the process ends is no fault, and the process does not wait for the mirror", async () => {
    const repository = await repositoryOf(first);
    const keeper = await keeperOf(placeOf(repository));
    repository.fallSilent();
    const looking = keeper.look();
    await expect.poll(() => repository.asked.length).toBe(1);
    await keeper.close();
    await looking;
    expect(keeper.state().fault).toContain("never fetched");
    expect(keeper.lines.filter(({ message }) => message === "trust root not renewed")).toEqual([]);
  });
});

describe("what was verified is kept", () => {
  test("for the next start, also without the mirror", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    await fetched(repository, directory);
    await repository.close();

    const next = await keeperOf(placeOf(repository), { directory });
    expect(next.document()).toBe(first);
    expect(next.state()).toMatchObject({ origin: "update", confirmedAt: NOW });
    await next.look();
    expect(next.state().fault).toBeUndefined();
    next.advance(DAY_MS);
    await next.look();
    expect(next.state()).toMatchObject({ confirmedAt: NOW, fault: expect.stringContaining("ECONNREFUSED") });
    expect(next.document()).toBe(first);
  });

  test("for other processes, which then need not ask", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    const [one, other] = [
      await keeperOf(placeOf(repository), { directory }),
      await keeperOf(placeOf(repository), { directory }),
    ];
    await one.look();
    const asked = repository.asked.length;
    other.advance(MINUTE_MS);
    await other.look();
    expect(other.document()).toBe(first);
    expect(repository.asked).toHaveLength(asked);
  });

  test("and metadata, too: the next process sees a repository that went back", async () => {
    const repository = await repositoryOf(first);
    const old = new Map(repository.files);
    repository.publish(second);
    const directory = await newFolder();
    const one = await keeperOf(placeOf(repository), { directory });
    await one.look();
    for (const [path, bytes] of old) repository.files.set(path, bytes);

    const next = await keeperOf(placeOf(repository), { directory });
    next.advance(DAY_MS);
    await next.look();
    expect(next.document()).toBe(second);
    expect(next.state().fault).toContain("less than current version");
  });

  test("not for another repository, nor for another first root", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    await fetched(repository, directory);
    const other = await repositoryOf(second);
    for (const place of [placeOf(other), { ...placeOf(repository), root: other.firstRoot }]) {
      const keeper = await keeperOf(place, { directory });
      expect(keeper.state().origin).toBe("none");
    }
  });

  test.each([
    { title: "cut off", content: '{"confirmedAt":17' },
    { title: "of another form", content: '{"confirmedAt":"today","trustedRoot":"{}"}' },
    { title: "no trust root", content: `{"confirmedAt":${NOW},"trustedRoot":"{}"}` },
    { title: "empty", content: "" },
  ])("and not used when it is $title", async ({ content }) => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    await fetched(repository, directory);
    const record = await fileIn(directory, "verified.json");
    await writeFile(record, content);
    const keeper = await keeperOf(placeOf(repository), { directory });
    expect(keeper.state().origin).toBe("none");
    await keeper.look();
    expect(keeper.document()).toBe(first);
  });

  test("and updated at once when its clock went ahead", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    const ahead = await keeperOf(placeOf(repository), { directory });
    ahead.advance(365 * DAY_MS);
    await ahead.look();
    repository.publish(second);

    const keeper = await keeperOf(placeOf(repository), { directory });
    expect(keeper.state().confirmedAt).toBe(NOW);
    await keeper.look();
    expect(keeper.document()).toBe(second);
  });

  test("and mended when the metadata was cut off", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    const keeper = await fetched(repository, directory);
    await writeFile(await fileIn(directory, "root.json"), '{"signed":');
    await writeFile(await fileIn(directory, "timestamp.json"), "");
    repository.publish(second);
    keeper.advance(DAY_MS);
    await keeper.look();
    expect(keeper.document()).toBe(second);
  });

  test("where nobody else can read or write it", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    await fetched(repository, directory);
    const record = await fileIn(directory, "verified.json");
    expect(await readFile(record, "utf8")).toContain("trustedRoot");
    expect(await readdir(directory)).toEqual(["trust-roots"]);
  });
});

describe("whoever only looks", () => {
  test("sees what others kept", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    await fetched(repository, directory);
    const keeper = await keeperOf(placeOf(repository), { directory, purpose: "look" });
    expect(keeper.document()).toBe(first);
  });

  test("makes no folder", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    const keeper = await keeperOf(placeOf(repository), { directory, purpose: "look" });
    expect(await keeper.tryUpdate("acme", new AbortController().signal)).toBe("answered");
    expect(await readdir(directory)).toEqual([]);
    expect(keeper.lines).toEqual([]);
  });
});

describe("a folder that is not ours alone is not used", () => {
  test.each<{ title: string; prepare: (folder: string) => Promise<unknown>; says: string }>([
    {
      title: "because others may write to it",
      prepare: async (folder) => {
        await mkdir(join(folder, "trust-roots"));
        await chmod(join(folder, "trust-roots"), 0o777);
      },
      says: "others may write to it",
    },
    {
      title: "because it is a link",
      prepare: async (folder) => {
        await mkdir(join(folder, "elsewhere"));
        await symlink(join(folder, "elsewhere"), join(folder, "trust-roots"));
      },
      says: "it is not a folder",
    },
    {
      title: "because it is a file",
      prepare: (folder) => writeFile(join(folder, "trust-roots"), ""),
      says: "EEXIST",
    },
  ])("$title: what is fetched then serves as long as the process runs", async ({ prepare, says }) => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    await prepare(directory);
    const keeper = await keeperOf(placeOf(repository), { directory });
    await keeper.look();
    expect(keeper.document()).toBe(first);
    const [warning] = keeper.lines.filter(({ level }) => level === "warn");
    expect(warning).toMatchObject({
      message: "trust roots are kept only while this process runs",
      fields: { error: expect.stringContaining(says) },
    });
    const next = await keeperOf(placeOf(repository), { directory });
    expect(next.state().origin).toBe("none");
  });
});

describe("nobody is asked", () => {
  test("while updates are off", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    await fetched(repository, directory);
    const asked = repository.asked.length;
    const keeper = await keeperOf(placeOf(repository), { directory, updates: "off" });
    keeper.advance(100 * DAY_MS);
    await keeper.look();
    expect(keeper.document()).toBe(first);
    expect(keeper.state().renewal).toBe("off");
    expect(await keeper.tryUpdate("acme", new AbortController().signal)).toBeUndefined();
    expect(repository.asked).toHaveLength(asked);
    expect(keeper.lines.filter(({ level }) => level === "warn")).toEqual([]);
  });

  test("for a root that no policy names", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    const keeper = await keeperOf(placeOf(repository), { used: new Set(), directory });
    await keeper.look();
    expect(repository.asked).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
    expect(keeper.state().renewal).toBe("unused");
  });
});

describe("a trial", () => {
  const { signal } = new AbortController();

  test("says that the repository answers, and changes nothing", async () => {
    const repository = await repositoryOf(first);
    const directory = await newFolder();
    const keeper = await keeperOf(placeOf(repository), { directory });
    expect(await keeper.tryUpdate("acme", signal)).toBe("answered");
    expect(keeper.state().origin).toBe("none");
    expect(await readdir(join(directory, "trust-roots"))).toEqual([]);
  });

  test("says why the repository does not answer", async () => {
    const repository = await repositoryOf(first);
    repository.answerWith(500);
    const keeper = await keeperOf(placeOf(repository));
    await expect(keeper.tryUpdate("acme", signal)).rejects.toThrow("answered 500");
  });
});

describe("the way to a mirror", () => {
  test("leads through the proxy that is configured, except to hosts that are spoken to directly", async () => {
    const repository = await repositoryOf(first);
    const proxy = await startFakeProxy();
    onTestFinished(() => proxy.close());
    const address = `http://127.0.0.1:${proxy.port}`;
    const through = await keeperOf(placeOf(repository), { proxy: { http: address } });
    await through.look();
    expect(proxy.calls.length).toBeGreaterThan(0);
    const calls = proxy.calls.length;

    const direct = await keeperOf(placeOf(repository), { proxy: { http: address, none: "127.0.0.1" } });
    await direct.look();
    expect(direct.document()).toBe(first);
    expect(proxy.calls).toHaveLength(calls);
  });

  test("is encrypted, and ends where nobody known answers", async () => {
    const folder = new URL("../../fakes/registry/tls/", import.meta.url);
    const [key, ca] = [
      await readFile(new URL("key.pem", folder), "utf8"),
      await readFile(new URL("cert.pem", folder), "utf8"),
    ];
    const repository = await repositoryOf(first, { tls: { key, cert: ca } });
    const stranger = await keeperOf(placeOf(repository));
    await stranger.look();
    expect(stranger.state()).toMatchObject({
      origin: "none",
      fault: expect.stringContaining("self-signed certificate"),
    });
    expect(repository.asked).toEqual([]);

    const keeper = await keeperOf({ ...placeOf(repository), ca });
    await keeper.look();
    expect(keeper.document()).toBe(first);
  });

  test("is counted, metadata and targets apart", async () => {
    const repository = await repositoryOf(first);
    const counted: Parameters<Metrics["request"]>[0][] = [];
    const metrics = { request: (request: (typeof counted)[number]) => void counted.push(request) };
    const keeper = await keeperOf(placeOf(repository), { metrics });
    await keeper.look();
    const facts = counted.map(({ party, operation, status }) => `${party} ${operation} ${status}`);
    expect(facts).toEqual([
      "trust-root metadata 404",
      "trust-root metadata 200",
      "trust-root metadata 200",
      "trust-root metadata 200",
      "trust-root target 200",
    ]);
    expect(new Set(counted.map(({ host }) => host))).toEqual(new Set([new URL(repository.url).host]));
  });
});

test("several roots stand side by side: one that fails hides no other", async () => {
  const [good, bad] = [await repositoryOf(first), await repositoryOf(second)];
  bad.answerWith(500);
  const keeper = await keeperOfAll({ acme: placeOf(good), other: placeOf(bad) });
  await keeper.look();
  expect(keeper.document()).toBe(first);
  expect(keeper.states().map(({ name, origin }) => `${name} ${origin}`)).toEqual([
    "acme update",
    "other none",
  ]);
  expect(() => keeper.held(["acme", "other"])).toThrow('trust root "other" is not held: ');
});

function changed(bytes: Buffer | undefined, change: (text: string) => string): Buffer {
  return Buffer.from(change(bytes?.toString() ?? ""));
}

/** The one file of this name below a folder. */
async function fileIn(folder: string, name: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const [found] = entries.filter((entry) => entry.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return join(found.parentPath, found.name);
}
