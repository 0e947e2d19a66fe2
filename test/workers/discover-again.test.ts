import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CodeHost, FilesWish, FileWish } from "../../src/ports/code-host.ts";
import { HOUR_MS, later } from "../../src/time.ts";
import type { Scan } from "../../src/watch/scan.ts";
import { ownFileReader } from "../../config/own-file.ts";
import { discover } from "../../workers/discover.ts";
import { repositories } from "../../workers/repositories.ts";
import {
  type Bench,
  createBench,
  digest,
  dockerfile,
  GLIBC,
  MUSL,
  NOW,
  profileOf,
  SHOP,
  SHOP_MAIN,
} from "./bench.ts";

const OLD = digest("01d");
const NEW = digest("4e4");

/** A bench that notes which files were read in each listing. */
function watching(change: Parameters<typeof createBench>[0] = {}): {
  readonly bench: Bench;
  readonly reads: (readonly string[])[];
} {
  const bench = createBench({ ownFiles: ownFileReader([]), ...change });
  const reads: (readonly string[])[] = [];
  const files = bench.codeHost.files.bind(bench.codeHost);
  const listing: CodeHost["files"] = async (repository, commit, wish: FileWish | FilesWish, signal) => {
    const found = await files(repository, commit, wish, signal);
    reads.push(found.files.map(({ path }) => path));
    return found;
  };
  Object.assign(bench.codeHost, { files: listing });
  return { bench, reads };
}

async function scan(bench: Bench): Promise<Scan | undefined> {
  await bench.run(discover, { codeRepository: SHOP });
  bench.take();
  return bench.store.scan(SHOP_MAIN);
}

const FILES = {
  Dockerfile: dockerfile([MUSL, OLD]),
  "app/Dockerfile": dockerfile([GLIBC, OLD]),
  "README.md": "",
};
const placesOf = (found: Scan | undefined) => found?.places.map(({ path, line }) => `${path}:${line}`);

