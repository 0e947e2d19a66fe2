import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../src/time.ts";
import { faultsOf, load, type Refusal, revealed } from "./folder.ts";

const NO_VARIABLES = { HOME: undefined };

describe("docker's files", () => {
  test.each<Refusal>([
    {
      title: "one that is not there",
      sections: { credentials: { dockerConfig: "nowhere.json" } },
      path: "credentials.dockerConfig",
      reason: "ENOENT",
    },
    {
      title: "a folder",
      sections: { credentials: { dockerConfig: "/" } },
      path: "credentials.dockerConfig",
      reason: "is not a regular file",
    },
    {
      title: "a switch",
      sections: { credentials: { dockerConfig: true } },
      path: "credentials.dockerConfig",
      reason: "must be a text, is true or false",
    },
    {
      title: "nothing",
      sections: { credentials: { dockerConfig: "" } },
      path: "credentials.dockerConfig",
      reason: "is empty",
    },
    {
      title: "helpers without files",
      sections: { credentials: { helpers: true } },
      path: "credentials.helpers",
      reason: "while dockerConfig is off",
    },
    {
      title: "helpers by name",
      sections: { credentials: { dockerConfig: "auto", helpers: ["ecr-login"] } },
      path: "credentials.helpers",
      reason: "must be true or false",
    },
    {
      title: "what is not known",
      sections: { credentials: { podman: "auto" } },
      path: "credentials.podman",
      reason: "unknown key; known here: dockerConfig, helpers",
    },
  ])("refuses $title", async ({ path, reason, ...loaded }) => {
    expect(await faultsOf(loaded)).toEqual([{ path, reason: expect.stringContaining(reason) }]);
  });

  test("are not looked at unless that is said", async () => {
    const { dockerConfig } = await load({
      sections: { credentials: { dockerConfig: "off" } },
      environment: { HOME: "/home/x", DOCKER_AUTH_CONFIG: "{}" },
    });
    expect(dockerConfig).toBeUndefined();
  });

  test.each([
    {
      title: "all that are named, in order",
      environment: {
        HOME: "/home/x",
        DOCKER_AUTH_CONFIG: '{"auths":{}}',
        DOCKER_CONFIG: "/etc/docker-client",
        REGISTRY_AUTH_FILE: "/run/auth.json",
        XDG_RUNTIME_DIR: "/run/user/1",
        XDG_CONFIG_HOME: "/home/x/cfg",
      },
      inline: '{"auths":{}}',
      files: [
        "/etc/docker-client/config.json",
        "/run/auth.json",
        "/run/user/1/containers/auth.json",
        "/home/x/cfg/containers/auth.json",
      ],
    },
    {
      title: "those of a home",
      environment: { HOME: "/home/x", DOCKER_CONFIG: "", XDG_CONFIG_HOME: " " },
      files: ["/home/x/.docker/config.json", "/home/x/.config/containers/auth.json"],
    },
    { title: "none without a home", environment: NO_VARIABLES, files: [] },
  ])("are found by themselves: $title", async ({ environment, inline, files }) => {
    const { dockerConfig } = await load({ sections: { credentials: { dockerConfig: "auto" } }, environment });
    expect(revealed(dockerConfig?.inline)).toBe(inline);
    expect(dockerConfig).toMatchObject({ files, helpers: "ignored" });
  });

  test("may be one alone, whatever the environment says", async () => {
    const config = await load({
      sections: { credentials: { dockerConfig: "docker/config.json", helpers: true } },
      environment: { HOME: "/home/x", DOCKER_AUTH_CONFIG: "{}" },
      files: { "docker/config.json": "{}" },
      modes: { "docker/config.json": 0o644 },
    });
    expect(config.dockerConfig).toEqual({
      files: [expect.stringMatching(/^\/.*\/docker\/config\.json$/)],
      helpers: "run",
      helperEnvironment: { HOME: "/home/x" },
    });
    expect(config.warnings).toEqual([expect.stringContaining("holds a secret and everybody")]);
  });
});

