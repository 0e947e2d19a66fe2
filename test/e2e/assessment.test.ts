import { commitsIn } from "./commits.ts";
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../src/time.ts";
import type { Digest } from "../../src/image/digest.ts";
import {
  type Advisory,
  type Assessed,
  age,
  FEED,
  type AssessedRelease,
  mirrorNow,
  publishAssessed,
  purlOf,
  startAssessed,
} from "./assessed.ts";
import { type Installation, installationMissing, noteOn, type Served } from "./installation.ts";
import { clockOf, expectOnePullRequest, proposed, told } from "./scene.ts";

const missing = installationMissing();

const KNOWN: readonly Advisory[] = [
  { cve: "CVE-2026-99201", severity: "critical", packageName: "expat", fixedIn: "2.7.3-r0" },
  { cve: "CVE-2026-99202", severity: "high", packageName: "expat", fixedIn: "2.7.2-r1" },
];
/** Nobody knew when the newer release was proposed that it came with it. */
const LATER: Advisory = {
  cve: "CVE-2026-99203",
  severity: "high",
  packageName: "expat",
  introducedIn: "2.7.3-r0",
  fixedIn: "2.7.4-r0",
};
const FIRST: AssessedRelease = {
  version: "25.0.4",
  createdAt: "2026-11-10T10:00:00Z",
  user: "10001:10001",
  env: { JAVA_HOME: "/usr/lib/jvm/jre-25.0.4" },
  entrypoint: ["java"],
  packages: { musl: "1.2.5-r16", expat: "2.7.1-r0", zlib: "1.3.1-r2" },
};
const SECOND: AssessedRelease = {
  ...FIRST,
  version: "25.0.5",
  createdAt: "2026-11-20T10:00:00Z",
  user: "10002:10002",
  env: { JAVA_HOME: "/usr/lib/jvm/jre-25.0.5" },
  entrypoint: ["/usr/bin/tini", "--", "java"],
  packages: { ...FIRST.packages, expat: "2.7.3-r0" },
  own: { "linux/arm64": { libatomic: "14.2.0-r4" } },
};

/** Classes of all updates that were proposed. */
async function assessmentsOf({ store, line }: Installation): Promise<readonly (string | undefined)[]> {
  const updates = (await store.proposals()).flatMap((proposal) => proposal.updates);
  const assessments = await Promise.all(
    updates.flatMap(({ from, to }) =>
      from === undefined ? [] : [store.assessment(line.repository, from, to)],
    ),
  );
  return assessments.map((assessment) => assessment?.class);
}

/** Requests to the registry that a process made. */
async function registryRequests({ words }: Served): Promise<number> {
  const samples = (await words("/metrics")).matchAll(
    /hullkeeper_requests_total\{party="registry",[^}]*\} (\d+)/g,
  );
  return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** The body of the pull request to a digest, as soon as it says this. */
async function saying(installation: Installation, to: Digest, words: string): Promise<string> {
  return installation.until(`a pull request that says ${words}`, async () => {
    const { body } = await proposed(installation, "shop", to);
    return body.includes(words) ? body : undefined;
  });
}

/** Code pins the first release, which is verified. */
async function begin({ installation, feed }: Assessed, advisories: readonly Advisory[]): Promise<void> {
  const { world, pass } = installation;
  await feed.publish(advisories);
  const first = await publishAssessed(installation, FIRST);
  await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
  expect((await pass()).code).toBe(0);
}

