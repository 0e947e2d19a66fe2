import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { parseRepositoryPrefix } from "../../src/image/mirror.ts";
import { parseRepository } from "../../src/image/reference.ts";
import { isOwnCommit } from "../../src/proposal/commit-message.ts";
import { POLL, VERIFY } from "../../src/queues.ts";
import { DAY_MS, MINUTE_MS } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { verify } from "../../workers/verify.ts";
import { saveLook } from "../fakes/look.ts";
import {
  BASE,
  type Bench,
  digest,
  GLIBC,
  imageDocument,
  indexDocument,
  MUSL,
  profileOf,
  queued,
  release,
  SHOP,
  sbomOn,
  purl,
  signatureOn,
  SHOP_MAIN,
} from "./bench.ts";
import {
  later,
  pinnedText,
  pinning,
  pinPull,
  pinPulls,
  PINS,
  PINS_BRANCH,
  published,
  read,
  TAGGED,
  tick,
  unpinned,
} from "./first-pins-bench.ts";
import { BRANCH, writesOf } from "./propose-bench.ts";

const signal = () => new AbortController().signal;
const lookAt = ({ codeHost }: Bench) =>
  codeHost.look(SHOP, { baseBranch: "main", branch: PINS_BRANCH, paths: [] }, signal());
const recordOf = ({ store }: Bench) => store.proposal(PINS);
const NEVER_SIGNED = { signed: "no", purls: undefined } as const;

