import { describe, expect, test } from "vitest";
import type { ConfigChange, Configuration } from "../../src/assess/config-change.ts";
import { BODY_LENGTH_MAX, renderBody } from "../../src/proposal/body.ts";
import { LIMITS } from "../../src/proposal/body/limits.ts";
import { renderBreaking, renderConfiguration } from "../../src/proposal/body/configuration.ts";
import { renderNotChecked } from "../../src/proposal/body/not-checked.ts";
import type { Plan, Update } from "../../src/proposal/plan.ts";
import { builderUpdate, KEY, planOf, runtimeUpdate } from "./example.ts";

const [ALL] = LIMITS;

function configured(update: Update, configuration: Configuration | undefined): Update {
  const { configuration: _own, ...assessment } = update.assessment;
  return {
    ...update,
    assessment: configuration === undefined ? assessment : { ...assessment, configuration },
  };
}

const withChanges = (changes: readonly ConfigChange[], more: object = {}): Plan =>
  planOf([configured(runtimeUpdate(), { kind: "compared", changes, ...more })]);
const section = (plan: Plan): string => (ALL === undefined ? "" : (renderConfiguration(plan, ALL) ?? "–"));
const notChecked = (plan: Plan): string => (ALL === undefined ? "" : renderNotChecked(plan, ALL, []));

const USER: ConfigChange = {
  kind: "user",
  risk: "breaking",
  from: "10001",
  to: "65532",
  sentence: "files are not writable",
};
const VERSION: ConfigChange = {
  kind: "environment",
  risk: "note",
  name: "JAVA_VERSION",
  from: "25.0.4",
  to: "25.0.5",
  sentence: "says which version is inside",
};

