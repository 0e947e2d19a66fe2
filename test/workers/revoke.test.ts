import { beforeEach, describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import type { DistrustRecord } from "../../src/ports/operators.ts";
import { DISCOVER, POLL, PROPOSE, REVOKE, SCHEDULE, VERIFY } from "../../src/queues.ts";
import { MINUTE_MS } from "../../src/time.ts";
import { distrustOf, type DistrustSubject } from "../../src/trust/distrust.ts";
import { propose } from "../../workers/propose.ts";
import { revoke } from "../../workers/revoke.ts";
import { schedule } from "../../workers/schedule.ts";
import { trustedHalfOf } from "../fakes/signer.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  dockerfile,
  GLIBC,
  KEY,
  MUSL,
  NOW,
  pin,
  profileOf,
  queued,
  release,
  seen,
  SHOP,
  signatureOn,
  STRANGER,
  VENDOR,
} from "./bench.ts";
import { judged, VERIFIED } from "./facts.ts";
import { BRANCH, onlyPull, PATH, proposalOf, writesOf } from "./propose-bench.ts";
import { createWrittenStore } from "./stored.ts";

const { fingerprint } = trustedHalfOf(VENDOR, "BellSoft").signer;
const THE_KEY: DistrustSubject = { kind: "key", fingerprint };
/** The vendor changes keys: either is enough. */
const BOTH_KEYS = profileOf({
  signers: {
    need: "any",
    groups: [
      {
        name: "vendor",
        anyOf: [trustedHalfOf(VENDOR, "BellSoft"), trustedHalfOf(STRANGER, "BellSoft's next key")],
      },
    ],
  },
});
const because = (subject: DistrustSubject): DistrustRecord => ({
  subject,
  by: "alice",
  reason: "it leaked",
  at: NOW,
});

/** What is due now, and all that follows from it. */
async function tick(bench: Bench): Promise<void> {
  await bench.drain();
  await bench.context.enqueue(SCHEDULE, {});
  await bench.drain();
}

/** A code repository with an open pull request from the first release to the second, through all workers. */
async function opened(
  change: Parameters<typeof createBench>[0] = {},
): Promise<{ readonly bench: Bench; readonly first: Digest; readonly second: Digest }> {
  const bench = createBench({ store: createWrittenStore(), ...change });
  const first = release(bench, { name: "1" });
  bench.registry.point(MUSL, first);
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, first]) });
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await tick(bench);
  const second = release(bench, { name: "2" });
  bench.registry.point(MUSL, second);
  await bench.context.enqueue(POLL, { repository: BASE });
  await tick(bench);
  expect(onlyPull(bench).state).toBe("open");
  return { bench, first, second };
}

/** Somebody distrusts something, as the command line does it. */
async function distrusted(bench: Bench, subject: DistrustSubject): Promise<void> {
  await bench.store.distrust(because(subject));
  await bench.store.schedule({ kind: "revoke" }, bench.clock.at, "sooner");
  await tick(bench);
}

async function lifted(bench: Bench, subject: DistrustSubject): Promise<void> {
  await bench.store.liftDistrust(subject);
  await bench.store.schedule({ kind: "revoke" }, bench.clock.at, "sooner");
  await tick(bench);
}

/** The registry does not answer any more. */
function silence({ registry }: Bench): void {
  const error = new CodedError("registry-unavailable", "no answer");
  for (const question of ["evidence", "manifest", "resolve"]) registry.fail(question, error);
}

const checkOf = (bench: Bench) =>
  bench.codeHost
    .statuses(onlyPull(bench).headCommit)
    .find(({ context }) => context === "hullkeeper/verification");
const verdictOf = async (bench: Bench, image: Digest) =>
  (await bench.store.verdict({ repository: BASE, digest: image }))?.verdict;

