import { assert, jsonValue, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { CONFIG_BYTES_MAX, parseImageConfig } from "../../src/image/config-parse.ts";
import type { ImageConfig } from "../../src/image/config.ts";

const NO_LAYERS: readonly { size: number }[] = [];
const bytesOf = (document: unknown): Uint8Array => Buffer.from(JSON.stringify(document));
const read = (run: unknown, more: object = {}) =>
  parseImageConfig(bytesOf({ os: "linux", architecture: "amd64", ...more, config: run }), NO_LAYERS);

function configOf(run: unknown): ImageConfig {
  const answer = read(run);
  if (answer.kind === "none") throw new Error(answer.reason);
  return answer.config;
}

describe("the config of an image", () => {
  test("is read with everything that says how it is run", () => {
    const document = {
      os: "linux",
      architecture: "arm64",
      variant: "v8",
      created: "2026-11-20T09:58:00Z",
      config: {
        User: "10001:10001",
        Entrypoint: ["/usr/lib/jvm/bin/java"],
        Cmd: ["-version"],
        Env: ["PATH=/usr/bin:/bin", "JAVA_VERSION=25.0.5", "LANG="],
        ExposedPorts: { "8443/tcp": {}, "8080/tcp": {} },
        Volumes: { "/data": {} },
        WorkingDir: "/app",
        StopSignal: "SIGINT",
        Healthcheck: { Test: ["CMD-SHELL", "wget -q localhost:8080"], Interval: 30_000_000_000 },
        Shell: ["/bin/ash", "-c"],
        OnBuild: ["COPY . /app"],
        Labels: { "org.opencontainers.image.vendor": "BellSoft", a: "1" },
      },
      rootfs: { type: "layers", diff_ids: [] },
      history: [{ created_by: "x" }],
    };
    expect(parseImageConfig(bytesOf(document), [{ size: 5 }, { size: 7 }])).toEqual({
      kind: "config",
      config: {
        platform: "linux/arm64/v8",
        user: "10001:10001",
        entrypoint: ["/usr/lib/jvm/bin/java"],
        command: ["-version"],
        environment: { JAVA_VERSION: "25.0.5", LANG: "", PATH: "/usr/bin:/bin" },
        masked: [],
        exposedPorts: ["8080/tcp", "8443/tcp"],
        volumes: ["/data"],
        workingDirectory: "/app",
        stopSignal: "SIGINT",
        healthcheck: ["CMD-SHELL", "wget -q localhost:8080"],
        shell: ["/bin/ash", "-c"],
        onBuild: ["COPY . /app"],
        labels: { a: "1", "org.opencontainers.image.vendor": "BellSoft" },
        layerCount: 2,
        layerBytes: 12,
      },
    });
  });

  test.each([
    { title: "nothing", run: {} },
    {
      title: "null for everything, as Go writes it",
      run: { User: null, Env: null, Cmd: null, Volumes: null, Labels: null, Healthcheck: null },
    },
    { title: "no part on running", run: undefined },
    { title: "a healthcheck that is turned off", run: { Healthcheck: { Test: ["NONE"] } } },
    { title: "fields nobody knows", run: { ArgsEscaped: true, Memory: 5, Domainname: "x" } },
  ])("of an image that says $title is empty", ({ run }) => {
    expect(configOf(run)).toEqual({
      platform: "linux/amd64",
      entrypoint: [],
      command: [],
      environment: {},
      masked: [],
      exposedPorts: [],
      volumes: [],
      labels: {},
      layerCount: 0,
      layerBytes: 0,
    });
  });

  test("is read in any case, as runtimes read it", () => {
    expect(configOf({ user: "root", CMD: ["x"] })).toMatchObject({ user: "root", command: ["x"] });
  });

  test("takes a command that is one text for what a shell runs", () => {
    expect(configOf({ Cmd: "java -jar app.jar" }).command).toEqual(["/bin/sh", "-c", "java -jar app.jar"]);
  });

  test("keeps the last of two variables of one name, and a name without a value", () => {
    const { environment, masked } = configOf({ Env: ["A=1", "TOKEN=abc", "A=2=3", "TOKEN=", "ALONE"] });
    expect(environment).toEqual({ A: "2=3", ALONE: "", TOKEN: "" });
    expect(masked).toEqual([]);
  });

  test("keeps names that objects have by themselves, but for the one that is no name", () => {
    const { environment } = configOf({ Env: ["constructor=1", "__proto__=2", "toString=3"] });
    expect(Object.entries(environment)).toEqual([
      ["constructor", "1"],
      ["toString", "3"],
    ]);
  });

  test("keeps the beginning of a long text, and sees a change at its end", () => {
    const long = "x".repeat(10_000);
    const [a, b] = [configOf({ User: `${long}a` }).user, configOf({ User: `${long}b` }).user];
    expect(a).not.toBe(b);
    expect(a).toMatch(/^x{2000}… \(10001 characters, sha256 [0-9a-f]{16}\)$/);
  });

  test("does not say what it runs on where that cannot be read", () => {
    const answer = parseImageConfig(bytesOf({ os: "", architecture: 5 }), NO_LAYERS);
    expect(answer).toMatchObject({ kind: "config" });
    expect(answer.kind === "config" && answer.config.platform).toBe(undefined);
  });

  test.each([
    { title: "no JSON", bytes: Buffer.from("{") },
    { title: "not UTF-8", bytes: Buffer.from([0x7b, 0xff, 0x7d]) },
    { title: "nothing", bytes: new Uint8Array() },
    { title: "a list", bytes: bytesOf([]) },
    { title: "null", bytes: bytesOf(null) },
    { title: "larger than it may be", bytes: Buffer.alloc(CONFIG_BYTES_MAX + 1, " ") },
    { title: "with a config that is a text", bytes: bytesOf({ config: "x" }) },
    { title: "with a config that is a list", bytes: bytesOf({ config: [] }) },
    { title: "with two configs", bytes: bytesOf({ config: {}, Config: {} }) },
    { title: "with two users", bytes: bytesOf({ config: { User: "1", user: "0" } }) },
    { title: "with a user that is a number", bytes: bytesOf({ config: { User: 0 } }) },
    { title: "with variables in a map", bytes: bytesOf({ config: { Env: { A: "1" } } }) },
    { title: "with variables that are numbers", bytes: bytesOf({ config: { Env: [1] } }) },
    { title: "with an entrypoint that holds a list", bytes: bytesOf({ config: { Entrypoint: [["x"]] } }) },
    { title: "with ports in a list", bytes: bytesOf({ config: { ExposedPorts: ["80"] } }) },
    { title: "with labels that are numbers", bytes: bytesOf({ config: { Labels: { a: 1 } } }) },
    { title: "with a healthcheck that is a text", bytes: bytesOf({ config: { Healthcheck: "x" } }) },
    {
      title: "with a healthcheck that runs a number",
      bytes: bytesOf({ config: { Healthcheck: { Test: [1] } } }),
    },
    {
      title: "with 1,001 variables",
      bytes: bytesOf({ config: { Env: Array.from({ length: 1_001 }, (_, n) => `A${n}=`) } }),
    },
    {
      title: "with 1,001 labels",
      bytes: bytesOf({
        config: { Labels: Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`a${n}`, ""])) },
      }),
    },
  ])("is not read from what is $title", ({ bytes }) => {
    expect(parseImageConfig(bytes, NO_LAYERS)).toMatchObject({ kind: "none" });
  });

  test("is read or refused, whatever is there, and never throws", () => {
    assert(
      property(jsonValue(), jsonValue(), (config, other) => {
        for (const document of [config, { config }, { config: { Env: config, Healthcheck: other } }]) {
          expect(["config", "none"]).toContain(parseImageConfig(bytesOf(document), NO_LAYERS).kind);
        }
      }),
    );
  });
});