describe("what is read again", () => {
  test("nothing where the head is the one that was scanned: its files are not even listed", async () => {
    const { bench, reads } = watching();
    bench.codeHost.create(SHOP, FILES);
    const first = await scan(bench);
    bench.clock.advance(HOUR_MS);
    const second = await scan(bench);
    expect(reads).toHaveLength(1);
    expect(second).toEqual({ ...first, scannedAt: later(NOW, HOUR_MS) });
    expect(bench.codeHost.asked.at(-1)).toBe("heads acme/shop");
  });

  test.each([
    { title: "a file that nobody wants changes", change: { "README.md": "new" }, read: [] },
    { title: "one changes", change: { Dockerfile: dockerfile([MUSL, NEW]) }, read: ["Dockerfile"] },
    { title: "one is new", change: { "b/Dockerfile": "FROM scratch" }, read: ["b/Dockerfile"] },
    {
      title: "one takes the content of another",
      change: { "app/Dockerfile": FILES.Dockerfile },
      read: ["app/Dockerfile"],
    },
  ])("$title", async ({ change, read }) => {
    const { bench, reads } = watching();
    bench.codeHost.create(SHOP, FILES);
    await scan(bench);
    bench.codeHost.push(SHOP, "main", change);
    const again = await scan(bench);
    expect(reads[1]).toEqual(read);

    // As if it had been read for the first time.
    const fresh = watching();
    fresh.bench.codeHost.create(SHOP, { ...FILES, ...change });
    const whole = await scan(fresh.bench);
    expect(again?.places).toEqual(whole?.places);
    expect(again?.skipped).toEqual(whole?.skipped);
  });

  test("a file that is gone takes its places with it", async () => {
    const { bench, reads } = watching();
    bench.codeHost.create(SHOP, FILES);
    await scan(bench);
    bench.codeHost.remove(SHOP, "main", "app/Dockerfile");
    expect(placesOf(await scan(bench))).toEqual(["Dockerfile:1"]);
    expect(reads[1]).toEqual([]);
    expect(await bench.store.watches()).toHaveLength(1);
  });

  test("a compose file goes with the variables beside it", async () => {
    const { bench, reads } = watching();
    const compose = "services: { a: { image: 'bellsoft/hardened-base:musl@${DIGEST}' } }\n";
    bench.codeHost.create(SHOP, {
      ...FILES,
      "run/compose.yaml": compose,
      "run/.env": `DIGEST=${OLD}\n`,
      "other/compose.yaml": compose,
    });
    await scan(bench);
    bench.codeHost.push(SHOP, "main", { "run/.env": `DIGEST=${NEW}\n` });
    const changed = await scan(bench);
    expect(reads[1]).toEqual(["run/.env", "run/compose.yaml"]);
    expect(changed?.places.filter(({ path }) => path.startsWith("run/"))).toMatchObject([
      { state: { digest: NEW } },
    ]);

    bench.codeHost.remove(SHOP, "main", "run/.env");
    const gone = await scan(bench);
    expect(reads[2]).toEqual(["run/compose.yaml"]);
    expect(gone?.places.filter(({ state }) => state.kind === "handled" && state.digest === NEW)).toEqual([]);
  });

  test("what could not be read stays told of, whether it is looked at again or not", async () => {
    const { bench } = watching();
    bench.codeHost.create(SHOP, { ...FILES, "big.Dockerfile": "x" });
    bench.codeHost.unreadable.set("big.Dockerfile", "larger than 1 MiB");
    await scan(bench);
    bench.codeHost.push(SHOP, "main", { "README.md": "new" });
    expect((await scan(bench))?.skipped).toEqual([{ path: "big.Dockerfile", reason: "larger than 1 MiB" }]);
  });

  test.each<{ title: string; change: Parameters<typeof createBench>[0] }>([
    { title: "another release", change: { version: "0.0.1" } },
    { title: "another profile", change: { profiles: [{ ...profileOf(), id: "other" }] } },
    { title: "a profile that only observes", change: { profiles: [{ ...profileOf(), mode: "observed" }] } },
    { title: "other images of a profile", change: { profiles: [{ ...profileOf(), images: [/^x$/] }] } },
    { title: "shell variables", change: { edit: { shell: true, matchers: [] } } },
    { title: "a field that is forbidden", change: { ownFiles: ownFileReader(["pin"]) } },
  ])("all under other rules: $title", async ({ change }) => {
    const before = watching();
    before.bench.codeHost.create(SHOP, FILES);
    await scan(before.bench);
    const after = watching({ store: before.bench.store, ...change });
    after.bench.codeHost.create(SHOP, FILES);
    await scan(after.bench);
    expect(after.reads).toEqual([["Dockerfile", "app/Dockerfile"]]);
  });

  test("nothing after a restart with the same rules", async () => {
    const before = watching();
    before.bench.codeHost.create(SHOP, FILES);
    const first = await scan(before.bench);
    const after = watching({ store: before.bench.store });
    after.bench.codeHost.create(SHOP, FILES);
    expect(await scan(after.bench)).toEqual(first);
    expect(after.reads).toEqual([]);
  });

  test("all where it is not known any more what they held", async () => {
    const { bench, reads } = watching();
    bench.codeHost.create(SHOP, FILES);
    await scan(bench);
    await bench.store.saveFileIndex(SHOP_MAIN, undefined);
    bench.codeHost.push(SHOP, "main", { "README.md": "new" });
    await scan(bench);
    expect(reads[1]).toEqual(["Dockerfile", "app/Dockerfile"]);
  });

  test("all where what is known is of another commit", async () => {
    const { bench, reads } = watching();
    bench.codeHost.create(SHOP, FILES);
    const first = await scan(bench);
    const index = await bench.store.fileIndex(SHOP_MAIN);
    expect(index?.files.map(({ path }) => path)).toEqual(["Dockerfile", "app/Dockerfile"]);
    if (first !== undefined) await bench.store.saveScan({ ...first, commit: "f".repeat(40) });
    await scan(bench);
    expect(reads[1]).toEqual(["Dockerfile", "app/Dockerfile"]);
  });

  test("all of one that was forgotten and comes back", async () => {
    const { bench, reads } = watching();
    bench.codeHost.create(SHOP, FILES);
    await scan(bench);
    const without = createBench({
      store: bench.store,
      repositories: [{ kind: "allow", owner: "acme", name: "x" }],
    });
    await without.run(repositories, {});
    expect(await bench.store.fileIndex(SHOP_MAIN)).toBeUndefined();
    expect(placesOf(await bench.store.scan(SHOP_MAIN))).toEqual([]);
    expect(placesOf(await scan(bench))).toEqual(["Dockerfile:1", "app/Dockerfile:1"]);
    expect(reads).toHaveLength(2);
  });

  test("all of another branch", async () => {
    const before = watching();
    before.bench.codeHost.create(SHOP, FILES);
    before.bench.codeHost.push(SHOP, "release", { Dockerfile: dockerfile([MUSL, NEW]) });
    await scan(before.bench);
    const after = watching({ store: before.bench.store, baseBranches: ["release"] });
    Object.assign(after.bench.codeHost, {
      heads: before.bench.codeHost.heads.bind(before.bench.codeHost),
      files: before.bench.codeHost.files.bind(before.bench.codeHost),
    });
    expect(await scan(after.bench)).toMatchObject({ places: [], isUnsubscribed: true });
    expect(await after.bench.store.fileIndex(SHOP_MAIN)).toBeUndefined();
    expect(await after.bench.store.scan({ codeRepository: SHOP, branch: "release" })).toMatchObject({
      places: [{ state: { digest: NEW } }, {}],
    });
  });

  test("once more, without reading twice, where the owners' file changes what is read", async () => {
    const { bench, reads } = watching();
    bench.codeHost.create(SHOP, FILES);
    await scan(bench);
    bench.codeHost.push(SHOP, "main", { ".github/hullkeeper.yml": "ignorePaths: [app/Dockerfile]\n" });
    expect(placesOf(await scan(bench))).toEqual(["Dockerfile:1"]);
    expect(reads.slice(1)).toEqual([[".github/hullkeeper.yml"], ["Dockerfile"]]);
  });
});

test("however a code repository came to be as it is, its scan is the same", async () => {
  const paths = [
    "Dockerfile",
    "a/Dockerfile",
    "a/compose.yaml",
    "a/.env",
    "a/docker-compose.yml",
    "b/compose.yaml",
  ];
  const compose = "services: { a: { image: '${IMAGE:-bellsoft/hardened-base:musl}' } }\n";
  const texts = [
    dockerfile([MUSL, OLD]),
    dockerfile([GLIBC, NEW]),
    compose,
    `IMAGE=bellsoft/hardened-base:glibc@${NEW}\n`,
    "",
  ];
  const step = fc.record({
    path: fc.constantFrom(...paths),
    text: fc.constantFrom(...texts, undefined),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const { bench } = watching();
      bench.codeHost.create(SHOP, FILES);
      await scan(bench);
      let last = await bench.store.scan(SHOP_MAIN);
      for (const { path, text } of steps) {
        if (text === undefined) bench.codeHost.remove(SHOP, "main", path);
        else bench.codeHost.push(SHOP, "main", { [path]: text });
        last = await scan(bench);
      }
      const fresh = watching();
      fresh.bench.codeHost.create(SHOP, bench.codeHost.read(SHOP, "main"));
      const whole = await scan(fresh.bench);
      expect(last?.places).toEqual(whole?.places);
    }),
    { numRuns: 60 },
  );
});
