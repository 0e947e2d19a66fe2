import { describe, expect, test } from "vitest";
import { scanSchema } from "../../src/adapters/redis/records.ts";
import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import { type Mirror, parseRepositoryPrefix } from "../../src/image/mirror.ts";
import { parseRepository, renderRepository, type Repository } from "../../src/image/reference.ts";
import { DISCOVER, POLL, SCHEDULE } from "../../src/queues.ts";
import { HOUR_MS, later } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import {
  BASE,
  type Bench,
  createBench,
  dockerfile,
  imageDocument,
  KEY,
  MUSL,
  profileOf,
  purl,
  release,
  SHOP,
  timerNow,
  allTimers,
  SHOP_MAIN,
} from "./bench.ts";
import { BRANCH, onlyPull, PATH, proposedText } from "./propose-bench.ts";
import { createWrittenStore } from "./stored.ts";

/** Code that names images by a mirror, through all workers. */

const HARBOR = parseRepository("harbor.acme.example:8443/hub/bellsoft/hardened-base");
const CACHE = parseRepository("cache.acme.example/bellsoft/hardened-base");
const MIRRORS: readonly Mirror[] = [
  mirrorOf("harbor.acme.example:8443/hub", "docker.io"),
  mirrorOf("cache.acme.example", "docker.io"),
];

function mirrorOf(prefix: string, origin: string): Mirror {
  return { prefix: parseRepositoryPrefix(prefix), origin: parseRepositoryPrefix(origin) };
}

/** A stage of a Dockerfile that names {@link MUSL} by a repository. */
function stage(repository: Repository, pinned: Digest): string {
  return `FROM ${renderRepository(repository)}:${MUSL.tag}@${pinned}\n`;
}

type Files = (pinned: Digest) => Readonly<Record<string, string>>;

const HARBOR_ALONE: Files = (pinned) => ({ [PATH]: stage(HARBOR, pinned) });
const BOTH_NAMES: Files = (pinned) => ({ [PATH]: `${stage(HARBOR, pinned)}\n${dockerfile([MUSL, pinned])}` });

/** A code repository with these files, whose tag has a first release; all mirrors serve that. */
async function settled(files: Files = HARBOR_ALONE, change: Parameters<typeof createBench>[0] = {}) {
  const bench = createBench({ store: createWrittenStore(), mirrors: MIRRORS, ...change });
  const first = release(bench, { name: "1", purls: [purl("expat", "2.7.1-r0")] });
  serve(bench, "1", HARBOR, CACHE);
  bench.registry.point(MUSL, first);
  bench.codeHost.create(SHOP, files(first));
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await tick(bench);
  return bench;
}

/** Lets mirrors have a release: the same bytes, so the same digest. */
function serve({ registry }: Bench, name: string, ...mirrors: readonly Repository[]): void {
  for (const mirror of mirrors) registry.push(mirror, imageDocument(name));
}

/** What is due now, and all that follows from it. */
async function tick(bench: Bench): Promise<void> {
  await bench.drain();
  await bench.context.enqueue(SCHEDULE, {});
  await bench.drain();
}

/** A vendor pushes behind the tag, and the origin is asked. */
async function published(bench: Bench, name: string): Promise<Digest> {
  const pushed = release(bench, { name, purls: [purl("expat", "2.7.3-r0")] });
  bench.registry.point(MUSL, pushed);
  await bench.context.enqueue(POLL, { repository: BASE });
  await tick(bench);
  return pushed;
}

/** A while later everything that is due is done. */
async function afterAWhile(bench: Bench): Promise<void> {
  bench.clock.advance(bench.context.settings.proposalsMs);
  await tick(bench);
}

const askedOfMirrors = ({ registry }: Bench) =>
  registry.asked.filter((question) => question.includes(".acme.example"));