describe("a tag without a digest, whose digest is verified", () => {
  test("gets it, in one pull request of its own with one commit", async () => {
    const { bench, first } = await unpinned();
    const pull = pinPull(bench);
    expect(bench.codeHost.pulls(SHOP)).toEqual([pull]);
    expect(pull).toMatchObject({
      state: "open",
      baseBranch: "main",
      title: "Pin hardened-base:musl to a verified digest",
      labels: ["hullkeeper", "hullkeeper:first-pins"],
    });
    expect(bench.codeHost.read(SHOP, PINS_BRANCH)).toEqual({ Dockerfile: `FROM ${TAGGED}@${first}\n` });
    const { head, base } = await lookAt(bench);
    expect(head?.parents).toEqual([base.commit]);
    expect(isOwnCommit(head?.message ?? "", PINS.group)).toBe(true);
    expect(head?.message).toContain(`Hullkeeper-To: ${first}\n`);
    expect(head?.message).not.toContain("Hullkeeper-From");
    expect(bench.codeHost.statuses(pull.headCommit).map(({ context, state }) => [context, state])).toEqual([
      ["hullkeeper/verification", "success"],
      ["hullkeeper/sla", "success"],
    ]);
    expect(await recordOf(bench)).toMatchObject({
      state: "open",
      number: pull.number,
      updates: [{ line: MUSL, to: first, paths: ["Dockerfile"], superseded: [] }],
    });
    expect(await recordOf(bench)).not.toHaveProperty("dueAt");
    expect(await bench.messages("proposed")).toEqual([pull.title]);
  });

  test("is asked at the registry by its tag just before it is written", async () => {
    const { bench } = await unpinned();
    expect(bench.registry.asked.at(-1)).toBe("resolve docker.io/bellsoft/hardened-base:musl");
  });

  test("looked at again changes nothing, and does not ask the code host before its time", async () => {
    const { bench } = await unpinned();
    const asked = bench.codeHost.asked.length;
    await bench.run(propose, PINS);
    expect(bench.codeHost.asked).toHaveLength(asked);
    const written = writesOf(bench).length;
    await later(bench);
    expect(writesOf(bench)).toHaveLength(written);
    expect(await bench.messages("refreshed")).toEqual([]);
  });

  test("in several kinds of files is one commit", async () => {
    const { bench, first } = await unpinned({
      Dockerfile: `FROM ${TAGGED} AS build\r\nFROM ${TAGGED}\r\n`,
      "deploy/compose.yaml": `services:\n  shop:\n    image: ${TAGGED} # musl\n`,
      "chart/Chart.yaml": "name: shop\n",
      "chart/values.yaml": 'image:\n  repository: bellsoft/hardened-base\n  tag: musl\n  digest: ""\n',
      ".github/workflows/ci.yml": `jobs:\n  a:\n    runs-on: x\n    container: ${TAGGED}\n    steps: []\n`,
    });
    expect(bench.codeHost.read(SHOP, PINS_BRANCH)).toEqual({
      Dockerfile: `FROM ${TAGGED}@${first} AS build\r\nFROM ${TAGGED}@${first}\r\n`,
      "deploy/compose.yaml": `services:\n  shop:\n    image: ${TAGGED}@${first} # musl\n`,
      "chart/Chart.yaml": "name: shop\n",
      "chart/values.yaml": `image:\n  repository: bellsoft/hardened-base\n  tag: musl\n  digest: "${first}"\n`,
      ".github/workflows/ci.yml": `jobs:\n  a:\n    runs-on: x\n    container: ${TAGGED}@${first}\n    steps: []\n`,
    });
    expect(pinPull(bench).body).toContain("**1 tag in 5 places**");
  });

  test("behind a variable of another file is pinned there", async () => {
    const { bench, first } = await unpinned({
      ".env": `BASE=${TAGGED}\n`,
      "compose.yaml": "services:\n  shop:\n    image: ${BASE}\n",
    });
    expect(pinnedText(bench, ".env")).toBe(`BASE=${TAGGED}@${first}\n`);
  });

  test("of an index is pinned to the index, never to a platform's manifest", async () => {
    const { bench, first } = await unpinned();
    const index = bench.registry.push(BASE, indexDocument([{ digest: first, platform: "linux/amd64" }]));
    bench.registry.attach({ repository: BASE, digest: index }, { candidates: [signatureOn(index)] });
    bench.registry.point(MUSL, index);
    await bench.context.enqueue(POLL, { repository: BASE });
    await tick(bench);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${index}\n`);
    expect(pinPull(bench).body).toContain("| `amd64` |");
  });
});

describe("nothing is pinned", () => {
  test.each([
    { title: "where the policy follows tags", change: { policies: pinning("follow") } },
    { title: "where the policy wants no pins", change: { policies: pinning("never") } },
    {
      title: "of a profile that only observes",
      change: { profiles: [{ ...profileOf(), mode: "observed" as const }] },
    },
  ])("$title", async ({ change }) => {
    const { bench } = await unpinned(undefined, change);
    await bench.run(propose, PINS);
    expect(writesOf(bench)).toEqual([]);
  });

  test.each([
    { title: "a digest alone", text: `FROM bellsoft/hardened-base@${digest("01d")}\n` },
    { title: "a name alone", text: "FROM bellsoft/hardened-base\n" },
    { title: "an image of nobody", text: "FROM redis:8\n" },
    { title: "a generated file", text: `# Code generated by x. DO NOT EDIT.\nFROM ${TAGGED}\n` },
    { title: "a reference put together of variables", text: `ARG T=musl\nFROM bellsoft/hardened-base:$T\n` },
  ])("at $title", async ({ text }) => {
    const { bench } = await unpinned({ Dockerfile: text });
    await bench.run(propose, PINS);
    expect(writesOf(bench)).toEqual([]);
  });

  test("that is not signed; once it is, it is", async () => {
    const { bench } = await unpinned({ Dockerfile: "FROM scratch\n" });
    const pushed = release(bench, { name: "2", ...NEVER_SIGNED });
    bench.registry.point(MUSL, pushed);
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n` });
    await read(bench);
    expect(writesOf(bench)).toEqual([]);
    bench.registry.attach(
      { repository: BASE, digest: pushed },
      {
        candidates: [signatureOn(pushed), sbomOn(pushed, [purl("expat", "2.7.3-r0")])],
      },
    );
    bench.clock.advance(MINUTE_MS);
    await tick(bench);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${pushed}\n`);
  });

  test("where the tag moved a moment ago: it is polled again", async () => {
    const { bench, first } = await unpinned({ Dockerfile: "FROM scratch\n" });
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n` });
    await bench.context.enqueue(POLL, { repository: BASE });
    bench.registry.point(MUSL, digest("4e3"));
    await judgedAt(bench, first);
    await bench.run(propose, PINS);
    expect(bench.jobs).toContainEqual(queued(POLL, { repository: BASE }));
    expect(writesOf(bench)).toEqual([]);
  });

  test("where the registry does not answer", async () => {
    const { bench, first } = await unpinned({ Dockerfile: "FROM scratch\n" });
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n` });
    await judgedAt(bench, first);
    bench.registry.fail("resolve", new CodedError("registry-unavailable", "asking failed"));
    await expect(bench.run(propose, PINS)).rejects.toMatchObject({ code: "registry-unavailable" });
    expect(writesOf(bench)).toEqual([]);
  });

  test("that was judged by other rules: it is judged anew", async () => {
    const { bench, first } = await unpinned({ Dockerfile: "FROM scratch\n" });
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n` });
    await judgedAt(bench, first);
    const image = { repository: BASE, digest: first };
    const record = await bench.store.verdict(image);
    if (record === undefined) throw new Error("no verdict");
    await bench.store.saveVerdict({ ...record, policyHash: "other" });
    await bench.run(propose, PINS);
    expect(bench.jobs).toContainEqual(queued(VERIFY, { image }));
    expect(writesOf(bench)).toEqual([]);
  });

  test("where the file has changed since it was read: it is read again", async () => {
    const { bench, first } = await unpinned({ Dockerfile: "FROM scratch\n" });
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n` });
    await judgedAt(bench, first);
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}@${first}\n` });
    await bench.run(propose, PINS);
    await tick(bench);
    expect(pinPulls(bench)).toEqual([]);
  });
});

/** The code repository is read and the tag's digest judged, and nothing is proposed yet. */
async function judgedAt(bench: Bench, first: ReturnType<typeof digest>): Promise<void> {
  await bench.run(discover, { codeRepository: SHOP });
  const at = bench.clock.at;
  await saveLook(bench.store, MUSL, {
    kind: "answered",
    history: [{ digest: first, firstSeenAt: at, lastSeenAt: at }],
    at,
  });
  await bench.run(verify, { image: { repository: BASE, digest: first } });
  bench.take();
}

describe("what is left out is named", () => {
  test("a tag whose digest is not verified", async () => {
    const { bench, first } = await unpinned({ Dockerfile: "FROM scratch\n" });
    bench.registry.point(GLIBC, release(bench, { name: "glibc", ...NEVER_SIGNED }));
    bench.codeHost.push(SHOP, "main", {
      Dockerfile: `FROM ${TAGGED}\nFROM bellsoft/hardened-base:glibc\n`,
    });
    await read(bench);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${first}\nFROM bellsoft/hardened-base:glibc\n`);
    expect(pinPull(bench).body).toContain(
      "### Not pinned\n\n- `Dockerfile:2` has `bellsoft/hardened-base:glibc` (its digest is not verified: no signature that can be checked is there)",
    );
  });

  test("what cannot be edited, and what nobody pins", async () => {
    const { bench } = await unpinned({
      Dockerfile: `FROM ${TAGGED}\nFROM bellsoft/hardened-base\nFROM bellsoft/hardened-base@${digest("01d")}\nFROM redis:8\n`,
      "fixtures/Dockerfile": `FROM ${TAGGED}\n`,
    });
    const { body } = pinPull(bench);
    expect(body).toContain(
      "- `Dockerfile:2` has `bellsoft/hardened-base` (it has no tag: which digest is meant is not known)",
    );
    expect(body).toContain("- `fixtures/Dockerfile:1` has `bellsoft/hardened-base:musl` (data of a test)");
    expect(body.match(/^- `.*` has /gm)).toHaveLength(2);
  });

  test("a place whose mirror does not serve the digest; once it does, it is pinned", async () => {
    const harbor = parseRepository("harbor.acme.example/hub/bellsoft/hardened-base");
    const mirrored = "harbor.acme.example/hub/bellsoft/hardened-base:musl";
    const mirrors = [
      {
        prefix: parseRepositoryPrefix("harbor.acme.example/hub"),
        origin: parseRepositoryPrefix("docker.io"),
      },
    ];
    const { bench, first } = await unpinned(
      { Dockerfile: `FROM ${mirrored}\nFROM ${TAGGED}\n` },
      { mirrors },
    );
    expect(pinnedText(bench)).toBe(`FROM ${mirrored}\nFROM ${TAGGED}@${first}\n`);
    expect(pinPull(bench).body).toContain("its mirror does not have this digest yet");
    bench.registry.push(harbor, imageDocument("1"));
    await later(bench);
    expect(pinnedText(bench)).toBe(`FROM ${mirrored}@${first}\nFROM ${TAGGED}@${first}\n`);
    expect(pinPulls(bench)).toHaveLength(1);
  });
});

