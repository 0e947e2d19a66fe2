import { describe, expect, test } from "vitest";
import { ownFileReader } from "../../config/own-file.ts";
import type { Digest } from "../../src/image/digest.ts";
import { CodedError } from "../../src/errors.ts";
import type { OwnField } from "../../src/vendor/own-settings.ts";
import { DAY_MS } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { poll } from "../../workers/poll.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  dockerfile,
  MUSL,
  release,
  SHOP,
  timerNow,
  SHOP_MAIN,
} from "./bench.ts";

const PATH = ".github/hullkeeper.yml";
const OLD = digest("01d");

/** A bench with a code host on which we may set checks, as Apps may. */
function benchOf(forbidden: readonly OwnField[] = [], store?: Bench["store"]): Bench {
  const bench = createBench({
    ownFiles: ownFileReader(forbidden),
    ...(store === undefined ? {} : { store }),
  });
  bench.codeHost.answers.check = "set";
  return bench;
}

/** A code repository with a Dockerfile and what its owners wrote, scanned once. */
async function owned(
  own: Readonly<Record<string, string>>,
  { forbidden = [] }: { readonly forbidden?: readonly OwnField[] } = {},
): Promise<Bench> {
  const bench = benchOf(forbidden);
  bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD]), ...own });
  await scan(bench);
  return bench;
}

async function scan(bench: Bench): Promise<void> {
  await bench.run(discover, { codeRepository: SHOP });
  bench.take();
}

const scanOf = async ({ store }: Bench) => store.scan(SHOP_MAIN);
const head = async ({ store }: Bench): Promise<string> => (await store.scan(SHOP_MAIN))?.commit ?? "";
const asked = ({ codeHost }: Bench, what: string): number =>
  codeHost.asked.filter((question) => question.startsWith(`${what} `)).length;
const refusals = async (bench: Bench) =>
  (await bench.told()).filter((event) => event.startsWith("repository-file-invalid"));

describe("what owners say holds", () => {
  test("nothing is there: nothing of it is kept, asked or told", async () => {
    const bench = await owned({});
    expect((await scanOf(bench))?.own).toBeUndefined();
    expect(asked(bench, "setCheck")).toBe(0);
  });

  test.each([PATH, ".github/hullkeeper.yaml"])("%s is read", async (path) => {
    const bench = await owned({ [path]: "group: directory\n" });
    expect((await scanOf(bench))?.own).toEqual({
      path,
      settings: { group: "directory" },
      faults: [],
      ignoredCount: 0,
    });
    expect(asked(bench, "setCheck")).toBe(0);
  });

  test.each(["hullkeeper.yml", ".github/hullkeeper.json", "docs/.github/hullkeeper.yml"])(
    "%s is not",
    async (path) => {
      const bench = await owned({ [path]: "enabled: false\n" });
      expect((await scanOf(bench))?.own).toBeUndefined();
    },
  );

  test("the operator may leave it unread", async () => {
    const bench = createBench();
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD]), [PATH]: "wrong: 1\n" });
    await scan(bench);
    expect((await scanOf(bench))?.own).toBeUndefined();
    expect(await refusals(bench)).toEqual([]);
  });

  test("files that they leave out are not read, from the first scan on, and counted", async () => {
    const bench = await owned({
      [PATH]: 'ignorePaths: ["old/**"]\n',
      "old/Dockerfile": dockerfile([MUSL, OLD]),
      "old/a/Dockerfile": dockerfile([MUSL, OLD]),
      "old/README.md": "",
    });
    const found = await scanOf(bench);
    expect(found?.places.map(({ path }) => path)).toEqual(["Dockerfile"]);
    expect(found?.own?.ignoredCount).toBe(2);
  });

  test("files that they name are read", async () => {
    const line = `IMAGE=bellsoft/hardened-base:musl@${OLD}`;
    const bench = await owned({
      [PATH]: "files: { matchers: [{ files: ['*.conf'], line: 'IMAGE={reference}' }] }\n",
      "app.conf": `${line}\n`,
    });
    expect((await scanOf(bench))?.places.map(({ path }) => path)).toEqual(["Dockerfile", "app.conf"]);
  });

  test("images that they leave out are watched, and their clocks run", async () => {
    const bench = await owned({ [PATH]: "images: { deny: [bellsoft/*] }\n" });
    expect((await scanOf(bench))?.places).toMatchObject([
      { state: { kind: "handled", digest: OLD, isLeftOut: true } },
    ]);
    expect((await bench.store.watch(MUSL)).subscribers).toEqual([SHOP_MAIN]);
  });

  test.each([
    { title: "allowed by name", images: "{ allow: [bellsoft/hardened-base] }", isLeftOut: false },
    { title: "allowed by pattern", images: '{ allow: ["bellsoft/*"] }', isLeftOut: false },
    { title: "none of the allowed", images: "{ allow: [redis] }", isLeftOut: true },
    {
      title: "allowed and denied",
      images: '{ allow: ["bellsoft/*"], deny: ["*/hardened-*"] }',
      isLeftOut: true,
    },
    { title: "another one denied", images: "{ deny: [redis] }", isLeftOut: false },
    {
      title: "the same name elsewhere denied",
      images: "{ deny: [ghcr.io/bellsoft/hardened-base] }",
      isLeftOut: false,
    },
  ])("an image that is $title", async ({ images, isLeftOut }) => {
    const [place] = (await scanOf(await owned({ [PATH]: `images: ${images}\n` })))?.places ?? [];
    expect(place?.state.kind === "handled" && place.state.isLeftOut === true).toBe(isLeftOut);
  });
});

