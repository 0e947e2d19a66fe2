import { array, assert, constantFrom, dictionary, option, property, record, string } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CONFIG_CHANGES_MAX,
  type ConfigChange,
  type Configuration,
  isSameConfiguration,
} from "../../src/assess/config-change.ts";
import { type ConfigsAnswer, configurationOf as compared } from "../../src/assess/config-drift.ts";
import type { ImageConfig } from "../../src/image/config.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { component } from "../proposal/example.ts";

type Lists = Parameters<typeof compared>[1];

const configurationOf = (
  old: ConfigsAnswer,
  current: ConfigsAnswer,
  lists: Lists = { old: [], new: [] },
): Configuration => compared({ old, new: current }, lists);

const PLAIN: ImageConfig = {
  entrypoint: [],
  command: [],
  environment: {},
  masked: [],
  exposedPorts: [],
  volumes: [],
  labels: {},
  layerCount: 1,
  layerBytes: 100_000_000,
};

type Configs = Extract<ConfigsAnswer, { kind: "configs" }>;
const on = (
  platforms: Readonly<Record<string, Partial<ImageConfig>>>,
  more: Partial<Configs> = {},
): Configs => ({
  kind: "configs",
  configs: Object.entries(platforms).map(([platform, config]) => ({
    platform,
    config: { ...PLAIN, ...config },
  })),
  faults: [],
  ...more,
});
const listOf = (...names: readonly string[]): ComponentList => ({
  format: "cyclonedx",
  specVersion: "1.6",
  components: names.map((name) => component(name, "1")),
  skipped: [],
});

function changesIn(configuration: Configuration): readonly ConfigChange[] {
  if (configuration.kind === "not-compared") throw new Error(configuration.reason);
  return configuration.changes;
}

const between = (old: Partial<ImageConfig>, current: Partial<ImageConfig>): readonly ConfigChange[] =>
  changesIn(configurationOf(on({ "linux/amd64": old }), on({ "linux/amd64": current })));
/** Kind, risk, name, from and to of each change. */
const told = (old: Partial<ImageConfig>, current: Partial<ImageConfig>) =>
  between(old, current).map(({ kind, risk, name, from, to }) => [kind, risk, name, from, to]);

const withLists = (old: ComponentList, current: ComponentList) =>
  changesIn(
    configurationOf(on({ "linux/amd64": {} }), on({ "linux/amd64": {} }), {
      old: [{ platform: "", list: old }],
      new: [{ platform: "linux/amd64", list: current }],
    }),
  ).map(({ kind, risk, name, from, to }) => [kind, risk, name, from, to]);

const runBy = (text: string | undefined) => (text === undefined ? {} : { user: text });
const isSame = (current: Partial<ImageConfig>): boolean =>
  isSameConfiguration(configurationOf(on({ a: {} }), on({ a: current })));
const nameOf = ({ kind, name }: ConfigChange): string => `${kind} ${name}`;

describe("the user", () => {
  test.each([
    { title: "root and nothing", from: "root", to: undefined },
    { title: "0 and nothing", from: "0", to: undefined },
    { title: "0:0 and root", from: "0:0", to: "root:root" },
    { title: "root:0 and an empty text", from: "root:0", to: "" },
    { title: "the same number", from: "10001", to: "10001" },
    { title: "a number and the same with an empty group", from: "10001", to: "10001:" },
  ])("is the same for $title", ({ from, to }) => {
    expect(between(runBy(from), runBy(to))).toEqual([]);
    expect(between(runBy(to), runBy(from))).toEqual([]);
  });

  test.each([
    {
      title: "root by default to a number",
      from: undefined,
      to: "10001",
      risk: "breaking",
      says: "no longer root",
    },
    { title: "root to a name", from: "root", to: "nonroot", risk: "breaking", says: "no longer root" },
    {
      title: "a number to root by default",
      from: "65532",
      to: undefined,
      risk: "breaking",
      says: "runAsNonRoot",
    },
    { title: "a number to 0", from: "65532", to: "0", risk: "breaking", says: "root now" },
    { title: "a number to a name", from: "65532", to: "nonroot", risk: "breaking", says: "is a name now" },
    {
      title: "a number to another",
      from: "10001:10001",
      to: "65532:65532",
      risk: "breaking",
      says: "no longer writable",
    },
    { title: "a name to a number", from: "nonroot", to: "65532", risk: "review", says: "another user" },
    { title: "a group to another", from: "10001:10001", to: "10001:0", risk: "review", says: "group" },
  ])("that goes from $title is told", ({ from, to, risk, says }) => {
    const [change, ...rest] = between(runBy(from), runBy(to));
    expect(rest).toEqual([]);
    expect(change).toMatchObject({ kind: "user", risk, from: from ?? "root", to: to ?? "root" });
    expect(change?.sentence).toContain(says);
  });
});