describe("while it is open", () => {
  test("a tag that moves to a verified digest refreshes it in place", async () => {
    const { bench } = await unpinned();
    const next = await published(bench, "2");
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${next}\n`);
    expect(pinPulls(bench)).toHaveLength(1);
    expect(await recordOf(bench)).toMatchObject({ updates: [{ to: next }] });
    expect(await bench.messages("refreshed")).toHaveLength(1);
  });

  test("a tag that moves to what is not verified leaves its digest, and that is said", async () => {
    const { bench, first } = await unpinned();
    await published(bench, "2", NEVER_SIGNED);
    await later(bench);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${first}\n`);
    expect(pinPull(bench).body).toContain("has moved on since");
    const written = writesOf(bench).length;
    await later(bench);
    expect(writesOf(bench)).toHaveLength(written);
  });

  test("a place that appears for such a tag waits", async () => {
    const { bench, first } = await unpinned();
    await published(bench, "2", NEVER_SIGNED);
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n`, "b/Dockerfile": `FROM ${TAGGED}\n` });
    await read(bench);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${first}\n`);
    expect(await recordOf(bench)).toMatchObject({ updates: [{ to: first, paths: ["Dockerfile"] }] });
    expect(pinPull(bench).body).toContain(
      "- `b/Dockerfile:1` has `bellsoft/hardened-base:musl` (its digest is not",
    );
  });

  test("a tag that steps back leaves its digest", async () => {
    const { bench, first } = await unpinned();
    const next = await published(bench, "2");
    bench.registry.point(MUSL, first);
    await bench.context.enqueue(POLL, { repository: BASE });
    await tick(bench);
    await later(bench);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${next}\n`);
  });

  test("a place that is pinned elsewhere drops out", async () => {
    const files = { Dockerfile: `FROM ${TAGGED}\n`, "b/Dockerfile": `FROM ${TAGGED}\n` };
    const { bench, first } = await unpinned(files);
    bench.codeHost.push(SHOP, "main", { ...files, Dockerfile: `FROM ${TAGGED}@${first}\n` });
    await read(bench);
    expect(await recordOf(bench)).toMatchObject({ state: "open", updates: [{ paths: ["b/Dockerfile"] }] });
    const { head, base } = await lookAt(bench);
    expect(head?.parents).toEqual([base.commit]);
    expect(pinPull(bench).body).not.toContain("`Dockerfile:1`");
  });

  test("a place that appears joins", async () => {
    const { bench, first } = await unpinned();
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n`, "b/Dockerfile": `FROM ${TAGGED}\n` });
    await read(bench);
    expect(pinnedText(bench, "b/Dockerfile")).toBe(`FROM ${TAGGED}@${first}\n`);
    expect(pinPulls(bench)).toHaveLength(1);
  });

  test("it is closed as done when nothing is left, and that declines nothing", async () => {
    const { bench, first } = await unpinned();
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}@${first}\n` });
    await read(bench);
    expect(pinPull(bench).state).toBe("closed");
    expect(await bench.messages("superseded")).toEqual([
      "Done: all that this pins has a digest by now, or is gone.",
    ]);
    expect(bench.store.dueAt({ kind: "propose", proposal: PINS })).toBeUndefined();
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n` });
    await read(bench);
    expect(pinPulls(bench).map(({ state }) => state)).toEqual(["closed", "open"]);
  });

  test("it is closed when the policy does not want it any more", async () => {
    const { bench } = await unpinned();
    const context = {
      ...bench.context,
      settings: { ...bench.context.settings, policies: pinning("follow") },
    };
    await propose.handle(PINS, context, signal());
    expect(pinPull(bench).state).toBe("closed");
    expect(await bench.messages("superseded")).toEqual(["The policy does not ask for first pins any more."]);
  });

  test("a digest that is no longer verified is flagged, and the rest stays", async () => {
    const { bench, first } = await unpinned();
    const image = { repository: BASE, digest: first };
    const record = await bench.store.verdict(image);
    if (record === undefined) throw new Error("no verdict");
    const rejected = {
      kind: "rejected",
      reason: "signature-key-unknown",
      detail: "",
      results: [],
      skipped: [],
    } as const;
    await bench.store.saveVerdict({ ...record, verdict: rejected });
    await bench.run(propose, PINS);
    expect(pinPull(bench).labels).toContain("hullkeeper:not-verified");
    expect(pinPull(bench).body).toContain("Do not merge");
    expect(pinPull(bench).state).toBe("open");
  });

  test("somebody else's commit on the branch is left alone", async () => {
    const { bench } = await unpinned();
    const commit = bench.codeHost.push(SHOP, PINS_BRANCH, { "fix.txt": "by hand" }, "Fix the build");
    await published(bench, "2");
    expect(pinPull(bench).headCommit).toBe(commit);
    expect(await bench.messages("branch-foreign")).toHaveLength(1);
  });
});

