import type { TestContext } from "vitest";
import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { publishContent } from "./contents.ts";
import { freePort } from "../tools/free-port.ts";
import { WEBHOOK_SECRET } from "../tools/world.ts";
import {
  type Installation,
  installationMissing,
  noteOn,
  type Served,
  startInstallation,
} from "./installation.ts";
import { judged, keyOf, proposed, told } from "./scene.ts";

const missing = installationMissing();
const SHOP = { owner: "acme", name: "shop" };

/** Looks at code so seldom that nothing but a webhook explains what happens within a test. */
const SELDOM = `intervals: { tryingOut: true, poll: 1s, discover: 24h, proposals: 6h, sla: 1h }
evidence: { wait: 1m, retry: [1s, 2s, 3s], sbomWait: 6s }
`;

interface Told extends Installation {
  readonly served: Served;
  readonly first: Digest;
}

/** An installation that the code host tells of everything, and that has scanned a code repository. */
async function startTold(
  context: TestContext,
  { timing = SELDOM, publish }: { readonly timing?: string; readonly publish?: typeof publishContent } = {},
): Promise<Told> {
  const webPort = await freePort();
  const installation = await startInstallation(context, {
    webPort,
    speaker: "app",
    webhooks: "taken",
    timing,
  });
  const { world, serve } = installation;
  const first = await (publish?.(installation, 1) ?? world.publish({ release: 1 }));
  const { codeHost } = world;
  await codeHost.createRepository("acme", "shop", {
    Dockerfile: `${world.pin(first)}\n`,
    "README.md": "1\n",
  });
  const served = await serve();
  await judged(installation, first, "verified");
  await codeHost.sendWebhooks({
    url: `http://127.0.0.1:${webPort}/hooks/code-host`,
    secret: WEBHOOK_SECRET,
  });
  return { ...installation, served, first };
}

describe.skipIf(missing !== undefined)(`a code host that tells what happens${noteOn(missing)}`, () => {
  test("has a push scanned long before the next sweep, and other files left alone", async (context) => {
    const { world, store, until, served, first } = await startTold(context);
    const { codeHost } = world;
    await codeHost.commitFile("acme", "shop", { path: "README.md", content: "2\n" });
    await codeHost.told();
    const content = `${world.pin(first)}\n`;
    const commit = await codeHost.commitFile("acme", "shop", { path: "deploy/Dockerfile", content });
    const scan = await until("a scan of what was pushed", async () => {
      const newest = await store.scan({ codeRepository: SHOP, branch: "main" });
      return newest?.commit === commit ? newest : undefined;
    });
    expect(scan.places.map(({ path }) => path)).toEqual(["Dockerfile", "deploy/Dockerfile"]);
    expect(codeHost.deliveries.map(({ status }) => status)).toEqual([202, 202]);
    expect(await served.jobsDone("discover")).toBe(2);
    const metrics = await served.words("/metrics");
    expect(metrics).toContain('hullkeeper_webhooks_total{event="push",outcome="ignored"} 1');
    expect(metrics).toContain('hullkeeper_webhooks_total{event="push",outcome="accepted"} 1');
    expect(served.process.output()).not.toContain(WEBHOOK_SECRET);
  });

  test("has a pull request looked at when somebody says or does something", async (context) => {
    const installation = await startTold(context);
    const { world, store, until, served } = installation;
    const { codeHost } = world;
    const { number } = await proposed(installation, "shop", await world.publish({ release: 2 }));
    await installation.drained();
    const before = (await store.proposal(keyOf("shop")))?.checkedAt ?? 0;
    // What we did ourselves has nobody look.
    await codeHost.told();
    const metrics = await served.words("/metrics");
    expect(metrics).toContain('event="pull_request",outcome="ignored"');
    expect(metrics).not.toContain('event="pull_request",outcome="accepted"');

    codeHost.say("acme", "shop", number, { author: "octocat", body: "What is this?" });
    codeHost.say("acme", "shop", number, { author: "octocat", body: "/hullkeeper explain" });
    await until("a look after a comment", async () => {
      const record = await store.proposal(keyOf("shop"));
      return record !== undefined && record.checkedAt > before;
    });
    await codeHost.closePullRequest("acme", "shop", number);
    const { message } = await told(installation, "declined", `acme/shop#${number}`);
    expect(message).toContain("closed by a-person: ");
    expect(await served.words("/metrics")).toContain('event="issue_comment",outcome="accepted"} 1');
  });

  test("has a pull request merged as soon as its last check is green, and not looked at for any other check", async (context) => {
    const timing = `${SELDOM}policy: { propose: { content: now }, automerge: [content] }\n`;
    const installation = await startTold(context, { timing, publish: publishContent });
    const { world, store, served } = installation;
    const { codeHost } = world;
    const second = await publishContent(installation, 2);
    const { headCommit } = await proposed(installation, "shop", second);
    const lookCount = () => codeHost.requests.filter(({ operationName }) => operationName === "Look").length;
    await codeHost.told();
    await installation.drained();
    const before = lookCount();
    // Our own check and statuses, a check that began, and one that failed: nothing to look for.
    codeHost.runCheck("acme", "shop", headCommit, { name: "build" });
    codeHost.report("acme", "shop", headCommit, { context: "ci/lint", state: "pending" });
    codeHost.runCheck("acme", "shop", headCommit, { name: "flaky", conclusion: "failure", app: "other" });
    await codeHost.told();
    expect(await store.lookWish(keyOf("shop"))).toBeUndefined();
    const metrics = await served.words("/metrics");
    for (const event of ["check_run", "check_suite", "status"]) {
      expect(metrics).toContain(`event="${event}",outcome="ignored"`);
      expect(metrics).not.toContain(`event="${event}",outcome="accepted"`);
    }

    codeHost.runCheck("acme", "shop", headCommit, { name: "flaky", conclusion: "success", app: "other" });
    codeHost.report("acme", "shop", headCommit, { context: "ci/lint", state: "success" });
    codeHost.runCheck("acme", "shop", headCommit, { name: "build", conclusion: "success" });
    await told(installation, "automerged", "acme/shop#1");
    await installation.drained();
    expect(await store.proposal(keyOf("shop"))).toMatchObject({ state: "merged" });
    expect(lookCount() - before).toBeLessThanOrEqual(2);
  });

  test("is asked again for what nobody took, and is heard then", async (context) => {
    const installation = await startTold(context);
    const { world, store, until, served, first } = installation;
    const { codeHost } = world;
    // The work that asks has begun: it knows since when.
    await until("a first look at webhooks", () => store.deliveriesSeenUpTo());
    await served.process.end();
    const content = `${world.pin(first)}\n`;
    const commit = await codeHost.commitFile("acme", "shop", { path: "deploy/Dockerfile", content });
    await codeHost.told();
    expect(codeHost.deliveries).toMatchObject([{ status: 502, isRedelivery: false }]);

    await installation.serve();
    const event = await told(installation, "webhooks-asked-again");
    expect(event.message).toContain("1 that nobody had taken were asked for again");
    await codeHost.told();
    const [lost, again] = codeHost.deliveries;
    expect(again).toMatchObject({ guid: lost?.guid, status: 202, isRedelivery: true });
    await until(
      "a scan of what was pushed",
      async () => (await store.scan({ codeRepository: SHOP, branch: "main" }))?.commit === commit,
    );
    expect(codeHost.deliveries).toHaveLength(2);
  });
});