describe("what starts", () => {
  test.each([
    { title: "another program", old: ["/a", "-x"], current: ["/b", "-x"], risk: "breaking" },
    { title: "the same program with other arguments", old: ["/a", "-x"], current: ["/a"], risk: "review" },
    { title: "a program where there was none", old: [], current: ["/a"], risk: "breaking" },
    { title: "no program where there was one", old: ["/a"], current: [], risk: "breaking" },
  ])("is told of $title", ({ old, current, risk }) => {
    const [change, ...rest] = between({ entrypoint: old }, { entrypoint: current });
    expect(rest).toEqual([]);
    expect(change).toMatchObject({ kind: "entrypoint", risk });
    expect(change?.from).toBe(old.length === 0 ? undefined : JSON.stringify(old));
    expect(change?.to).toBe(current.length === 0 ? undefined : JSON.stringify(current));
  });

  test.each([
    {
      title: "other arguments of the entrypoint",
      entrypoint: ["/a"],
      old: ["-x"],
      current: ["-y"],
      risk: "review",
    },
    { title: "another program", entrypoint: [], old: ["/a"], current: ["/b"], risk: "review" },
    { title: "a command where there was none", entrypoint: [], old: [], current: ["/b"], risk: "review" },
    {
      title: "no command, and no entrypoint either",
      entrypoint: [],
      old: ["/a"],
      current: [],
      risk: "breaking",
    },
    { title: "no command for an entrypoint", entrypoint: ["/a"], old: ["-x"], current: [], risk: "review" },
  ])("is told of a command: $title", ({ entrypoint, old, current, risk }) => {
    expect(between({ entrypoint, command: old }, { entrypoint, command: current })).toMatchObject([
      { kind: "command", risk },
    ]);
  });
});

describe("the environment", () => {
  test.each([
    { title: "a version", name: "JAVA_VERSION", from: "25.0.4", to: "25.0.5", risk: "note" },
    { title: "a checksum", name: "NODE_SHA256", from: "a", to: "b", risk: "note" },
    { title: "a new variable", name: "LANG", from: undefined, to: "C.UTF-8", risk: "note" },
    { title: "another value", name: "LANG", from: "C.UTF-8", to: "en_US.UTF-8", risk: "review" },
    { title: "a variable that is gone", name: "LANG", from: "C.UTF-8", to: undefined, risk: "review" },
    { title: "an emptied variable", name: "LANG", from: "C.UTF-8", to: "", risk: "review" },
    { title: "another home of Java", name: "JAVA_HOME", from: "/a", to: "/b", risk: "breaking" },
    { title: "no home of Java", name: "JAVA_HOME", from: "/a", to: undefined, risk: "breaking" },
    { title: "a new home", name: "NODE_HOME", from: undefined, to: "/b", risk: "note" },
    {
      title: "a library that is loaded first",
      name: "LD_PRELOAD",
      from: undefined,
      to: "/x.so",
      risk: "review",
    },
    { title: "options of Java", name: "JAVA_TOOL_OPTIONS", from: "-Xmx1g", to: undefined, risk: "review" },
    { title: "a path with one place less", name: "PATH", from: "/a:/b", to: "/a", risk: "breaking" },
    { title: "no path", name: "PATH", from: "/a", to: undefined, risk: "breaking" },
    { title: "a path in another order", name: "PATH", from: "/a:/b", to: "/b:/a", risk: "review" },
    { title: "a path with a place before the others", name: "PATH", from: "/a", to: "/b:/a", risk: "review" },
    { title: "a path with a place after the others", name: "PATH", from: "/a", to: "/a:/b", risk: "note" },
  ])("is told of $title", ({ name, from, to, risk }) => {
    const environment = (value: string | undefined) => ({
      environment: { ...(value === undefined ? {} : { [name]: value }), SAME: "1" },
    });
    expect(told(environment(from), environment(to))).toEqual([["environment", risk, name, from, to]]);
  });

  test.each([
    {
      title: "changed",
      old: { A: "sha256:1" },
      current: { A: "sha256:2" },
      from: "[not shown]",
      to: "[not shown]",
    },
    { title: "added", old: {}, current: { A: "sha256:2" }, from: undefined, to: "[not shown]" },
    {
      title: "replaced by what is no secret",
      old: { A: "sha256:1" },
      current: { A: "x" },
      from: "[not shown]",
      to: "[not shown]",
    },
  ])("does not show a secret that was $title", ({ old, current, from, to }) => {
    const changes = between({ environment: old, masked: ["A"] }, { environment: current, masked: ["A"] });
    expect(changes).toMatchObject([{ kind: "environment", name: "A" }]);
    expect([changes[0]?.from, changes[0]?.to]).toEqual([from, to]);
  });

  test("shows no hash of a secret in a command either", () => {
    const [old, current] = ["a", "b"].map((digit) => ({
      command: ["--password", `[secret sha256:${digit.repeat(16)}]`],
    }));
    expect(told(old ?? {}, current ?? {})).toEqual([
      ["command", "review", undefined, '["--password","[secret]"]', '["--password","[secret]"]'],
    ]);
  });

  test("takes no name of every object for a variable", () => {
    expect(between({}, { environment: { constructor: "1" } })).toMatchObject([
      { name: "constructor", to: "1" },
    ]);
  });
});