/** A person closes the pull request, and that is taken in. */
async function closed(files?: Parameters<typeof unpinned>[0]) {
  const { bench, first } = await unpinned(files);
  bench.codeHost.close(SHOP, pinPull(bench).number, bench.clock.at);
  await later(bench);
  return { bench, first };
}

describe("closed by a person", () => {
  test("declines its places, and no digest", async () => {
    const { bench } = await closed();
    expect(await recordOf(bench)).toMatchObject({
      state: "closed",
      declinedPins: [{ line: MUSL, path: "Dockerfile" }],
    });
    expect(await bench.store.declined(PINS)).toEqual([]);
    expect(await bench.messages("declined")).toEqual([
      "closed by a person: these places are not proposed again: docker.io/bellsoft/hardened-base:musl",
    ]);
  });

  test("stays closed when the tag moves, and when the place moves in its file", async () => {
    const { bench } = await closed();
    await published(bench, "2");
    bench.codeHost.push(SHOP, "main", { Dockerfile: `# one\n# two\nFROM ${TAGGED}\n` });
    await read(bench);
    await later(bench);
    expect(pinPulls(bench).map(({ state }) => state)).toEqual(["closed"]);
  });

  test("comes again for other places alone, and remembers those of both", async () => {
    const { bench, first } = await closed();
    bench.codeHost.push(SHOP, "main", { Dockerfile: `FROM ${TAGGED}\n`, "b/Dockerfile": `FROM ${TAGGED}\n` });
    await read(bench);
    expect(pinPulls(bench).map(({ state }) => state)).toEqual(["closed", "open"]);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}\n`);
    expect(pinnedText(bench, "b/Dockerfile")).toBe(`FROM ${TAGGED}@${first}\n`);
    expect(pinPull(bench).body).toContain(
      "- `Dockerfile:1` has `bellsoft/hardened-base:musl` (a person closed the pull request that pinned it)",
    );
    bench.codeHost.close(SHOP, pinPull(bench).number, bench.clock.at);
    await later(bench);
    await read(bench);
    expect(pinPulls(bench).map(({ state }) => state)).toEqual(["closed", "closed"]);
    expect((await recordOf(bench))?.declinedPins?.map(({ path }) => path)).toEqual([
      "Dockerfile",
      "b/Dockerfile",
    ]);
  });

  test("is known from its marker when the store lost everything", async () => {
    const { bench } = await unpinned();
    bench.codeHost.close(SHOP, pinPull(bench).number, bench.clock.at);
    const lost = await unpinned({ Dockerfile: "FROM scratch\n" });
    const codeHost = bench.codeHost;
    const emptied = { ...lost.bench.context, codeHost };
    await discover.handle({ codeRepository: SHOP }, emptied, signal());
    const at = bench.clock.at;
    const { first } = lost;
    await saveLook(lost.bench.store, MUSL, {
      kind: "answered",
      history: [{ digest: first, firstSeenAt: at, lastSeenAt: at }],
      at,
    });
    await verify.handle({ image: { repository: BASE, digest: first } }, emptied, signal());
    await propose.handle(PINS, emptied, signal());
    expect(await lost.bench.store.proposal(PINS)).toMatchObject({
      state: "closed",
      declinedPins: [{ line: MUSL, path: "Dockerfile" }],
    });
    expect(codeHost.pulls(SHOP).map(({ state }) => state)).toEqual(["closed"]);
  });
});

/** Somebody who may write there says this below the pull request, and that is taken in. */
const asked = async (bench: Bench, command: string): Promise<void> => {
  bench.codeHost.roles.set("alex", "write");
  bench.clock.advance(MINUTE_MS);
  const createdAt = bench.clock.at;
  bench.codeHost.say(SHOP, pinPull(bench).number, { author: "alex", body: command, createdAt });
  await later(bench);
};

describe("people may ask for something", () => {
  test("ignored, it is closed, and its places are declined", async () => {
    const { bench } = await unpinned();
    await asked(bench, "/hullkeeper ignore");
    expect(pinPull(bench).state).toBe("closed");
    expect(await recordOf(bench)).toMatchObject({
      state: "closed",
      declinedPins: [{ line: MUSL, path: "Dockerfile" }],
    });
    await published(bench, "2");
    await later(bench);
    expect(pinPulls(bench)).toHaveLength(1);
  });

  test("made anew, it is another one with the same pins, and nothing is declined", async () => {
    const { bench, first } = await unpinned();
    await asked(bench, "/hullkeeper recreate");
    await later(bench);
    expect(pinPulls(bench).map(({ state }) => state)).toEqual(["closed", "open"]);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${first}\n`);
    expect((await recordOf(bench))?.declinedPins ?? []).toEqual([]);
  });

  test("left alone for a while, it is not refreshed before", async () => {
    const { bench, first } = await unpinned();
    await asked(bench, "/hullkeeper snooze 7d");
    const next = await published(bench, "2");
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${first}\n`);
    bench.clock.advance(8 * DAY_MS);
    await later(bench);
    expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${next}\n`);
  });
});