describe("a key that is distrusted while a pull request is open", () => {
  let bench: Bench;
  let second: Digest;
  beforeEach(async () => {
    ({ bench, second } = await opened());
  });

  test("fails its check, warns and labels it, and leaves what it proposes", async () => {
    const before = onlyPull(bench);
    expect(checkOf(bench)?.state).toBe("success");
    await distrusted(bench, THE_KEY);

    expect(await verdictOf(bench, second)).toMatchObject({ kind: "rejected", reason: "signer-distrusted" });
    const pull = onlyPull(bench);
    expect(checkOf(bench)).toMatchObject({ state: "failure" });
    expect(checkOf(bench)?.description).toMatch(
      /^Do not merge, no longer verified: musl: rejected \(signer-dis/,
    );
    expect(pull).toMatchObject({ state: "open", headCommit: before.headCommit, title: before.title });
    expect(pull.body).toMatch(/^<!-- hullkeeper-warning -->\n> \[!CAUTION\]\n> \*\*Do not merge/);
    expect(pull.body.endsWith(before.body)).toBe(true);
    expect(pull.labels).toEqual(["hullkeeper", "hullkeeper:not-verified"]);
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([MUSL, second]));
  });

  test("is told once for each digest, with how many use it, and once for the pull request", async () => {
    await distrusted(bench, THE_KEY);
    expect(await bench.messages("revoked")).toEqual([
      expect.stringMatching(
        /^an operator distrusts "BellSoft"; pinned by [01] code repositories, proposed by/,
      ),
      expect.stringMatching(
        /^an operator distrusts "BellSoft"; pinned by [01] code repositories, proposed by/,
      ),
    ]);
    expect((await bench.messages("revoked")).join(" ")).toContain(
      "pinned by 0 code repositories, proposed by 1 pull requests, merged by 0",
    );
    expect(await bench.messages("proposal-flagged")).toHaveLength(1);
  });

  test("that is lifted: as it was before", async () => {
    const before = onlyPull(bench);
    await distrusted(bench, THE_KEY);
    bench.clock.advance(MINUTE_MS);
    await lifted(bench, THE_KEY);
    expect(await verdictOf(bench, second)).toMatchObject({ kind: "verified" });
    expect(checkOf(bench)?.state).toBe("success");
    expect(onlyPull(bench)).toEqual(before);
    expect(await bench.messages("proposal-cleared")).toHaveLength(1);
    expect((await proposalOf(bench))?.contentHash).not.toMatch(/^flagged/);
  });

  test("and again: flagged and told again", async () => {
    await distrusted(bench, THE_KEY);
    bench.clock.advance(MINUTE_MS);
    await lifted(bench, THE_KEY);
    bench.clock.advance(MINUTE_MS);
    await distrusted(bench, THE_KEY);
    expect(checkOf(bench)?.state).toBe("failure");
    expect(onlyPull(bench).body.split("hullkeeper-warning -->")).toHaveLength(3);
    expect(await bench.messages("proposal-flagged")).toHaveLength(2);
    expect(await bench.messages("revoked")).toHaveLength(4);
  });

  test("every job run again changes nothing and tells nothing", async () => {
    await distrusted(bench, THE_KEY);
    const [pull, told, writes] = [onlyPull(bench), await bench.told(), writesOf(bench).length];
    for (let run = 0; run < 2; run += 1) {
      await bench.run(revoke, {});
      await bench.drain();
      await bench.run(propose, KEY);
    }
    expect(onlyPull(bench)).toEqual(pull);
    expect(await bench.told()).toEqual(told);
    expect(writesOf(bench)).toHaveLength(writes);
  });

  test("holds while the registry does not answer", async () => {
    silence(bench);
    await bench.store.distrust(because(THE_KEY));
    await bench.run(revoke, {});
    const asked = bench.take();
    expect(asked).toContainEqual(queued(PROPOSE, KEY));
    expect(asked).toContainEqual(queued(VERIFY, { image: { repository: BASE, digest: second } }));
    await bench.run(propose, KEY);
    expect(checkOf(bench)?.state).toBe("failure");
  });

  test("keeps a new release of that key from being proposed, and one of another key not", async () => {
    const next = createBench({ profiles: [BOTH_KEYS], store: bench.store });
    await next.store.distrust(because(THE_KEY));
    const bad = release(next, { name: "3" });
    const good = release(next, { name: "4", key: STRANGER });
    await next.context.enqueue(VERIFY, { image: { repository: BASE, digest: bad } });
    await next.context.enqueue(VERIFY, { image: { repository: BASE, digest: good } });
    await next.drain();
    expect(await verdictOf(next, bad)).toMatchObject({ kind: "rejected", reason: "signer-distrusted" });
    // No clock starts with what was never accepted.
    const record = await next.store.verdict({ repository: BASE, digest: bad });
    expect(record?.verifiedAt).toBeUndefined();
    expect(await verdictOf(next, good)).toMatchObject({ kind: "verified" });
  });

  test("a newer release by somebody who is trusted takes its place", async () => {
    const { bench: next, first } = await opened({ profiles: [BOTH_KEYS] });
    await distrusted(next, THE_KEY);
    expect(checkOf(next)?.state).toBe("failure");
    const third = release(next, { name: "3", key: STRANGER });
    next.registry.point(MUSL, third);
    await next.context.enqueue(POLL, { repository: BASE });
    await tick(next);
    expect(await verdictOf(next, first)).toMatchObject({ kind: "rejected" });
    expect(next.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([MUSL, third]));
    expect(checkOf(next)?.state).toBe("success");
    expect(onlyPull(next).body).not.toContain("[!CAUTION]");
    expect(onlyPull(next).labels).not.toContain("hullkeeper:not-verified");
  });
});

