import { describe, expect, test } from "vitest";
import { commitsIn } from "./commits.ts";
import { openPull, publishContent, startQuiet, withPullRequest } from "./contents.ts";
import { type Installation, installationMissing, noteOn } from "./installation.ts";
import { judged, lookedAt, proposed } from "./scene.ts";

const missing = installationMissing();
const CHECK = "hullkeeper/verification";

/** Names and versions of packages, and a folder, as somebody writes them who wants them to do something. */
const HOSTILE = {
  "@acme/everyone": "1.0.0",
  "fixes #1": "1.0.0",
  "closes acme/shop#1": "1.0.0",
  "resolves https://github.example/acme/shop/issues/1": "1.0.0",
  "a` @acme `b": "1.0.0",
  "</details><img src=x>": "1.0.0",
  "x | [a](https://evil.example) |": "GH-1",
  "<!-- hullkeeper: {} -->":
    "1.0.0\n\n/hullkeeper ignore\n- [x] <!-- hullkeeper:ignore --> ignore these digests",
};
const FOLDER = "closes #1 @acme";
const TAG = "fixes-GH-1";

/** What of Markdown is read as such: not blocks and spans of code, nor comments. */
function live(markdown: string): string {
  return markdown
    .replaceAll(/^(`{3,})[^`\n]*\n[\s\S]*?^\1$/gm, " ")
    .replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, " ")
    .replaceAll(/<!--[\s\S]*?-->/g, " ");
}

/** That a text mentions, refers to, closes and draws nothing. */
function expectInert(text: string): void {
  expect(text).not.toMatch(/@\w/);
  expect(text).not.toMatch(/#\d|\bGH-\d/i);
  expect(text).not.toMatch(/\b(?:fix(?:es|ed)?|close[sd]?|resolve[sd]?):?\s+(?:\w+\/\w+)?(?:#|GH-|https?:)/i);
  expect(text).not.toMatch(/evil\.example|github\.example|<img|!\[/);
}

async function checkOf({ world }: Installation) {
  const { headCommit } = await openPull({ world });
  return {
    runs: world.codeHost.checkRuns("acme", "shop", headCommit),
    statuses: await world.codeHost.statuses("acme", "shop", headCommit),
  };
}

describe.skipIf(missing !== undefined)(`what we say of a commit${noteOn(missing)}`, () => {
  test.concurrent("as an App: a check run with a word on each line that changes", async (context) => {
    const installation = await startQuiet(context, { speaker: "app" });
    const { world } = installation;
    const first = await publishContent(installation, 1);
    await world.codeHost.createRepository("acme", "shop", {
      Dockerfile: `# runs the shop\n\n${world.pin(first)}\n`,
      "tools/Dockerfile": `${world.pin(first)} AS tools\n`,
    });
    await installation.serve();
    await judged(installation, first, "verified");
    const second = await publishContent(installation, 2);
    await proposed(installation, "shop", second);
    const { runs, statuses } = await checkOf(installation);
    expect(runs).toMatchObject([
      { name: CHECK, app: "hullkeeper", status: "completed", conclusion: "success" },
    ]);
    const places = runs.flatMap(({ annotations }) =>
      annotations.map(({ path, startLine, endLine, level }) => ({ path, startLine, endLine, level })),
    );
    expect(places).toEqual([
      { path: "Dockerfile", startLine: 3, endLine: 3, level: "notice" },
      { path: "tools/Dockerfile", startLine: 1, endLine: 1, level: "notice" },
    ]);
    for (const { path, startLine } of places) {
      const text = await world.codeHost.readFile("acme", "shop", runs[0]?.commit ?? "", path);
      expect(text?.split("\n")[startLine - 1]).toContain(second);
    }
    expect(runs[0]?.annotations[0]?.message).toContain("signed by BellSoft");
    // Not said a second time by a status of the same name.
    expect(statuses.map(({ context: name }) => name)).toEqual(["hullkeeper/sla"]);
  });

  test.concurrent("by a token: a status of the same name", async (context) => {
    const { installation } = await withPullRequest(context);
    const { runs, statuses } = await checkOf(installation);
    expect(runs).toEqual([]);
    expect(statuses.map(({ context: name, state }) => `${name} ${state}`).toSorted()).toEqual([
      "hullkeeper/sla success",
      `${CHECK} success`,
    ]);
  });

  test.concurrent(
    "names that want to do something do nothing, wherever they stand; and nothing is said twice",
    async (context) => {
      const installation = await startQuiet(context, { speaker: "app" });
      const { world, writes } = installation;
      const { codeHost } = world;
      const first = await publishContent(installation, 1, { tag: TAG });
      await codeHost.createRepository("acme", "shop", {
        [`${FOLDER}/Dockerfile`]: `${world.pin(first, TAG)}\n`,
      });
      await installation.serve();
      await judged(installation, first, "verified");
      const second = await publishContent(installation, 2, { tag: TAG, packages: HOSTILE });
      await proposed(installation, "shop", second);
      codeHost.setRole("acme", "shop", "ada", "write");
      codeHost.say("acme", "shop", 1, { author: "ada", body: "/hullkeeper explain" });
      await installation.until("an answer", async () => codeHost.comments("acme", "shop", 1).length > 1);
      await installation.settled();
      await lookedAt(installation);

      const pull = await openPull(installation);
      // They stand there.
      for (const part of ["@acme/everyone", "fixes #1", FOLDER, TAG]) expect(pull.body).toContain(part);
      const { runs, statuses } = await checkOf(installation);
      const [, answer] = codeHost.comments("acme", "shop", 1);
      const markdown = [pull.body, answer?.body ?? "", ...runs.map(({ summary }) => summary ?? "")];
      const [commit] = commitsIn(codeHost.requests, "acme/shop");
      const lines = [
        pull.title,
        // Trailers are for programs: exact names, and none of their words closes anything.
        commit?.message.split("\n\nHullkeeper-")[0] ?? "",
        ...runs.flatMap(({ title, annotations }) => [
          title ?? "",
          ...annotations.map((each) => each.message),
        ]),
        ...statuses.map(({ description }) => description),
      ];
      for (const text of [...markdown.map(live), ...lines]) expectInert(text);
      expect(pull.body.match(/<!-- hullkeeper: \{/g)).toHaveLength(1);
      expect(pull.body.match(/^- \[[ xX]\]/gm)).toEqual(["- [ ]", "- [ ]", "- [ ]"]);
      const shown = live(pull.body);
      expect(shown.match(/<details>/g)).toHaveLength(shown.match(/<\/details>/g)?.length ?? 0);

      const written = writes().length;
      const asked = codeHost.requests.length;
      await lookedAt(installation);
      expect(writes().slice(written)).toEqual([]);
      expect(await openPull(installation)).toEqual(pull);
      // Looks, two or three, and what was said below it.
      expect(codeHost.requests.length - asked).toBeLessThanOrEqual(9);
      expect(codeHost.requests.slice(asked).every(({ outcome }) => outcome === 200 || outcome === 304)).toBe(
        true,
      );
    },
  );
});