/** A newer digest is there and verified, and everything that follows is done. */
async function moved(bench: Bench, name: string): Promise<Digest> {
  const pushed = release(bench, { name });
  bench.registry.point(MUSL, pushed);
  await bench.run(poll, { repository: BASE });
  await bench.drain();
  return pushed;
}

/** The same with the first digest being one that was published. */
async function running(own: string): Promise<Bench> {
  const bench = benchOf();
  const first = release(bench, { name: "first" });
  bench.registry.point(MUSL, first);
  bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, first]), [PATH]: own });
  await bench.run(discover, { codeRepository: SHOP });
  await bench.run(poll, { repository: BASE });
  await bench.drain();
  return bench;
}

describe("pull requests", () => {
  test("none where they want none; the clock runs all the same", async () => {
    const bench = await running("enabled: false\n");
    await moved(bench, "second");
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(await timerNow(bench)).toBeDefined();
  });

  test("none for an image that they leave out; the clock runs all the same", async () => {
    const bench = await running("images: { deny: [bellsoft/*] }\n");
    await moved(bench, "second");
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(await timerNow(bench)).toBeDefined();
  });

  test("one that is open stays when they want no more", async () => {
    const bench = await running("enabled: true\n");
    await moved(bench, "second");
    bench.codeHost.push(SHOP, "main", { [PATH]: "enabled: false\n" });
    await bench.run(discover, { codeRepository: SHOP });
    await moved(bench, "third");
    expect(bench.codeHost.pulls(SHOP)).toMatchObject([{ number: 1, state: "open" }]);
    expect(bench.codeHost.read(SHOP, bench.codeHost.pulls(SHOP)[0]?.head ?? "")["Dockerfile"]).not.toBe(
      undefined,
    );
  });

  test("with their labels, people and milestone, cut as they want", async () => {
    const bench = await running(
      "group: line\nlabels: [ours]\nassignees: [alex]\nreviewers: [acme/shop]\nmilestone: Q4\n",
    );
    await moved(bench, "second");
    const [pull] = bench.codeHost.pulls(SHOP);
    expect(pull).toMatchObject({ assignees: ["alex"], reviewers: ["acme/shop"], milestone: "Q4" });
    expect(pull?.labels).toContain("ours");
    expect(pull?.head).toContain("hardened-base");
  });

  test("edits of files that only they know", async () => {
    const bench = benchOf();
    const first = release(bench, { name: "first" });
    bench.registry.point(MUSL, first);
    bench.codeHost.create(SHOP, {
      "app.conf": `IMAGE=bellsoft/hardened-base:musl@${first}\n`,
      [PATH]: "files: { matchers: [{ files: ['*.conf'], line: 'IMAGE={reference}' }] }\n",
    });
    await bench.run(discover, { codeRepository: SHOP });
    await bench.run(poll, { repository: BASE });
    await bench.drain();
    const second = await moved(bench, "second");
    const [pull] = bench.codeHost.pulls(SHOP);
    expect(bench.codeHost.read(SHOP, pull?.head ?? "")["app.conf"]).toBe(
      `IMAGE=bellsoft/hardened-base:musl@${second}\n`,
    );
  });

  test("go on under a faulty file", async () => {
    const bench = await running("lables: [x]\n");
    await moved(bench, "second");
    expect(bench.codeHost.pulls(SHOP)).toMatchObject([{ state: "open" }]);
  });
});