describe("code that names a mirror", () => {
  test("is watched, verified and compared at the origin, and edited under the mirror's name", async () => {
    const bench = await settled();
    serve(bench, "2", HARBOR);
    const next = await published(bench, "2");
    expect(proposedText(bench)).toBe(stage(HARBOR, next));
    expect(onlyPull(bench).body).toContain("2.7.3-r0");
    // The one question to the mirror: whether it serves what is proposed.
    expect(new Set(askedOfMirrors(bench))).toEqual(new Set([`manifest ${renderRepository(HARBOR)}@${next}`]));
    expect(await bench.messages("mirror-behind")).toEqual([]);
  });

  test("is told which mirror was asked, and that everything else was read at the origin", async () => {
    const bench = await settled();
    serve(bench, "2", HARBOR);
    const next = await published(bench, "2");
    const { body } = onlyPull(bench);
    expect(body).toContain("| read from | `docker.io`, by digest");
    expect(body).toContain(
      "| mirror | ✔ `harbor.acme.example:8443/hub/bellsoft/hardened-base`, a mirror of it, serves exactly this digest",
    );
    expect(body).toContain(
      `cosign verify --key bellsoft.pub --insecure-ignore-tlog docker.io/bellsoft/hardened-base@${next}`,
    );
    expect(body).not.toContain("does not have the new digest");
  });

  test("gets nothing about a mirror in its pull request where it names the origin alone", async () => {
    const bench = await settled((pinned) => ({ [PATH]: dockerfile([MUSL, pinned]) }));
    await published(bench, "2");
    expect(onlyPull(bench).body).not.toMatch(/mirror/);
    expect(askedOfMirrors(bench)).toEqual([]);
  });

  test("is found again in its scan, with the name as it is written", async () => {
    const bench = await settled();
    const scan = await bench.store.scan(SHOP_MAIN);
    expect(scan?.places).toMatchObject([
      { mirror: HARBOR, state: { kind: "handled", line: MUSL, profile: "bellsoft" } },
    ]);
    expect(scanSchema.parse(JSON.parse(JSON.stringify(scan)))).toEqual(scan);
  });

  test("is met in its clock by the merge", async () => {
    const bench = await settled();
    serve(bench, "2", HARBOR);
    await published(bench, "2");
    bench.clock.advance(HOUR_MS);
    bench.codeHost.mergeByHand(SHOP, 1, bench.clock.at);
    for (let round = 0; round < 3; round += 1) await afterAWhile(bench);
    expect((await timerNow(bench))?.state).toBe("met");
  });
});

describe("what becomes of a place", () => {
  test.each([
    {
      title: "a tag alone",
      from: `${renderRepository(CACHE)}:musl`,
      place: {
        mirror: CACHE,
        state: { kind: "seen", reason: "not-pinned", line: MUSL, profile: "bellsoft" },
      },
    },
    {
      title: "a host that begins alike",
      from: "cache.acme.example.com/bellsoft/hardened-base:musl",
      place: { state: { kind: "seen", reason: "no-profile" } },
    },
    {
      title: "another port",
      from: "harbor.acme.example/hub/bellsoft/hardened-base:musl",
      place: { state: { kind: "seen", reason: "no-profile" } },
    },
    {
      title: "another part of the host",
      from: "harbor.acme.example:8443/quay/bellsoft/hardened-base:musl",
      place: { state: { kind: "seen", reason: "no-profile" } },
    },
    {
      title: "an image that nobody claims at the origin",
      from: "cache.acme.example/redis:8",
      place: { state: { kind: "seen", reason: "no-profile" } },
    },
  ])("$title", async ({ from, place }) => {
    const bench = createBench({ mirrors: MIRRORS });
    bench.codeHost.create(SHOP, { [PATH]: `FROM ${from}\n` });
    await bench.run(discover, { codeRepository: SHOP });
    const [found] = (await bench.store.scan(SHOP_MAIN))?.places ?? [];
    expect(found).toMatchObject(place);
    expect(found?.mirror).toEqual(place.mirror);
  });

  test("a mirror that a profile names itself is watched where it is", async () => {
    const own = { ...profileOf(), images: [/^cache\.acme\.example\/bellsoft\/hardened-base$/] };
    const bench = createBench({ mirrors: MIRRORS, profiles: [own] });
    bench.codeHost.create(SHOP, { [PATH]: `FROM ${renderRepository(CACHE)}:musl\n` });
    await bench.run(discover, { codeRepository: SHOP });
    const [found] = (await bench.store.scan(SHOP_MAIN))?.places ?? [];
    expect(found?.state).toMatchObject({ line: { repository: CACHE } });
    expect(found?.mirror).toBeUndefined();
  });
});