test("opened again by a person, it is ours again, and its places are declined no more", async () => {
  const { bench } = await closed();
  bench.codeHost.reopen(SHOP, pinPull(bench).number);
  bench.clock.advance(DAY_MS);
  await later(bench);
  const record = await recordOf(bench);
  expect(record?.state).toBe("open");
  expect(record?.declinedPins).toEqual([]);
  const next = await published(bench, "2");
  expect(pinPulls(bench).map(({ state }) => state)).toEqual(["open"]);
  expect(pinnedText(bench)).toBe(`FROM ${TAGGED}@${next}\n`);
});

describe("once it is merged", () => {
  test("its places are ordinary pins, and the next digest is an ordinary update", async () => {
    const { bench, first } = await unpinned();
    bench.codeHost.mergeByHand(SHOP, pinPull(bench).number, bench.clock.at);
    await later(bench);
    expect(await recordOf(bench)).toMatchObject({ state: "merged" });
    const next = await published(bench, "2");
    expect(bench.codeHost.read(SHOP, BRANCH)["Dockerfile"]).toBe(`FROM ${TAGGED}@${next}\n`);
    expect(bench.codeHost.read(SHOP, "main")["Dockerfile"]).toBe(`FROM ${TAGGED}@${first}\n`);
    expect(pinPulls(bench).map(({ state }) => state)).toEqual(["merged"]);
  });
});

