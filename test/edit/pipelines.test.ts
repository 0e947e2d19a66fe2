import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FormatFile, FormatId } from "../../src/edit/format.ts";
import { editFiles, formatOf, isWantedFile, occurrencesOf } from "../../src/edit/formats.ts";
import { parseDigest } from "../../src/image/digest.ts";
import { parseTag } from "../../src/image/reference.ts";

const OPTIONS = { shell: false, matchers: [] };
const OLD = parseDigest(`sha256:${"1".repeat(64)}`);
const NEW = parseDigest(`sha256:${"2".repeat(64)}`);
const WORKFLOW = ".github/workflows/ci.yml";

describe("names", () => {
  test.each([
    { path: ".github/workflows/ci.yaml", id: "github-actions" },
    { path: ".forgejo/workflows/ci.yml", id: "github-actions" },
    { path: ".gitlab-ci.yml", id: "gitlab-ci" },
    { path: "ci/build.gitlab-ci.yml", id: "gitlab-ci" },
    { path: ".gitlab/ci/test.yml", id: "gitlab-ci" },
    { path: ".circleci/config.yml", id: "circleci" },
    { path: ".circleci/continue/jobs.yml", id: "circleci" },
    { path: "azure-pipelines-release.yml", id: "azure-pipelines" },
    { path: ".azuredevops/pr.yml", id: "azure-pipelines" },
    { path: ".drone.yml", id: "drone" },
    { path: ".woodpecker.yaml", id: "drone" },
    { path: ".woodpecker/lint.yml", id: "drone" },
    { path: "cloudbuild.yaml", id: "cloud-build" },
    { path: "release/cloudbuild-nightly.json", id: "cloud-build" },
    { path: ".devcontainer/go/devcontainer.json", id: "devcontainer" },
    { path: ".devcontainer.json", id: "devcontainer" },
  ] satisfies readonly { path: string; id: FormatId }[])("$path is $id", ({ path, id }) => {
    expect(formatOf({ path, text: "" }, OPTIONS)?.id).toBe(id);
  });

  test.each([
    ".github/dependabot.yml",
    ".github/workflows/nested/ci.yml",
    ".github/workflows/README.md",
    ".gitlab/issue_templates/bug.md",
    "gitlab.yml",
    "circleci/config.yml",
    "deploy/drone.yaml",
    "drone/values.txt",
    "pipelines.yml",
    "devcontainer-lock.json",
    "my.devcontainer.json.bak",
    "cloudbuild.sh",
  ])("%s is none of them", (path) => {
    const id = formatOf({ path, text: "" }, OPTIONS)?.id;
    expect(["github-actions", "gitlab-ci", "circleci", "drone", "cloud-build", "devcontainer"]).not.toContain(
      id,
    );
  });

  test("an action is told by what it runs", () => {
    const path = "deploy/action.yml";
    expect(isWantedFile(path, OPTIONS)).toBe(true);
    expect(formatOf({ path, text: "name: x\nruns:\n  using: docker\n" }, OPTIONS)?.id).toBe("github-actions");
    expect(formatOf({ path, text: "name: x\n" }, OPTIONS)?.id).not.toBe("github-actions");
  });
});

function fileOf(reference: string, comment: string): FormatFile {
  return { path: WORKFLOW, text: `jobs: {}\nruns:\n  image: docker://${reference}${comment}\n` };
}

describe("a version in a comment", () => {
  test.each([
    { title: "behind a digest alone", reference: `ghcr.io/a/b@${OLD}`, comment: " # v1.2" },
    { title: "behind a tag that it repeats", reference: `ghcr.io/a/b:v1.2@${OLD}`, comment: " # v1.2" },
    { title: "with words around it", reference: `ghcr.io/a/b:v1.2@${OLD}`, comment: " # now v1.2, kept" },
  ])("moves with its tag: $title", ({ reference, comment }) => {
    const files = [fileOf(reference, comment)];
    const edits = occurrencesOf(files, OPTIONS).map((found) => ({
      found,
      to: { digest: NEW, tag: parseTag("v1.3") },
    }));
    expect(edits).toHaveLength(1);
    expect(editFiles(files, edits, OPTIONS)).toEqual([
      { path: WORKFLOW, text: files[0]?.text.replace(OLD, NEW).replaceAll("v1.2", "v1.3") },
    ]);
  });

  test.each([
    { title: "a date", comment: " # 2026-05-01" },
    { title: "a month", comment: " # 2026-05" },
    { title: "prose", comment: " # the version of May" },
    { title: "two versions", comment: " # v1.2 v1.3" },
    { title: "no comment but a fragment", comment: "#v1.2" },
    { title: "nothing", comment: "" },
  ])("is no tag: $title", ({ comment }) => {
    const [found] = occurrencesOf([fileOf(`ghcr.io/a/b@${OLD}`, comment)], OPTIONS);
    expect(found?.occurrence.handling.kind).toBe("reported");
  });
});

describe("hostile text", () => {
  const WORDS = ["image", "services", "steps", "jobs", "docker", "uses", "container", "name", "features"];
  const SIGNS = [
    ": ",
    "- ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    ",",
    "&a ",
    "*a",
    "|",
    ">",
    "\\",
    "// ",
    "#",
  ];
  const PIECES = [...WORDS, ...SIGNS, "\ufeff", "\r", "\t", "🙂", `redis:7@${OLD}`, "$X"];
  const PATHS = [
    WORKFLOW,
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    ".devcontainer.json",
  ];

  test.each(PATHS)("%s: nothing is thrown", (path) => {
    const piece = fc.constantFrom(...PIECES);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const files = [{ path, text: pieces.join("") }];
        const found = occurrencesOf(files, OPTIONS);
        const edits = found
          .filter(({ occurrence }) => occurrence.handling.kind !== "reported")
          .map((place) => ({ found: place, to: { digest: NEW } }));
        expect(editFiles(files, edits, OPTIONS).length).toBeLessThanOrEqual(edits.length);
      }),
    );
  });

  test.each(PATHS)("%s: nests deeper than a stack", (path) => {
    expect(occurrencesOf([{ path, text: '{"image":['.repeat(60_000) }], OPTIONS)).toEqual([]);
  });
});