const JWT = `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}`;

describe("secrets in a config", () => {
  test.each([
    { name: "DB_PASSWORD", value: "hunter2" },
    { name: "DBPASSWORD", value: "hunter2" },
    { name: "db.password", value: "hunter2" },
    { name: "MYSQL_ROOT_PASSWD", value: "x" },
    { name: "API_KEY", value: "x" },
    { name: "apiKey", value: "x" },
    { name: "GITHUB_TOKEN", value: "abc" },
    { name: "SECRET", value: "s" },
    { name: "CLIENT_SECRET_2", value: "s" },
    { name: "AWS_SECRET_ACCESS_KEY", value: "s" },
    { name: "REGISTRY_AUTH", value: "dXNlcjpwYXNz" },
    { name: "ANY", value: JWT },
    { name: "ANY", value: `ghp_${"a".repeat(36)}` },
    { name: "ANY", value: "AKIAIOSFODNN7EXAMPLE" },
    { name: "ANY", value: "-----BEGIN RSA PRIVATE KEY-----" },
    { name: "DATABASE_URL", value: "postgres://shop:hunter2@db:5432/shop" },
    { name: "ANY", value: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" },
  ])("$name=$value is masked, and its change is seen", ({ name, value }) => {
    const [one, other] = [configOf({ Env: [`${name}=${value}`] }), configOf({ Env: [`${name}=${value}2`] })];
    expect(one.masked).toEqual([name]);
    expect(Object.values(one.environment)).not.toContain(value);
    expect(one.environment[name]).toMatch(/^sha256:[0-9a-f]{16}$/);
    expect(one.environment[name]).not.toBe(other.environment[name]);
    expect(configOf({ Env: [`${name}=${value}`] })).toEqual(one);
  });

  test.each([
    { name: "PATH", value: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    { name: "JAVA_HOME", value: "/usr/lib/jvm/jdk-25.0.5-bellsoft-x86_64" },
    { name: "JAVA_VERSION", value: "25.0.5+11" },
    { name: "NODE_SHA256", value: "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00a08" },
    { name: "GPG_KEY", value: "A035C8C19219BA821ECEA86B64E628F8D684696D" },
    { name: "TOKEN_FILE", value: "/run/secrets/token" },
    { name: "DB_PASSWORD", value: "" },
    { name: "REQUIRE_AUTH", value: "true" },
    { name: "SSL_CERT_FILE", value: "/etc/ssl/certs/ca-certificates.crt" },
    { name: "AUTHOR", value: "BellSoft" },
    { name: "HOME_URL", value: "https://example.com:8080/a@b" },
    { name: "MONKEY", value: "banana" },
  ])("$name=$value is shown", ({ name, value }) => {
    const config = configOf({ Env: [`${name}=${value}`] });
    expect(config.masked).toEqual([]);
    expect(config.environment[name]).toBe(value);
  });

  test.each([
    { title: "the value of an option", run: { Entrypoint: ["app", "--password=hunter2", "-v"] } },
    { title: "the argument after an option", run: { Cmd: ["app", "--api-key", "hunter2"] } },
    { title: "a Java property", run: { Cmd: ["java", "-Djavax.net.ssl.keyStorePassword=hunter2"] } },
    { title: "an option in a shell's text", run: { Cmd: ["sh", "-c", "app --token hunter2 && x"] } },
    { title: "a variable in a shell's text", run: { Cmd: ["sh", "-c", 'DB_PASSWORD="hunter2" app'] } },
    {
      title: "a log-in in a healthcheck",
      run: { Healthcheck: { Test: ["CMD-SHELL", "curl -u a:hunter2 x"] } },
    },
    { title: "an address in a label", run: { Labels: { a: "see https://a:hunter2@git.example/x" } } },
    { title: "a line of what is built on it", run: { OnBuild: ["ENV API_TOKEN=hunter2"] } },
  ])("$title is masked where it stands", ({ run }) => {
    const text = JSON.stringify(configOf(run));
    expect(text).not.toContain("hunter2");
    expect(text).toContain("[secret sha256:");
  });

  test("leaves arguments alone that hold none", () => {
    const command = [
      "/bin/sh",
      "-c",
      "exec java -jar /app.jar --auth=",
      "--tokenizer",
      "fast",
      "--password",
      "-v",
    ];
    expect(configOf({ Cmd: command }).command).toEqual(command);
  });

  test("takes no time to speak of, whatever is there", () => {
    const texts = ["-", "a", "password", "eyJ", "://a:", "-u ", "--token ", "AKIA"].map((text) =>
      text.repeat(4_096 / text.length),
    );
    const run = { Cmd: texts.flatMap((text) => Array.from({ length: 25 }, () => text)) };
    const startedAt = performance.now();
    expect(configOf(run).command).toHaveLength(200);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
