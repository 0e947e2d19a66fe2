import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { ListedRepository } from "../../src/ports/code-host.ts";
import { DISCOVER } from "../../src/queues.ts";
import { parseRepositoryRule } from "../../src/watch/repository-patterns.ts";
import { repositories } from "../../workers/repositories.ts";
import { type Bench, createBench, digest, MUSL, pin, queued, SHOP } from "./bench.ts";

const PAY = { owner: "acme", name: "pay" };

function listed(
  name: string,
  facts: Partial<Omit<ListedRepository, "codeRepository">> = {},
): ListedRepository {
  const none = { isArchived: false, isFork: false, isEmpty: false, missing: [] };
  return { codeRepository: { owner: "acme", name }, ...none, ...facts };
}

function benchOf(...rules: readonly string[]): Bench {
  return createBench({ repositories: rules.map((rule) => parseRepositoryRule(rule)) });
}

const subscribed = async (bench: Bench) =>
  (await bench.store.scans()).flatMap(({ codeRepository, isUnsubscribed }) =>
    isUnsubscribed === true ? [] : [codeRepository],
  );

describe("by pattern", () => {
  test("those that fit are scanned, once", async () => {
    const bench = benchOf("acme/*");
    bench.codeHost.answers.repositories = { repositories: [listed("pay"), listed("shop")], isPartial: false };
    await pin(bench, [[MUSL, digest("01")]]);
    await bench.run(repositories, {});
    expect(bench.jobs).toEqual([queued(DISCOVER, { codeRepository: PAY })]);
  });

  test.each<{ title: string; repository: ListedRepository; reason: string }>([
    { title: "archived", repository: listed("pay", { isArchived: true }), reason: "archived" },
    { title: "a fork", repository: listed("pay", { isFork: true }), reason: "fork" },
    { title: "empty", repository: listed("pay", { isEmpty: true }), reason: "empty" },
    { title: "denied", repository: listed("secret"), reason: "denied" },
  ])("one that is $title is not read, and told of", async ({ repository, reason }) => {
    const bench = benchOf("acme/*", "!acme/secret");
    bench.codeHost.answers.repositories = { repositories: [repository], isPartial: false };
    await bench.run(repositories, {});
    expect(bench.jobs).toEqual([]);
    const { codeRepository } = repository;
    expect((await bench.store.repositoryListing())?.skipped).toEqual([{ codeRepository, reason }]);
  });

  test("one that is not listed any more is forgotten", async () => {
    const bench = benchOf("acme/*");
    await pin(bench, [[MUSL, digest("01")]]);
    await bench.run(repositories, {});
    expect(await subscribed(bench)).toEqual([]);
  });

  test("one that a list may have left out stays", async () => {
    const bench = benchOf("acme/*");
    bench.codeHost.answers.repositories = { repositories: [], isPartial: true };
    await pin(bench, [[MUSL, digest("01")]]);
    await bench.run(repositories, {});
    expect(await subscribed(bench)).toEqual([SHOP]);
  });

  test("a list that does not come changes nothing", async () => {
    const bench = benchOf("acme/*");
    await pin(bench, [[MUSL, digest("01")]]);
    const { codeHost } = bench;
    codeHost.repositories = () =>
      Promise.reject(new CodedError("code-host-unavailable", "there is no answer"));
    await expect(bench.run(repositories, {})).rejects.toThrow("there is no answer");
    expect(await subscribed(bench)).toEqual([SHOP]);
    expect(bench.jobs).toEqual([]);
  });

  test("what a right is missing for is read, and told of", async () => {
    const bench = benchOf("acme/*");
    const missing = ["pull_requests: write"];
    bench.codeHost.answers.repositories = { repositories: [listed("pay", { missing })], isPartial: false };
    await bench.run(repositories, {});
    expect(bench.jobs).toEqual([queued(DISCOVER, { codeRepository: PAY })]);
    expect((await bench.store.repositoryListing())?.lacking).toEqual([{ codeRepository: PAY, missing }]);
  });
});

test("where all are named, the code host is not asked", async () => {
  const bench = benchOf("acme/pay");
  await bench.run(repositories, {});
  expect(bench.jobs).toEqual([queued(DISCOVER, { codeRepository: PAY })]);
  expect(bench.codeHost.asked).toEqual([]);
});