describe.skipIf(missing !== undefined)(`what an update means${noteOn(missing)}`, () => {
  test.concurrent(
    "is told of both platforms, and told anew when advisories come and go, without a request to the registry",
    async (context) => {
      const assessed = await startAssessed(context);
      const { installation, feed } = assessed;
      const { world, line, store } = installation;
      await begin(assessed, KNOWN);
      const second = await publishAssessed(installation, SECOND);
      expect((await installation.pass()).code).toBe(0);
      expect(feed.server.asked).toEqual([`200 ${feed.path}`, `304 ${feed.path}`]);

      const { title, labels, body } = await expectOnePullRequest(installation, "shop", second);
      const [firstScreen = ""] = body.split("\n\n");
      expect(title).toContain("fixes 1 critical and 1 more (merge by ");
      expect(labels.toSorted()).toEqual(["hullkeeper", "sla:critical"]);
      expect(await assessmentsOf(installation)).toEqual(["fixes"]);
      expect(firstScreen).toContain("set by CVE-2026-99201 (critical) in `expat`");
      expect(firstScreen).toContain(
        "Fixes **2 vulnerabilities** (1 critical, 1 high), introduces none, none remains.",
      );
      expect(firstScreen).toContain(
        "⚠ **May break what is built on it**: the user, the entrypoint, the environment changed",
      );
      expect(body).toContain(
        "| CVE-2026-99201 | critical 9.8 | `expat` | `2.7.1-r0` → `2.7.3-r0` | 18 Nov 2026 |",
      );
      expect(body).toContain(
        "| CVE-2026-99202 | high 7.5 | `expat` | `2.7.1-r0` → `2.7.2-r1` | 18 Nov 2026 |",
      );
      expect(body).toMatch(
        /Source: The vendor's archive, 2 records, newest of 20 Nov 2026, 10:00 UTC, snapshot `[0-9a-f]{12}`, asked /,
      );
      expect(body).toContain("4 packages of the new image looked up.");
      expect(body).toContain("Packages: 1 upgraded, 0 added, 0 removed, more on <code>linux/arm64</code>");
      expect(body).toContain(
        "**Only on `linux/arm64`**: 0 upgraded, 1 added, 0 removed\n\nAdded: `libatomic` `14.2.0-r4`",
      );
      expect(body).toContain(
        "2 stayed the same on each platform at least. Compared on `linux/amd64`, `linux/arm64`.",
      );
      expect(body).toContain(
        "<details open><summary>Image configuration: 3 changes that may matter, 1 more</summary>",
      );
      expect(body).toContain(
        "- ⚠ `USER` `10001:10001` → `10002:10002`: files that your build copies for the old user",
      );
      expect(body).toContain('- ⚠ `ENTRYPOINT` `["java"]` → `["/usr/bin/tini","--","java"]`');
      const clock = await clockOf(installation, "shop");
      expect(clock.obligations.map(({ id }) => id)).toEqual(["CVE-2026-99201", "CVE-2026-99202"]);

      const served = await installation.serve();
      await installation.drained();
      await world.registry.close();
      const asked = await registryRequests(served);
      const written = installation.writes().length;

      await feed.publish([...KNOWN, LATER]);
      await mirrorNow(installation);
      const withNew = await saying(installation, second, "⚠ **introduces 1** (1 high)");
      expect(withNew).toContain("Fixes **2 vulnerabilities** (1 critical, 1 high)");
      expect(withNew).toContain(
        "⚠ **Introduced** (1 high): CVE-2026-99203 (high 7.5, `expat` `2.7.3-r0`, fixed in `2.7.4-r0`, not here yet).",
      );
      expect(withNew).toContain("The vendor's archive, 3 records");
      expect(await clockOf(installation, "shop")).toEqual(clock);

      await feed.publish([...KNOWN, { ...LATER, isWithdrawn: true }]);
      await mirrorNow(installation);
      const withdrawn = await saying(installation, second, "introduces none");
      expect(withdrawn).toContain("- advisory BELL-CVE-2026-99203 withdrawn: CVE-2026-99203 (`expat`)");
      expect(withdrawn).toContain(
        "Fixes **2 vulnerabilities** (1 critical, 1 high), introduces none, none remains.",
      );
      await installation.drained();
      await expectOnePullRequest(installation, "shop", second);
      expect(await registryRequests(served)).toBe(asked);
      expect(commitsIn(installation.writes().slice(written))).toEqual([]);
      expect((await store.watch(line)).history.at(-1)?.digest).toBe(second);
    },
  );

  test.concurrent(
    "is not assessed while the feed was not seen for too long, and is once it is seen again",
    async (context) => {
      const assessed = await startAssessed(context);
      const { installation, feed } = assessed;
      await begin(assessed, KNOWN);
      feed.fail();
      await age(installation, 3 * HOUR_MS);
      const second = await publishAssessed(installation, SECOND);
      await installation.pass();

      const { title, body } = await expectOnePullRequest(installation, "shop", second);
      expect(title).toContain("fixes not known");
      expect(body).toContain('What it fixes is not known, see "Not checked".');
      expect(body).toMatch(
        /\*\*Vulnerabilities not assessed\*\*: the advisories of The vendor's archive were last mirrored .*, and prove nothing after 2 h/,
      );
      for (const words of [
        "Fixes **",
        "No known vulnerability is fixed",
        "no known fix",
        "fixes no known vulnerability",
        "Fixed: none",
        "introduces none",
      ]) {
        expect(body).not.toContain(words);
      }
      expect(await assessmentsOf(installation)).toEqual(["unassessed"]);
      expect((await told(installation, "feed-failed")).subject).toBe(FEED);
      expect((await told(installation, "feed-stale")).message).toContain("is not assessed any more");

      const served = await installation.serve();
      await installation.until("a look at the proposal", async () => (await served.jobsDone("propose")) >= 1);
      expect(await assessmentsOf(installation)).toEqual(["unassessed"]);
      expect(await served.words("/")).toMatch(/archive vendor \S stale/);
      expect(await served.words("/metrics")).toMatch(
        /hullkeeper_feed_age_seconds\{feed="vendor"\} 108\d\d(?:\D|$)/,
      );
      feed.recover();
      await mirrorNow(installation);
      const again = await saying(installation, second, "Fixes **2 vulnerabilities** (1 critical, 1 high)");
      expect(again).not.toContain("not assessed");
      expect(feed.server.asked.at(-1)).toBe(`304 ${feed.path}`);
    },
  );

  test.concurrent("is what its vendor says of a fix without a new version", async (context) => {
    const assessed = await startAssessed(context);
    const { installation } = assessed;
    const zlib: Advisory = {
      cve: "CVE-2026-99204",
      severity: "high",
      packageName: "zlib",
      fixedIn: "1.3.2-r0",
    };
    await begin(assessed, [zlib]);
    const second = await publishAssessed(installation, {
      ...SECOND,
      mitigated: [{ cve: zlib.cve, purl: purlOf("zlib", "1.3.1-r2") }],
    });
    expect((await installation.pass()).code).toBe(0);
    const { body } = await expectOnePullRequest(installation, "shop", second);
    expect(body).toContain("Fixes **1 vulnerability** (1 high), introduces none, none remains.");
    expect(body).toContain("| CVE-2026-99204 | high 7.5 | `zlib` | `1.3.1-r2` → fix brought back |");
    expect(body).toContain("inline");
    expect(await assessmentsOf(installation)).toEqual(["fixes"]);
  });
});