describe("other reasons", () => {
  test("the index that a signature is on: nothing is kept that rests on it, its own signature counts", async () => {
    const { bench, second } = await opened();
    const image = { repository: BASE, digest: second };
    const record = await bench.store.verdict(image);
    if (record?.verdict.kind !== "verified") throw new Error("not verified");
    const index = digest("1d");
    await bench.store.saveVerdict({ ...record, verdict: { ...record.verdict, coveredBy: index } });
    await bench.store.distrust(because({ kind: "digest", digest: index }));
    await bench.context.enqueue(VERIFY, { image });
    await bench.drain();
    const verdict = await verdictOf(bench, second);
    expect(verdict).toMatchObject({ kind: "verified" });
    expect(verdict).not.toHaveProperty("coveredBy");
  });

  test("a digest: only what proposes it is flagged, and its key stays trusted", async () => {
    const { bench, first, second } = await opened();
    await distrusted(bench, { kind: "digest", digest: first });
    expect(checkOf(bench)?.state).toBe("success");
    expect(onlyPull(bench).body).not.toContain("[!CAUTION]");
    await distrusted(bench, { kind: "digest", digest: second });
    expect(await verdictOf(bench, second)).toMatchObject({ kind: "rejected", reason: "digest-distrusted" });
    expect(checkOf(bench)?.state).toBe("failure");
    await lifted(bench, { kind: "digest", digest: second });
    expect(checkOf(bench)?.state).toBe("success");
  });

  test("evidence that is found to be wrong when it is looked at again", async () => {
    const { bench, second } = await opened();
    const image = { repository: BASE, digest: second };
    const record = await bench.store.verdict(image);
    if (record === undefined) throw new Error("no verdict");
    // Judged by another policy: it is looked at again.
    await bench.store.saveVerdict({ ...record, policyHash: "another" });
    bench.registry.attach(image, { candidates: [signatureOn(second, STRANGER)] });
    await bench.context.enqueue(VERIFY, { image });
    await bench.drain();
    expect(checkOf(bench)).toMatchObject({ state: "failure" });
    expect(onlyPull(bench).body).toContain("rejected (signature-key-unknown)");
    expect(await bench.messages("revoked")).toEqual([]);
  });

  test("a look that failed is none", async () => {
    const { bench, second } = await opened();
    const image = { repository: BASE, digest: second };
    const record = await bench.store.verdict(image);
    if (record === undefined) throw new Error("no verdict");
    await bench.store.saveVerdict({ ...record, policyHash: "another" });
    const before = [onlyPull(bench), checkOf(bench)];
    silence(bench);
    await bench.context.enqueue(VERIFY, { image });
    await expect(bench.drain()).rejects.toMatchObject({ code: "registry-unavailable" });
    bench.clock.advance(10 * MINUTE_MS);
    await bench.run(propose, KEY);
    expect([onlyPull(bench), checkOf(bench)]).toEqual(before);
  });

  test("a verdict that the store lost is none", async () => {
    const { bench } = await opened();
    const record = await proposalOf(bench);
    const lost = createBench();
    if (record === undefined) throw new Error("no proposal");
    lost.codeHost.create(SHOP, { [PATH]: "" });
    await lost.store.saveProposal(record);
    await lost.run(propose, KEY);
    expect(writesOf(lost)).toEqual([]);
  });
});