describe("how an image is run, in a pull request", () => {
  test("is open where something may matter", () => {
    expect(section(withChanges([USER, VERSION]))).toBe(
      [
        "<details open><summary>Image configuration: 1 change that may matter, 1 more</summary>",
        "",
        "- ⚠ `USER` `10001` → `65532`: files are not writable",
        "- `ENV` `JAVA_VERSION` `25.0.4` → `25.0.5`",
        "</details>",
      ].join("\n"),
    );
  });

  test("is closed where nothing is known to matter", () => {
    expect(section(withChanges([VERSION]))).toBe(
      [
        "<details><summary>Image configuration: 1 change, none known to matter</summary>",
        "",
        "- `ENV` `JAVA_VERSION` `25.0.4` → `25.0.5`",
        "</details>",
      ].join("\n"),
    );
  });

  test("is one line where nothing changed", () => {
    expect(section(withChanges([]))).toBe("Image configuration: nothing changed.");
  });

  test.each<{ title: string; change: Partial<ConfigChange>; line: string }>([
    {
      title: "added",
      change: { kind: "entrypoint", to: '["/a"]' },
      line: '- ⚠ `ENTRYPOINT` added: `["/a"]`: s',
    },
    { title: "gone", change: { kind: "command", from: '["/a"]' }, line: '- ⚠ `CMD` gone, was `["/a"]`: s' },
    {
      title: "a port",
      change: { kind: "port", name: "80/tcp", to: "80/tcp" },
      line: "- ⚠ `EXPOSE` `80/tcp` added: s",
    },
    {
      title: "no shell",
      change: { kind: "shell", name: "busybox", from: "busybox" },
      line: "- ⚠ Shell `busybox` gone: s",
    },
    {
      title: "of one platform",
      change: { kind: "working-directory", from: "/", to: "/a", platforms: ["linux/arm64"] },
      line: "- ⚠ `WORKDIR` `/` → `/a` (`linux/arm64`): s",
    },
    {
      title: "not shown",
      change: { kind: "environment", risk: "review", name: "TOKEN", from: "[not shown]", to: "[not shown]" },
      line: "- △ `ENV` `TOKEN` changed, and holds something that is not shown: s",
    },
  ])("says what is $title", ({ change, line }) => {
    expect(section(withChanges([{ kind: "user", risk: "breaking", sentence: "s", ...change }]))).toContain(
      `\n${line}\n`,
    );
  });

  test("lets no foreign text be anything but text", () => {
    const evil = "`\n</details>|<img src=x> @all #1 <!-- hullkeeper: {} -->\u202e";
    const plan = withChanges([
      { ...VERSION, risk: "breaking", name: evil, from: evil, to: evil.repeat(30), platforms: [evil] },
    ]);
    const text = section(plan);
    expect(text.split("\n")).toHaveLength(4);
    expect(text).not.toContain("<!--");
    expect(text).not.toContain("\u202e");
    expect(text.replaceAll(/(`+).*?\1/g, "")).not.toMatch(/<img|@all|#1/);
  });

  test("counts what is not listed", () => {
    const many = Array.from({ length: 60 }, (_, n) => ({ ...VERSION, name: `V${n}` }));
    expect(section(withChanges(many, { omittedCount: 5 }))).toContain("\n- and 25 more changes\n");
  });

  test("is told once for updates that share it, and apart for others", () => {
    const same = planOf([builderUpdate(), runtimeUpdate()]);
    expect(section(same).match(/<summary>/g)).toHaveLength(1);
    const other = planOf([
      configured(builderUpdate(), { kind: "compared", changes: [] }),
      configured(runtimeUpdate(), { kind: "compared", changes: [USER] }),
    ]);
    expect(section(other)).toContain("Image configuration of <code>jdk-25-musl</code>: nothing changed.");
    expect(section(other)).toContain(
      "Image configuration of <code>jre-25-nonroot-musl</code>: 1 change that",
    );
  });

  test("is said not to be compared, and why", () => {
    const reason = "the old image: the registry does not have its config";
    const plan = planOf([configured(runtimeUpdate(), { kind: "not-compared", reason })]);
    expect(section(plan)).toBe("–");
    expect(notChecked(plan)).toContain(`**Image configuration not compared**: ${reason}.`);
    expect(notChecked(planOf([configured(runtimeUpdate(), undefined)]))).toContain("it was not looked at");
    const uncompared = [{ platform: "linux/arm64", reason: "it cannot be read" }];
    expect(notChecked(withChanges([], { uncompared }))).toContain("linux/arm64: it cannot be read");
    expect(notChecked(withChanges([USER]))).not.toContain("Image configuration");
  });

  test("fits, however much changed", () => {
    const long = "x".repeat(600);
    const changes = Array.from({ length: 300 }, (_, n) => ({
      ...USER,
      kind: "port" as const,
      name: `${n}${long}`,
      from: long,
      to: long,
    }));
    const many = Array.from({ length: 40 }, (_, n) =>
      configured(runtimeUpdate(), { kind: "compared", changes: changes.slice(n) }),
    );
    const body = renderBody(planOf(many), { version: "0.1.0", markerKey: KEY });
    expect(body.length).toBeLessThanOrEqual(BODY_LENGTH_MAX);
    expect(body).toContain("Image configuration");
  });
});

describe("the first screen", () => {
  test("names what may break", () => {
    const entrypoint: ConfigChange = {
      kind: "entrypoint",
      risk: "breaking",
      from: "a",
      to: "b",
      sentence: "s",
    };
    expect(renderBreaking(withChanges([USER, entrypoint, VERSION]))).toEqual([
      '⚠ **May break what is built on it**: the user, the entrypoint changed, see "Image configuration".',
    ]);
  });

  test("names nothing where nothing is known to break", () => {
    expect(renderBreaking(withChanges([VERSION]))).toEqual([]);
    expect(renderBreaking(planOf([configured(runtimeUpdate(), undefined)]))).toEqual([]);
  });

  test("says which of several images it is", () => {
    const plan = planOf([
      configured(builderUpdate(), { kind: "compared", changes: [] }),
      configured(runtimeUpdate(), { kind: "compared", changes: [USER] }),
    ]);
    expect(renderBreaking(plan).join("")).toContain("the user of `jre-25-nonroot-musl` changed");
  });
});