describe("the rest of a config", () => {
  test.each<{ title: string; old: Partial<ImageConfig>; current: Partial<ImageConfig>; expected: unknown[] }>(
    [
      {
        title: "a new port",
        old: {},
        current: { exposedPorts: ["8080/tcp"] },
        expected: [["port", "note", "8080/tcp", undefined, "8080/tcp"]],
      },
      {
        title: "a port that is gone",
        old: { exposedPorts: ["8080/tcp"] },
        current: {},
        expected: [["port", "review", "8080/tcp", "8080/tcp", undefined]],
      },
      {
        title: "another port",
        old: { exposedPorts: ["8080/tcp"] },
        current: { exposedPorts: ["8081/tcp"] },
        expected: [
          ["port", "breaking", "8080/tcp", "8080/tcp", undefined],
          ["port", "note", "8081/tcp", undefined, "8081/tcp"],
        ],
      },
      {
        title: "a privileged port of a user that is not root",
        old: { user: "1" },
        current: { user: "1", exposedPorts: ["80/tcp"] },
        expected: [["port", "review", "80/tcp", undefined, "80/tcp"]],
      },
      {
        title: "a privileged port of root",
        old: {},
        current: { exposedPorts: ["80/tcp"] },
        expected: [["port", "note", "80/tcp", undefined, "80/tcp"]],
      },
      {
        title: "a new volume",
        old: {},
        current: { volumes: ["/data"] },
        expected: [["volume", "review", "/data", undefined, "/data"]],
      },
      {
        title: "a volume that is gone",
        old: { volumes: ["/data"] },
        current: {},
        expected: [["volume", "review", "/data", "/data", undefined]],
      },
      {
        title: "another directory",
        old: {},
        current: { workingDirectory: "/app" },
        expected: [["working-directory", "breaking", undefined, "/", "/app"]],
      },
      { title: "the root as directory", old: {}, current: { workingDirectory: "/" }, expected: [] },
      {
        title: "another signal",
        old: {},
        current: { stopSignal: "SIGQUIT" },
        expected: [["stop-signal", "review", undefined, "SIGTERM", "SIGQUIT"]],
      },
      { title: "the usual signal", old: {}, current: { stopSignal: "SIGTERM" }, expected: [] },
      {
        title: "no healthcheck any more",
        old: { healthcheck: ["CMD", "x"] },
        current: {},
        expected: [["healthcheck", "review", undefined, '["CMD","x"]', undefined]],
      },
      {
        title: "another default shell",
        old: {},
        current: { shell: ["/bin/bash", "-c"] },
        expected: [["default-shell", "review", undefined, undefined, '["/bin/bash","-c"]']],
      },
      {
        title: "instructions for builds",
        old: {},
        current: { onBuild: ["RUN x"] },
        expected: [["on-build", "breaking", undefined, undefined, '["RUN x"]']],
      },
      {
        title: "its version",
        old: {},
        current: { labels: { "org.opencontainers.image.version": "2" } },
        expected: [["label", "note", "org.opencontainers.image.version", undefined, "2"]],
      },
      {
        title: "its source",
        old: { labels: { "org.opencontainers.image.source": "a" } },
        current: { labels: { "org.opencontainers.image.source": "b" } },
        expected: [["label", "review", "org.opencontainers.image.source", "a", "b"]],
      },
      {
        title: "an end of life",
        old: {},
        current: { labels: { "com.example.eol-date": "2027-01-01" } },
        expected: [["label", "review", "com.example.eol-date", undefined, "2027-01-01"]],
      },
      {
        title: "labels that every build writes anew",
        old: {},
        current: {
          labels: { "org.opencontainers.image.created": "now", "org.opencontainers.image.revision": "x" },
        },
        expected: [],
      },
      { title: "a little more to fetch", old: {}, current: { layerBytes: 101_000_000 }, expected: [] },
      {
        title: "so little to fetch that a size says nothing",
        old: { layerBytes: 400 },
        current: { layerBytes: 600 },
        expected: [],
      },
      {
        title: "one more layer",
        old: {},
        current: { layerCount: 2 },
        expected: [["size", "note", undefined, "1 layer, 100.0 MB", "2 layers, 100.0 MB"]],
      },
      {
        title: "less to fetch",
        old: {},
        current: { layerBytes: 40_000_000 },
        expected: [["size", "note", undefined, "1 layer, 100.0 MB", "1 layer, 40.0 MB"]],
      },
      {
        title: "much more to fetch",
        old: {},
        current: { layerBytes: 200_000_000 },
        expected: [["size", "review", undefined, "1 layer, 100.0 MB", "1 layer, 200.0 MB"]],
      },
    ],
  )("is told of $title", ({ old, current, expected }) => {
    expect(told(old, current)).toEqual(expected);
  });
});