describe("where the configuration says to close it", () => {
  test("it is flagged and closed, its digests are not declined, and it is opened anew", async () => {
    const { bench, second } = await opened({ closeRevoked: true });
    await distrusted(bench, THE_KEY);
    expect(onlyPull(bench)).toMatchObject({
      state: "closed",
      labels: ["hullkeeper", "hullkeeper:not-verified"],
    });
    expect(checkOf(bench)?.state).toBe("failure");
    expect(await bench.messages("declined")).toEqual([]);
    bench.clock.advance(10 * MINUTE_MS);
    await tick(bench);
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);

    await lifted(bench, THE_KEY);
    const [, anew] = bench.codeHost.pulls(SHOP);
    expect(anew).toMatchObject({ number: 2, state: "open" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([MUSL, second]));
    expect(anew?.body).not.toContain("[!CAUTION]");
  });

  test("a process that dies before it could close it leaves that to the next", async () => {
    const { bench } = await opened({ closeRevoked: true });
    bench.codeHost.fail("closePullRequest", new CodedError("code-host-unavailable", "no answer"));
    await bench.store.distrust(because(THE_KEY));
    await bench.run(revoke, {});
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "code-host-unavailable" });
    expect(onlyPull(bench).state).toBe("open");
    bench.codeHost.heal("closePullRequest");
    await bench.run(propose, KEY);
    expect(onlyPull(bench).state).toBe("closed");
    expect(await bench.messages("declined")).toEqual([]);
  });

  test("not where the evidence is only missing: that may be an outage of the vendor", async () => {
    const { bench, second } = await opened({ closeRevoked: true });
    const image = { repository: BASE, digest: second };
    const record = await bench.store.verdict(image);
    if (record === undefined) throw new Error("no verdict");
    const verdict = { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] } as const;
    await bench.store.saveVerdict({ ...record, verdict });
    await bench.run(propose, KEY);
    expect(onlyPull(bench).state).toBe("open");
    expect(checkOf(bench)?.state).toBe("failure");
  });
});

describe("people", () => {
  test("who write above and below the warning keep their words", async () => {
    const { bench } = await opened();
    await distrusted(bench, THE_KEY);
    const flagged = onlyPull(bench);
    bench.codeHost.edit(SHOP, flagged.number, { body: `Note.\r\n${flagged.body}\nSeen by Bob.` });
    bench.clock.advance(10 * MINUTE_MS);
    await bench.run(propose, KEY);
    const { body } = onlyPull(bench);
    expect(body.split("[!CAUTION]")).toHaveLength(2);
    expect(body).toMatch(/^<!-- hullkeeper-warning -->/);
    expect(body).toContain("Note.");
    expect(body).toContain("Seen by Bob.");
  });

  test("who take the warning out find it there again", async () => {
    const { bench } = await opened();
    await distrusted(bench, THE_KEY);
    bench.codeHost.edit(SHOP, onlyPull(bench).number, { body: "looks fine" });
    bench.clock.advance(10 * MINUTE_MS);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).body).toMatch(/^<!-- hullkeeper-warning -->[\s\S]*looks fine$/);
  });

  test("who commit to the branch get the check on their commit", async () => {
    const { bench } = await opened();
    bench.codeHost.push(SHOP, BRANCH, { "README.md": "mine" });
    await distrusted(bench, THE_KEY);
    expect(checkOf(bench)?.state).toBe("failure");
  });

  test("who close it end it", async () => {
    const { bench } = await opened();
    bench.codeHost.close(SHOP, onlyPull(bench).number, NOW);
    const writes = writesOf(bench).length;
    await distrusted(bench, THE_KEY);
    bench.clock.advance(10 * MINUTE_MS);
    await tick(bench);
    expect(writesOf(bench).slice(writes)).toEqual(["comment acme/shop"]);
    expect(await proposalOf(bench)).toMatchObject({ state: "closed" });
  });
});