describe("a mirror that does not have the digest yet", () => {
  test("holds its place back, and is told of once", async () => {
    const bench = await settled();
    const next = await published(bench, "2");
    for (let round = 0; round < 3; round += 1) await afterAWhile(bench);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(bench.codeHost.read(SHOP, "main")[PATH]).toContain(renderRepository(HARBOR));
    expect(await bench.messages("mirror-behind")).toHaveLength(1);
    expect(await bench.told()).toContain(`mirror-behind ${renderRepository(HARBOR)}@${next}`);
    // The clock runs all the same: it is about the fix, not about the mirror.
    expect((await timerNow(bench))?.state).toBe("open");
  });

  test("is asked again soon, and proposed under once it has it", async () => {
    const bench = await settled();
    const next = await published(bench, "2");
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(await bench.store.firstDueAt()).toBeLessThanOrEqual(
      later(bench.clock.at, bench.context.settings.proposalsMs),
    );
    serve(bench, "2", HARBOR);
    await afterAWhile(bench);
    expect(proposedText(bench)).toBe(stage(HARBOR, next));
  });

  test("holds back its own places alone, and they follow in the same pull request", async () => {
    const bench = await settled(BOTH_NAMES);
    const first = (await bench.store.watch(MUSL)).history[0]?.digest;
    const next = await published(bench, "2");
    if (first === undefined) throw new Error("the first release was not seen");
    expect(proposedText(bench)).toBe(`${stage(HARBOR, first)}\n${dockerfile([MUSL, next])}`);
    expect(onlyPull(bench).body).toContain("(its mirror does not have the new digest yet)");
    expect(onlyPull(bench).body).not.toContain("| mirror |");

    serve(bench, "2", HARBOR);
    await afterAWhile(bench);
    expect(proposedText(bench)).toBe(BOTH_NAMES(next)[PATH]);
    expect(onlyPull(bench).body).not.toContain("does not have the new digest");
    expect(onlyPull(bench).body).toContain("| mirror |");
  });

  test("holds back no place of another mirror", async () => {
    const bench = await settled((pinned) => ({
      [PATH]: stage(HARBOR, pinned),
      "b/Dockerfile": stage(CACHE, pinned),
    }));
    serve(bench, "2", CACHE);
    const next = await published(bench, "2");
    expect(proposedText(bench, "b/Dockerfile")).toBe(stage(CACHE, next));
    expect(proposedText(bench)).not.toBe(stage(HARBOR, next));
    expect(onlyPull(bench).body).toContain("its mirror does not have the new digest yet");
  });

  test("does not take back what the pull request proposes already", async () => {
    const bench = await settled();
    serve(bench, "2", HARBOR);
    const second = await published(bench, "2");
    const { body } = onlyPull(bench);
    await published(bench, "3");
    await afterAWhile(bench);
    expect(proposedText(bench)).toBe(stage(HARBOR, second));
    expect(onlyPull(bench)).toMatchObject({ state: "open", body });
  });

  test("is not asked again about what the pull request says already", async () => {
    const bench = await settled();
    serve(bench, "2", HARBOR);
    await published(bench, "2");
    const asked = askedOfMirrors(bench).length;
    for (let round = 0; round < 3; round += 1) await afterAWhile(bench);
    expect(askedOfMirrors(bench)).toHaveLength(asked);
  });
});

describe("places of one line", () => {
  test("are proposed together, whatever names they have, with one clock", async () => {
    const names: Files = (pinned) => ({
      [PATH]: `${stage(HARBOR, pinned)}\n${stage(CACHE, pinned)}\n${dockerfile([MUSL, pinned])}`,
    });
    const bench = await settled(names);
    serve(bench, "2", HARBOR, CACHE);
    const next = await published(bench, "2");
    expect(proposedText(bench)).toBe(names(next)[PATH]);
    expect(onlyPull(bench).body).toContain("`, mirrors of it, serve exactly this digest");
    expect(await allTimers(bench)).toHaveLength(1);
  });
});

describe("a mirror that could not be asked", () => {
  test.each([
    "registry-unavailable",
    "registry-unauthorized",
    "registry-timeout",
    "registry-integrity",
  ] as const)("(%s) is an error, and nothing changes", async (code) => {
    const bench = await settled(BOTH_NAMES);
    serve(bench, "2", HARBOR);
    const question = `manifest ${renderRepository(HARBOR)}`;
    bench.registry.fail(question, new CodedError(code, "the mirror did not answer"));
    await expect(published(bench, "2")).rejects.toMatchObject({ code });
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(bench.codeHost.read(SHOP, BRANCH)).toEqual({});
    expect(await bench.messages("mirror-behind")).toEqual([]);

    bench.registry.heal(question);
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
  });

  test("changes nothing of an open pull request", async () => {
    const bench = await settled();
    serve(bench, "2", HARBOR);
    const second = await published(bench, "2");
    const { body } = onlyPull(bench);
    const failure = new CodedError("registry-unavailable", "the mirror did not answer");
    bench.registry.fail(`manifest ${renderRepository(HARBOR)}`, failure);
    await expect(published(bench, "3")).rejects.toBe(failure);
    expect(proposedText(bench)).toBe(stage(HARBOR, second));
    expect(onlyPull(bench)).toMatchObject({ state: "open", body });
  });
});