test("the ordinary pull request leaves tags without a digest alone", async () => {
  const { bench, first } = await unpinned({ Dockerfile: "FROM scratch\n" });
  bench.codeHost.push(SHOP, "main", {
    Dockerfile: `FROM ${TAGGED}@${first}\n`,
    "b/Dockerfile": `FROM ${TAGGED}\n`,
  });
  await read(bench);
  const next = await published(bench, "2");
  const files = bench.codeHost.read(SHOP, BRANCH);
  expect(files).toEqual({ Dockerfile: `FROM ${TAGGED}@${next}\n`, "b/Dockerfile": `FROM ${TAGGED}\n` });
  expect(bench.codeHost.read(SHOP, PINS_BRANCH)).toEqual({
    Dockerfile: `FROM ${TAGGED}@${first}\n`,
    "b/Dockerfile": `FROM ${TAGGED}@${next}\n`,
  });
});

test("where the policy wants no pins, the tag is not even watched", async () => {
  const { bench } = await unpinned(undefined, { policies: pinning("never") });
  expect(await bench.store.watches()).toEqual([]);
  expect((await bench.store.scan(SHOP_MAIN))?.places).toMatchObject([
    { state: { kind: "seen", reason: "pin-never", profile: "bellsoft" } },
  ]);
  expect(bench.registry.asked).toEqual([]);
});