describe("what is looked at", () => {
  test("nothing where nothing is distrusted", async () => {
    const { bench } = await opened();
    await bench.run(revoke, {});
    expect(bench.take()).toEqual([]);
    expect(await bench.messages("revoked")).toEqual([]);
  });

  test("the configuration as well", async () => {
    const { bench, second } = await opened();
    const profile = profileOf({ distrust: distrustOf([THE_KEY]) });
    const next = createBench({ profiles: [profile], store: bench.store });
    await next.run(revoke, {});
    expect(await verdictOf(next, second)).toMatchObject({ kind: "rejected", reason: "signer-distrusted" });
  });

  test("current digests, pins, and what is proposed or was merged, each once", async () => {
    const bench = createBench();
    const [old, current, proposed] = [digest("01"), digest("02"), digest("03")];
    const signer = { kind: "key", fingerprint, name: "BellSoft" } as const;
    const verdict = { ...VERIFIED, signers: [signer] };
    for (const image of [old, current, proposed, digest("04")]) await judged(bench, image, { verdict });
    await pin(bench, [
      [MUSL, old],
      [MUSL, old],
      [GLIBC, old],
    ]);
    await seen(bench, MUSL, [digest("04"), current]);
    await bench.store.saveProposal({
      ...KEY,
      branch: BRANCH,
      number: 1,
      url: "https://code.example/1",
      title: "t",
      state: "merged",
      headCommit: "c",
      contentHash: "h",
      updates: [{ line: MUSL, from: old, to: proposed, superseded: [] }],
      dueAt: NOW,
      openedAt: NOW,
      checkedAt: NOW,
    });
    await bench.store.distrust(because(THE_KEY));
    await bench.run(revoke, {});
    const verified = bench.take().filter(({ queue }) => queue === VERIFY.name);
    expect(verified).toEqual(
      [old, current, proposed].map((image) => queued(VERIFY, { image: { repository: BASE, digest: image } })),
    );
    expect(await bench.messages("revoked")).toContainEqual(
      expect.stringContaining("pinned by 0 code repositories, proposed by 0 pull requests, merged by 1"),
    );
  });

  test("so many at once, and the rest after them", async () => {
    const bench = createBench();
    const images = Array.from({ length: 501 }, (_, number) => digest(number.toString(16).padStart(4, "0")));
    await pin(
      bench,
      images.map((image) => [MUSL, image] as const),
    );
    await judged(bench, images[500] ?? digest("f"), {
      verdict: { ...VERIFIED, signers: [{ kind: "key", fingerprint, name: "BellSoft" }] },
    });
    await bench.store.distrust(because(THE_KEY));
    await bench.run(revoke, {});
    const [rest, ...others] = bench.take();
    expect(others).toEqual([]);
    expect(rest).toMatchObject({ queue: REVOKE.name });
    await bench.run(revoke, REVOKE.schema.parse(rest?.job));
    expect(await verdictOf(bench, images[500] ?? digest("f"))).toMatchObject({ kind: "rejected" });
  });

  test("by a process that is asked to, and taken off what is due before it looks", async () => {
    const bench = createBench();
    await bench.store.schedule({ kind: "revoke" }, bench.clock.at, "sooner");
    await bench.run(schedule, {});
    expect(bench.take()).toEqual([queued(REVOKE, {})]);
    await bench.run(revoke, {});
    expect(bench.store.dueAt({ kind: "revoke" })).toBeUndefined();
  });
});
