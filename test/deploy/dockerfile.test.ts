import { existsSync, readFileSync } from "node:fs";
import { DockerfileParser } from "dockerfile-ast";
import { describe, expect, test } from "vitest";
import { dockerfileFaults } from "./dockerfile-faults.ts";

const ROOT = new URL("../../", import.meta.url);
const DOCKERFILE = readFileSync(new URL("Dockerfile", ROOT), "utf8");
const PIN = `acme/base@sha256:${"0".repeat(64)}`;
const GOOD = `FROM ${PIN}\nUSER 65532\nENTRYPOINT ["node", "main.ts"]\n`;

describe("the Dockerfile", () => {
  test("has no fault", () => {
    expect(dockerfileFaults(DOCKERFILE)).toEqual([]);
  });

  test("copies only what is there, and what .dockerignore lets through", () => {
    const ignore = readFileSync(new URL(".dockerignore", ROOT), "utf8").split("\n");
    const sources = DockerfileParser.parse(DOCKERFILE)
      .getCOPYs()
      .filter((copy) => copy.getFromFlag() === null)
      .flatMap((copy) =>
        copy
          .getArguments()
          .slice(0, -1)
          .map((argument) => argument.getValue()),
      );
    expect(sources.length).toBeGreaterThan(0);
    expect(ignore).toContain("*");
    expect(sources.filter((source) => !existsSync(new URL(source, ROOT)))).toEqual([]);
    expect(sources.filter((source) => !ignore.includes(`!${source}`))).toEqual([]);
  });

  test("starts a program of the project", () => {
    const [entrypoint] = DockerfileParser.parse(DOCKERFILE).getENTRYPOINTs();
    const [command, program] = entrypoint?.getJSONStrings().map((each) => each.getJSONValue()) ?? [];
    expect(command).toBe("node");
    expect(existsSync(new URL(program ?? "", ROOT))).toBe(true);
  });
});

describe("a Dockerfile has no fault", () => {
  test.each([
    { title: "with a pinned base", text: GOOD },
    { title: "with a base left to the builder", text: `ARG BASE\n${GOOD.replace(PIN, "$BASE")}` },
    { title: "with a pinned default", text: `ARG BASE=${PIN}\n${GOOD.replace(PIN, "${BASE}")}` },
    { title: "from a stage of its own", text: `FROM ${PIN} AS build\n${GOOD.replace(PIN, "build")}` },
    { title: "with a copy from a stage", text: `FROM ${PIN} AS build\n${GOOD}COPY --from=build /a /a\n` },
    { title: "with a copy from a pinned image", text: `${GOOD}COPY --from=${PIN} /a /a\n` },
  ])("$title", ({ text }) => {
    expect(dockerfileFaults(text)).toEqual([]);
  });
});

describe("a Dockerfile has a fault", () => {
  test.each([
    { title: "without content", text: "", fault: "it has no FROM" },
    { title: "without FROM", text: 'USER 1\nENTRYPOINT ["a"]\n', fault: "it has no FROM" },
    { title: "with a tag", text: GOOD.replace(PIN, "node:24"), fault: "FROM node:24: not pinned" },
    { title: "with a bare name", text: GOOD.replace(PIN, "node"), fault: "FROM node: not pinned" },
    {
      title: "with a digest cut short",
      text: GOOD.replace(PIN, PIN.slice(0, -1)),
      fault: `FROM ${PIN.slice(0, -1)}: not pinned`,
    },
    {
      title: "with a default that moves",
      text: `ARG BASE=node:24\n${GOOD.replace(PIN, "$BASE")}`,
      fault: "ARG BASE: the default is not pinned",
    },
    {
      title: "with a base nobody gives",
      text: GOOD.replace(PIN, "$BASE"),
      fault: "FROM $BASE: no ARG BASE before the first FROM",
    },
    {
      title: "from a later stage",
      text: `FROM build\n${GOOD.replace("\n", " AS build\n")}`,
      fault: "FROM build: not pinned",
    },
    {
      title: "with a copy from nowhere",
      text: `${GOOD}COPY --from=build /a /a\n`,
      fault: "COPY --from=build: no such stage",
    },
    { title: "without user", text: GOOD.replace("USER 65532\n", ""), fault: "the last stage sets no USER" },
    {
      title: "with a user in an earlier stage only",
      text: `FROM ${PIN} AS build\nUSER 65532\n${GOOD.replace("USER 65532\n", "")}`,
      fault: "the last stage sets no USER",
    },
    {
      title: "as root",
      text: GOOD.replace("65532", "root"),
      fault: "USER root: not the number of an ordinary user",
    },
    {
      title: "as number 0",
      text: GOOD.replace("65532", "0:0"),
      fault: "USER 0:0: not the number of an ordinary user",
    },
    {
      title: "as root in the end",
      text: `${GOOD}USER 0\n`,
      fault: "USER 0: not the number of an ordinary user",
    },
    {
      title: "with a shell in between",
      text: GOOD.replace('["node", "main.ts"]', "node main.ts"),
      fault: "ENTRYPOINT: not in exec form",
    },
    { title: "with a command in a shell", text: `${GOOD}CMD serve\n`, fault: "CMD: not in exec form" },
    {
      title: "without entrypoint",
      text: GOOD.replace(/ENTRYPOINT.*\n/, ""),
      fault: "the last stage sets no ENTRYPOINT",
    },
    {
      title: "with a token as argument",
      text: `${GOOD}ARG NPM_TOKEN\n`,
      fault: "ARG NPM_TOKEN: a secret would stay in the image",
    },
  ])("$title", ({ text, fault }) => {
    expect(dockerfileFaults(text)).toEqual([fault]);
  });
});