describe("shells and package managers", () => {
  test.each([
    {
      title: "are gone",
      old: ["busybox", "apk-tools", "musl"],
      current: ["musl"],
      expected: [
        ["shell", "breaking", "busybox", "busybox", undefined],
        ["package-manager", "breaking", "apk-tools", "apk-tools", undefined],
      ],
    },
    {
      title: "are there now",
      old: ["musl"],
      current: ["musl", "bash", "apt"],
      expected: [
        ["shell", "review", "bash", undefined, "bash"],
        ["package-manager", "review", "apt", undefined, "apt"],
      ],
    },
    {
      title: "are one less",
      old: ["bash", "busybox"],
      current: ["busybox"],
      expected: [["shell", "review", "bash", "bash", undefined]],
    },
    {
      title: "are one more",
      old: ["busybox"],
      current: ["bash", "busybox"],
      expected: [["shell", "note", "bash", undefined, "bash"]],
    },
    { title: "are the same", old: ["busybox", "expat"], current: ["busybox"], expected: [] },
    {
      title: "are not known, as a list has no packages of a distribution",
      old: ["busybox"],
      current: [],
      expected: [],
    },
  ])("$title", ({ old, current, expected }) => {
    expect(withLists(listOf(...old), listOf(...current))).toEqual(expected);
  });

  test("are not looked for among packages of languages", () => {
    const list = listOf("musl");
    const npm = { ...component("bash", "1"), type: "npm", key: "npm/bash" };
    expect(withLists(list, { ...list, components: [...list.components, npm] })).toEqual([]);
  });
});