describe("the proxy", () => {
  test.each<Refusal>([
    {
      title: "a word",
      sections: { network: { proxy: "auto" } },
      path: "network.proxy",
      reason: "must be environment, none or a mapping",
    },
    {
      title: "a list",
      sections: { network: { proxy: [] } },
      path: "network.proxy",
      reason: "must be environment, none or a mapping",
    },
    {
      title: "another scheme",
      sections: { network: { proxy: { https: "socks5://proxy:1080" } } },
      path: "network.proxy.https",
      reason: "not an https address",
    },
    {
      title: "a password as a value",
      sections: { network: { proxy: { https: "http://u:hunter2@proxy:3128" } } },
      path: "network.proxy.https",
      reason: "holds a user or password",
    },
    {
      title: "a host alone",
      sections: { network: { proxy: { http: "proxy" } } },
      path: "network.proxy.http",
      reason: "not an https address",
    },
    {
      title: "hosts as a text",
      sections: { network: { proxy: { none: "localhost" } } },
      path: "network.proxy.none",
      reason: "must be a list",
    },
    {
      title: "several hosts in one",
      sections: { network: { proxy: { none: ["a", "b,c"] } } },
      path: "network.proxy.none[1]",
      reason: "must be one host",
    },
    {
      title: "what is not known",
      sections: { network: { proxy: { all: "x" } } },
      path: "network.proxy.all",
      reason: "unknown key; known here: http, https, none",
    },
    {
      title: "a variable with another scheme",
      environment: { HTTPS_PROXY: "socks5://u:hunter2@proxy" },
      path: "",
      reason: "environment variable HTTPS_PROXY: must be http://host:port",
    },
    {
      title: "a variable that is no address",
      environment: { http_proxy: "http://" },
      path: "",
      reason: "environment variable http_proxy: must be",
    },
  ])("refuses $title", async ({ path, reason, ...loaded }) => {
    const faults = await faultsOf(loaded);
    expect(faults).toEqual([{ path, reason: expect.stringContaining(reason) }]);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });

  test.each([
    {
      title: "none that the environment names",
      proxy: undefined,
      environment: { NO_PROXY: "localhost" },
      expected: undefined,
    },
    {
      title: "the environment's, lower case first",
      proxy: "environment",
      environment: {
        HTTPS_PROXY: "http://upper:1",
        https_proxy: "http://u:hunter2@lower:1",
        NO_PROXY: ".acme.example",
      },
      expected: { https: "http://u:hunter2@lower:1", none: ".acme.example" },
    },
    {
      title: "a host of the environment without a scheme",
      proxy: "environment",
      environment: { HTTP_PROXY: "proxy:3128", HTTPS_PROXY: "" },
      expected: { http: "http://proxy:3128" },
    },
    {
      title: "none, whatever the environment says",
      proxy: "none",
      environment: { HTTPS_PROXY: "socks5://x" },
      expected: undefined,
    },
    {
      title: "this one, whatever the environment says",
      proxy: { http: "http://proxy:1/", https: "https://proxy:2", none: ["localhost", ".acme.example"] },
      environment: { HTTPS_PROXY: "http://other", NO_PROXY: "*" },
      expected: { http: "http://proxy:1", https: "https://proxy:2", none: "localhost,.acme.example" },
    },
  ])("is $title", async ({ proxy, environment, expected }) => {
    const config = await load({ sections: { network: { proxy } }, environment });
    expect(revealed(config.proxy)).toEqual(expected);
    expect(JSON.stringify(config)).not.toContain("hunter2");
  });
});

describe("intervals", () => {
  const hint = "say intervals.tryingOut: true";
  test.each([
    {
      title: "a poll",
      intervals: { poll: "59s" },
      path: "intervals.poll",
      reason: "must be 1m or more, is 59 s",
    },
    { title: "a scan", intervals: { discover: "1s" }, path: "intervals.discover", reason: hint },
    {
      title: "a look at pull requests",
      intervals: { proposals: "30s" },
      path: "intervals.proposals",
      reason: hint,
    },
    { title: "a look at deadlines", intervals: { sla: "59999ms" }, path: "intervals.sla", reason: hint },
    {
      title: "a poll where trying out is off",
      intervals: { poll: "1s", tryingOut: false },
      path: "intervals.poll",
      reason: hint,
    },
    {
      title: "trying out as a text",
      intervals: { tryingOut: "yes" },
      path: "intervals.tryingOut",
      reason: "must be true or false",
    },
    {
      title: "looks older than any",
      intervals: { maxStaleness: "361m" },
      path: "intervals.maxStaleness",
      reason: "must be 6h or less",
    },
    {
      title: "looks older than a long poll",
      intervals: { poll: "12h", maxStaleness: "13h" },
      path: "intervals.maxStaleness",
      reason: "must be 6h or less, or intervals.poll",
    },
    {
      title: "looks younger than a poll",
      intervals: { maxStaleness: "29m" },
      path: "intervals.maxStaleness",
      reason: "must be at least intervals.poll",
    },
  ])("refuses $title", async ({ intervals, path, reason }) => {
    expect(await faultsOf({ sections: { intervals } })).toEqual([
      { path, reason: expect.stringContaining(reason) },
    ]);
  });

  test.each([
    { intervals: {}, pollMs: 30 * MINUTE_MS, maxStalenessMs: HOUR_MS },
    { intervals: { poll: "1m" }, pollMs: MINUTE_MS, maxStalenessMs: HOUR_MS },
    { intervals: { poll: "2h" }, pollMs: 2 * HOUR_MS, maxStalenessMs: 2 * HOUR_MS },
    { intervals: { maxStaleness: "6h" }, pollMs: 30 * MINUTE_MS, maxStalenessMs: 6 * HOUR_MS },
    { intervals: { poll: "24h", maxStaleness: "24h" }, pollMs: 24 * HOUR_MS, maxStalenessMs: 24 * HOUR_MS },
    { intervals: { poll: "1s", maxStaleness: "2s", tryingOut: true }, pollMs: 1_000, maxStalenessMs: 2_000 },
  ])("of $intervals are $pollMs and $maxStalenessMs ms", async ({ intervals, ...expected }) => {
    expect((await load({ sections: { intervals } })).intervals).toMatchObject(expected);
  });
});
