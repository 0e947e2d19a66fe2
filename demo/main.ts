import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { messageOf } from "../src/errors.ts";
import { untilAskedToEnd } from "../src/cli/signals.ts";
import { cosignMissing } from "../test/tools/cosign.ts";
import { dockerRegistryMissing } from "../test/tools/docker-registry.ts";
import { startHullkeeper } from "../test/tools/hullkeeper.ts";
import { startWorld, type World } from "../test/tools/world.ts";
import { adviseInDemo, advisoriesOf, writeAdvisories } from "./advise.ts";
import { DEMO_DIRECTORY, publishIntoDemo, runningDemo, saveDemo } from "./publish.ts";

/*
 * The whole thing on loopback: Debian's docker-registry, images that real cosign signs, a double of GitHub over real Git
 * repositories, and Hullkeeper itself, started as an operator starts it. A vendor then pushes a new release.
 */
const USAGE = `npm run demo                      runs until Ctrl-C
npm run demo -- --once            ends after the first pull request, and prints it
npm run demo -- publish 3         in another terminal: the vendor pushes release 3, signed, with its SBOM
npm run demo -- publish 3 --unsigned | --foreign-key | --without-sbom
npm run demo -- advise            a vulnerability becomes known that the image has; advise withdraw takes it back

--directory DIR keeps the demo's files in DIR instead of ${DEMO_DIRECTORY}
`;

const CODE_REPOSITORIES = ["acme/shop", "acme/pay"] as const;
const FIRST_PULL_REQUEST_MAX_MS = 120_000;
const LOOK_EVERY_MS = 50;
const WEB_PORT = 8080;

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    once: { type: "boolean" },
    help: { type: "boolean" },
    directory: { type: "string", default: DEMO_DIRECTORY },
    unsigned: { type: "boolean" },
    "foreign-key": { type: "boolean" },
    "without-sbom": { type: "boolean" },
  },
});

try {
  process.exitCode = await demo();
} catch (error) {
  say(`The demo failed: ${messageOf(error)}`);
  process.exitCode = 1;
}

async function demo(): Promise<number> {
  if (values.help === true) return (say(USAGE), 0);
  const [command, release] = positionals;
  if (command === "publish") {
    say(await publishIntoDemo(release, values));
    return 0;
  }
  if (command === "advise") {
    say(await adviseInDemo(release, values.directory));
    return 0;
  }
  if (command !== undefined) {
    say(`unknown: ${command}\n\n${USAGE}`);
    return 64;
  }
  const missing = [dockerRegistryMissing(), cosignMissing()].filter((reason) => reason !== undefined);
  if (missing.length > 0) throw new Error(`it needs tools from Debian's packages: ${missing.join("; ")}`);

  const ending = untilAskedToEnd();
  const running = await runningDemo(values.directory);
  if (running !== undefined)
    throw new Error(`process ${running.pid} runs a demo in ${values.directory} already`);
  await rm(values.directory, { recursive: true, force: true });
  const world = await startWorld(values.directory);
  try {
    return await run(world, ending);
  } finally {
    await world.close();
  }
}

async function run(world: World, ending: Promise<unknown>): Promise<number> {
  say(
    `Registry ${world.registry.host} (docker-registry), code host ${world.codeHost.htmlUrl} (a double of GitHub)`,
  );
  const first = await world.publish({ release: 1 });
  say("The vendor published release 1: pushed, signed and attested by cosign");
  await world.codeHost.createRepository("acme", "shop", {
    Dockerfile: `# syntax=docker/dockerfile:1\n${world.pin(first)} AS runtime\nCOPY shop.jar /app/shop.jar\n`,
    "tools/Dockerfile": "FROM redis:8.0\n",
  });
  await world.codeHost.createRepository("acme", "pay", { Containerfile: `${world.pin(first)}\n` });
  await writeAdvisories(values.directory);
  const config = await world.writeConfig({
    repositories: CODE_REPOSITORIES,
    feeds: {
      vendor: {
        kind: "directory",
        directory: advisoriesOf(values.directory),
        name: "The vendor's advisories",
      },
    },
    webPort: await freePort(WEB_PORT),
  });
  await saveDemo(values.directory, { host: world.registry.host, key: world.key, pid: process.pid });

  const hullkeeper = startHullkeeper(["serve", "--config", config], {
    ...world.environment,
    XDG_STATE_HOME: world.directory,
  });
  try {
    const address = (await hullkeeper.lineMatching(/ serves /)).split(" serves ")[1] ?? "";
    say(`Hullkeeper is up: ${address}  (configuration: ${config})`);
    await verified(address, hullkeeper.ended);

    const pushedAt = performance.now();
    await world.publish({ release: 2 });
    say("The vendor published release 2 behind the same tag");
    const pull = await firstPullRequest(world, hullkeeper.ended);
    const seconds = ((performance.now() - pushedAt) / 1_000).toFixed(1);
    say(`Pull request after ${seconds} s: ${pull.url}\n\n# ${pull.title}\n\n${pull.body}\n`);
    if (values.once === true) return 0;

    say(
      [
        `Pages of Hullkeeper: ${address}`,
        `Pull requests:       ${world.codeHost.htmlUrl}`,
        "",
        "In another terminal, be the vendor:",
        "  npm run demo -- publish 3                  a signed release: the same pull requests are refreshed",
        "  npm run demo -- publish 3 --unsigned       no evidence: no pull request, and the page says why",
        "  npm run demo -- publish 3 --foreign-key    signed by a stranger: rejected",
        "  npm run demo -- advise                     a vulnerability that the image has: told in the same pull requests",
        "or with your own cosign:",
        `  cosign sign --yes --tlog-upload=false --allow-http-registry --key ${world.key.privatePath} ${world.registry.host}/…@sha256:…`,
        "  (the key's password is empty)",
        "",
        "Ctrl-C ends it.",
      ].join("\n"),
    );
    await Promise.race([ending, hullkeeper.ended]);
    return 0;
  } catch (error) {
    say(hullkeeper.output());
    throw error;
  } finally {
    await hullkeeper.end();
  }
}

/** Waits until Hullkeeper has verified release 1, so that release 2 is a move. */
async function verified(address: string, ended: Promise<unknown>): Promise<void> {
  const isVerified = async (): Promise<boolean> => {
    const metrics = await (await fetch(new URL("/metrics", address))).text();
    return /^hullkeeper_events_total\{kind="verified"\} [1-9]/m.test(metrics);
  };
  await until(isVerified, "release 1 was not verified", ended);
}

async function firstPullRequest(world: World, ended: Promise<unknown>) {
  return until(
    async () => (await world.codeHost.pullRequests("acme", "shop"))[0],
    "there is no pull request",
    ended,
  );
}

/** What a question answers as soon as the answer is not false or undefined. */
async function until<Answer>(
  question: () => Promise<Answer | false | undefined>,
  failure: string,
  ended: Promise<unknown>,
): Promise<Answer> {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const deadline = performance.now() + FIRST_PULL_REQUEST_MAX_MS;
  for (;;) {
    const answer = await question();
    if (answer !== false && answer !== undefined) return answer;
    if (hasEnded) throw new Error(`${failure}: Hullkeeper ended`);
    if (performance.now() > deadline)
      throw new Error(`${failure} after ${FIRST_PULL_REQUEST_MAX_MS / 1_000} s`);
    await wait(LOOK_EVERY_MS);
  }
}

/** The wanted port if nobody has it, else any. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  const port = await listen(wanted).catch(() => listen(0));
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