describe("platforms", () => {
  test("share what is the same on all, and keep what is on some", () => {
    const old = on({ "linux/amd64": {}, "linux/arm64": {}, "linux/s390x": {} });
    const current = on({
      "linux/amd64": { user: "1", environment: { A: "1" } },
      "linux/arm64": { user: "1", environment: { A: "2" } },
      "linux/s390x": { user: "1" },
    });
    expect(
      changesIn(configurationOf(old, current)).map(({ kind, to, platforms }) => [kind, to, platforms]),
    ).toEqual([
      ["user", "1", undefined],
      ["environment", "1", ["linux/amd64"]],
      ["environment", "2", ["linux/arm64"]],
    ]);
  });

  test("that came or went are told, read or not", () => {
    const old = on({ "linux/amd64": {}, "linux/arm64": {} });
    const fault = { platform: "linux/s390x", reason: "it cannot be read" };
    const current = on({ "linux/amd64": {} }, { faults: [fault] });
    expect(configurationOf(old, current)).toEqual({
      kind: "compared",
      changes: [
        expect.objectContaining({ kind: "platform", risk: "breaking", name: "linux/arm64" }),
        expect.objectContaining({ kind: "platform", risk: "note", name: "linux/s390x" }),
      ],
    });
  });

  test("of both sides of which one was not read are said to be not compared", () => {
    const fault = { platform: "linux/arm64", reason: "the registry does not have it" };
    const old = on({ "linux/amd64": {}, "linux/arm64/v8": {} });
    const current = on({ "linux/amd64": {} }, { faults: [fault] });
    expect(configurationOf(old, current)).toEqual({ kind: "compared", changes: [], uncompared: [fault] });
  });

  test.each([
    { title: "with and without the usual variant", old: "linux/arm64/v8", current: "linux/arm64" },
    { title: "of single images that do not say", old: "", current: "linux/amd64" },
    { title: "of single images of which the new one does not say", old: "linux/amd64", current: "" },
  ])("$title are the same", ({ old, current }) => {
    expect(changesIn(configurationOf(on({ [old]: {} }), on({ [current]: { user: "1" } })))).toMatchObject([
      { kind: "user" },
    ]);
  });
});

describe("what cannot be compared", () => {
  const GONE = { kind: "missing", reason: "it was not looked at yet" } as const;
  test.each<{ title: string; old: ConfigsAnswer; current: ConfigsAnswer; reason: string }>([
    {
      title: "without the new side",
      old: on({ a: {} }),
      current: GONE,
      reason: "the new image: it was not looked at yet",
    },
    {
      title: "without the old side",
      old: GONE,
      current: on({ a: {} }),
      reason: "the old image: it was not looked at yet",
    },
    {
      title: "without a config that was read",
      old: on({ a: {} }),
      current: on({}, { faults: [{ platform: "a", reason: "it is no image" }] }),
      reason: "the new image: it is no image",
    },
    {
      title: "without a platform that is the same",
      old: on({ a: {}, b: {} }),
      current: on({ c: {}, d: {} }),
      reason: "the new image: no platform is the same",
    },
  ])("is not compared $title", ({ old, current, reason }) => {
    expect(configurationOf(old, current)).toEqual({ kind: "not-compared", reason });
  });
});

describe("the comparison as a whole", () => {
  test("is bounded, the worst first", () => {
    const names = Array.from({ length: 1_000 }, (_, n) => [`V${n}`, "x".repeat(4_096)] as const);
    const configuration = configurationOf(
      on({ a: {} }),
      on({ a: { environment: Object.fromEntries(names), user: "1" } }),
    );
    const changes = changesIn(configuration);
    expect(changes).toHaveLength(CONFIG_CHANGES_MAX);
    expect(changes[0]?.kind).toBe("user");
    expect(configuration).toMatchObject({ omittedCount: 701 });
    expect(changes.every(({ to = "" }) => to.length <= 601)).toBe(true);
  });

  test("is the same in any case but for size and labels that say nothing new", () => {
    expect([
      isSame({}),
      isSame({ layerBytes: 500_000_000 }),
      isSame({ labels: { "org.opencontainers.image.version": "2" } }),
      isSameConfiguration(undefined),
      isSameConfiguration({ kind: "not-compared", reason: "" }),
    ]).toEqual([true, true, true, true, true]);
    expect([
      isSame({ user: "1" }),
      isSame({ environment: { JAVA_VERSION: "2" } }),
      isSame({ labels: { vendor: "x" } }),
    ]).toEqual([false, false, false]);
  });

  const text = string({ maxLength: 5 });
  const config = record({
    entrypoint: array(text, { maxLength: 3 }),
    command: array(text, { maxLength: 3 }),
    environment: dictionary(constantFrom("PATH", "A", "LD_X", "X_HOME"), text),
    exposedPorts: array(constantFrom("80/tcp", "8080/tcp"), { maxLength: 2 }),
    labels: dictionary(constantFrom("vendor", "other"), text),
    user: constantFrom("", "0", "1", "a", "1:1"),
    workingDirectory: option(constantFrom("/", "/a"), { nil: "/" }),
  });

  test("finds nothing between a config and itself, and as much in one direction as in the other", () => {
    assert(
      property(config, config, (a, b) => {
        expect(between(a, a)).toEqual([]);
        expect(between(a, b).map(nameOf).toSorted()).toEqual(between(b, a).map(nameOf).toSorted());
      }),
    );
  });
});