describe("faults", () => {
  test("a failed check on the head names them, with an event", async () => {
    const bench = await owned({ [PATH]: "enabled: true\nlabels: [ok, 'a,b']\n" });
    const [check, ...others] = bench.codeHost.checks(await head(bench));
    expect(others).toEqual([]);
    expect(check).toMatchObject({
      name: "hullkeeper/config",
      conclusion: "failure",
      annotations: [{ path: PATH, line: 2, level: "failure" }],
    });
    expect(check?.title).toContain("line 2, column 14: labels[1]: must be a label");
    expect(check?.title.length).toBeLessThanOrEqual(140);
    expect(check?.summary).toContain("the policy of Hullkeeper's operator holds alone");
    expect(await refusals(bench)).toEqual(["repository-file-invalid acme/shop"]);
    expect((await scanOf(bench))?.own).toMatchObject({
      path: PATH,
      faults: [{ path: "labels[1]", line: 2 }],
    });
    expect((await scanOf(bench))?.own?.settings).toBeUndefined();
  });

  test("the same head and the same faults ask nothing, and are told once", async () => {
    const bench = await owned({ [PATH]: "wrong: 1\n" });
    bench.clock.advance(DAY_MS);
    await scan(bench);
    await scan(bench);
    expect(asked(bench, "setCheck")).toBe(1);
    expect(await refusals(bench)).toHaveLength(1);
  });

  test("another head shows them too, and no new event tells the same", async () => {
    const bench = await owned({ [PATH]: "wrong: 1\n" });
    const commit = bench.codeHost.push(SHOP, "main", { "README.md": "new" });
    await scan(bench);
    expect(bench.codeHost.checks(commit)).toMatchObject([{ conclusion: "failure" }]);
    expect(await refusals(bench)).toHaveLength(1);
  });

  test("other faults are told anew", async () => {
    const bench = await owned({ [PATH]: "wrong: 1\n" });
    bench.codeHost.push(SHOP, "main", { [PATH]: "enabled: nope\n" });
    await scan(bench);
    expect(await refusals(bench)).toHaveLength(2);
    expect(bench.codeHost.checks(await head(bench))).toMatchObject([{ conclusion: "failure" }]);
  });

  test("what they said before holds until it is right", async () => {
    const bench = await owned({ [PATH]: "group: line\n" });
    bench.codeHost.push(SHOP, "main", { [PATH]: "group: lines\n" });
    await scan(bench);
    expect((await scanOf(bench))?.own).toMatchObject({
      settings: { group: "line" },
      faults: [{ path: "group" }],
    });
    expect(bench.codeHost.checks(await head(bench))[0]?.summary).toContain("what it said before holds");
  });

  test.each([
    { title: "right", files: { [PATH]: "group: line\n" }, own: { settings: { group: "line" }, faults: [] } },
    { title: "gone", files: {}, own: undefined },
  ])("once it is $title the check is good, once", async ({ files, own }) => {
    const bench = await owned({ [PATH]: "wrong: 1\n" });
    bench.codeHost.remove(SHOP, "main", PATH);
    bench.codeHost.push(SHOP, "main", { "README.md": "x", ...files });
    await scan(bench);
    const good = await head(bench);
    expect(bench.codeHost.checks(good)).toMatchObject([{ name: "hullkeeper/config", conclusion: "success" }]);
    await scan(bench);
    bench.codeHost.push(SHOP, "main", { "README.md": "y" });
    await scan(bench);
    expect(asked(bench, "setCheck")).toBe(2);
    const kept = (await scanOf(bench))?.own;
    expect(kept === undefined).toBe(own === undefined);
    expect(kept ?? {}).toMatchObject(own ?? {});
    expect(kept?.told).toBeUndefined();
  });

  test("where checks are not for us a status of the same name stands for it", async () => {
    const bench = benchOf();
    bench.codeHost.answers.check = "unsupported";
    bench.codeHost.create(SHOP, { [PATH]: "wrong: 1\n" });
    await scan(bench);
    expect(bench.codeHost.statuses(await head(bench))).toMatchObject([
      { context: "hullkeeper/config", state: "failure" },
    ]);
    bench.codeHost.push(SHOP, "main", { [PATH]: "enabled: true\n" });
    await scan(bench);
    expect(bench.codeHost.statuses(await head(bench))).toMatchObject([
      { context: "hullkeeper/config", state: "success" },
    ]);
  });

  test("a check that cannot be set leaves the scan as it is found, and is set by the next", async () => {
    const bench = benchOf();
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD]), [PATH]: "wrong: 1\n" });
    bench.codeHost.fail("setCheck", new CodedError("code-host-unavailable", "502"));
    await expect(bench.run(discover, { codeRepository: SHOP })).rejects.toMatchObject({
      code: "code-host-unavailable",
    });
    expect((await scanOf(bench))?.places).toHaveLength(1);
    bench.codeHost.heal("setCheck");
    await scan(bench);
    expect(bench.codeHost.checks(await head(bench))).toMatchObject([{ conclusion: "failure" }]);
    expect(await refusals(bench)).toHaveLength(1);
  });

  test.each([
    {
      title: "both names at once",
      files: { [PATH]: "enabled: true\n", ".github/hullkeeper.yaml": "enabled: true\n" },
      reason: "both there",
    },
    { title: "64 KiB and more", files: { [PATH]: `# ${"x".repeat(65_536)}\n` }, reason: "65536 bytes" },
    { title: "nothing in it", files: { [PATH]: "" }, reason: "is empty" },
  ])("$title", async ({ files, reason }) => {
    const bench = await owned(files);
    expect((await scanOf(bench))?.own?.faults[0]?.reason).toContain(reason);
  });

  test("one of two is taken away: the other is read", async () => {
    const bench = await owned({ [PATH]: "group: line\n", ".github/hullkeeper.yaml": "group: all\n" });
    bench.codeHost.remove(SHOP, "main", PATH);
    await scan(bench);
    expect((await scanOf(bench))?.own).toMatchObject({
      path: ".github/hullkeeper.yaml",
      settings: { group: "all" },
      faults: [],
    });
  });

  test("one that cannot be read", async () => {
    const bench = benchOf();
    bench.codeHost.create(SHOP, { [PATH]: "x" });
    bench.codeHost.unreadable.set(PATH, "a symbolic link, not followed");
    await scan(bench);
    expect((await scanOf(bench))?.own?.faults).toEqual([
      { path: "", reason: "cannot be read: a symbolic link, not followed" },
    ]);
  });

  test("a field that the operator forbids is one, and what was said of it before holds no more", async () => {
    const bench = await owned({ [PATH]: "enabled: false\n" }, { forbidden: ["enabled"] });
    expect((await scanOf(bench))?.own?.faults[0]).toMatchObject({ path: "enabled" });
    expect((await scanOf(bench))?.own?.settings).toBeUndefined();

    const before = await owned({ [PATH]: "enabled: false\ngroup: line\n" });
    const { codeHost } = before;
    const after = benchOf(["enabled"], before.store);
    after.codeHost.create(SHOP, codeHost.read(SHOP, "main"));
    await scan(after);
    expect((await scanOf(after))?.own).toMatchObject({
      settings: { group: "line" },
      faults: [{ path: "enabled", line: 1 }],
    });
    expect((await scanOf(after))?.own?.settings?.enabled).toBeUndefined();
  });

  test("hostile words stay words", async () => {
    const bench = await owned({ [PATH]: '"<!-- hullkeeper @everyone #1 Fixes #2 | **x**": 1\n' });
    const [check] = bench.codeHost.checks(await head(bench));
    expect(check?.summary).not.toMatch(/<!--|\*\*x|(?<!\w)@everyone/);
    expect(check?.conclusion).toBe("failure");
  });
});
