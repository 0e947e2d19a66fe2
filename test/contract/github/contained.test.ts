import { expect, test } from "vitest";
import { contentOn, failureOf, type Harness, PATIENT, propose, SHOP, startHarness } from "./harness.ts";

/** Two commits, named by what was done to the double before. */
type Two = readonly [commit: string, inside: string];

const file = (path: string, branch: string) => ({ path, content: "x\n", branch });

test.each<{ title: string; is: boolean; two: (harness: Harness) => Promise<Two> }>([
  {
    title: "a commit is in itself",
    is: true,
    two: async ({ base }) => [base, base],
  },
  {
    title: "a commit is in what was made on it",
    is: true,
    two: async ({ base, double }) => {
      await double.commitFile("acme", "shop", file("a", "main"));
      return [base, await double.commitFile("acme", "shop", file("b", "main"))];
    },
  },
  {
    title: "a commit is in what it was merged into",
    is: true,
    two: async (harness) => {
      const { double, base } = harness;
      const { commit, number } = await propose(harness, contentOn(base));
      await double.commitFile("acme", "shop", file("a", "main"));
      await double.mergePullRequest("acme", "shop", number);
      return [commit, (await double.branchCommit("acme", "shop", "main")) ?? ""];
    },
  },
  {
    title: "a commit is not in what it was made on",
    is: false,
    two: async ({ base, double }) => [await double.commitFile("acme", "shop", file("a", "b")), base],
  },
  {
    title: "a commit is not in what went elsewhere",
    is: false,
    two: async ({ double }) => [
      await double.commitFile("acme", "shop", file("a", "b")),
      await double.commitFile("acme", "shop", file("c", "main")),
    ],
  },
])("$title: $is", async ({ is, two }) => {
  const harness = await startHarness();
  const [commit, inside] = await two(harness);
  const before = harness.double.requests.length;
  expect(await harness.host.isContained(SHOP, commit, inside, PATIENT)).toBe(is);
  expect(harness.double.requests).toHaveLength(before + 1);
});

test("of a commit that is not there nobody says anything", async () => {
  const { host, base } = await startHarness();
  const failure = await failureOf(host.isContained(SHOP, "0".repeat(40), base, PATIENT));
  expect(failure.code).toBe("code-host-not-found");
});
