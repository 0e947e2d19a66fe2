import type { Digest } from "../../src/image/digest.ts";
import type { ImageLine } from "../../src/image/reference.ts";
import type { Assessment } from "../../src/assess/assessment.ts";
import { instantOf } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { BASE, type Bench, createBench, digest, dockerfile, KEY, MUSL, NOW, seen, SHOP } from "./bench.ts";
import type { FakePull } from "../fakes/code-host-world.ts";
import { judged } from "./facts.ts";
import { saveLook } from "../fakes/look.ts";
import { emptyDelta } from "../fixtures/deltas.ts";
import { comparedWith } from "../fixtures/diffs.ts";

/** What is needed before anything can be proposed, as the stages before would have left it. */

export const OLD = digest("01d");
export const NEXT = digest("4e3");
export const THIRD = digest("3d");
export const BRANCH = "hullkeeper/bellsoft";
export const PATH = "Dockerfile";

/** An assessment that fixes one critical vulnerability. */
export const FIXES: Assessment = {
  class: "fixes",
  components: comparedWith([], { equalCount: 10 }),
  vulnerabilities: {
    kind: "assessed",
    delta: emptyDelta({
      fixed: [
        {
          id: "CVE-2026-31337",
          recordId: "BELL-CVE-2026-31337",
          severity: "critical",
          packageName: "expat",
          installedVersion: "2.7.1-r0",
          fixedVersion: "2.7.3-r0",
          publishedAt: instantOf(Date.parse("2026-11-18T08:00:00Z")),
          how: "upgrade",
        },
      ],
    }),
  },
  assessedAt: NOW,
};

/** An update that changes components and fixes nothing known. */
export const CONTENT: Assessment = {
  ...FIXES,
  class: "content",
  vulnerabilities: { kind: "not-assessed", reason: "no advisories are configured" },
};

/** The tag stands at a digest that is verified and assessed against what is pinned. */
export async function ready(
  bench: Bench,
  line: ImageLine,
  from: Digest,
  to: Digest,
  assessment: Assessment = FIXES,
): Promise<void> {
  const { at } = bench.clock;
  const { history } = await bench.store.watch(line);
  if (history.length === 0) await seen(bench, line, [from, to], at);
  else {
    const observation = { digest: to, firstSeenAt: at, lastSeenAt: at };
    await saveLook(bench.store, line, { kind: "answered", history: [...history, observation], at });
  }
  bench.registry.point(line, to);
  await judged(bench, to, { since: bench.clock.at, checkedAt: bench.clock.at });
  await bench.store.saveAssessment(BASE, from, to, { ...assessment, assessedAt: bench.clock.at });
}

/** A code repository with these pins, read; every line went on from there to {@link NEXT}. */
export async function proposable(
  pins: readonly (readonly [line: ImageLine, digest: Digest])[] = [[MUSL, OLD]],
  change: Parameters<typeof createBench>[0] = {},
): Promise<Bench> {
  const bench = createBench(change);
  bench.codeHost.create(SHOP, { [PATH]: dockerfile(...pins), "README.md": "shop" });
  await bench.run(discover, { codeRepository: SHOP });
  for (const [line, from] of pins) await ready(bench, line, from, NEXT);
  bench.take();
  return bench;
}

/** The one pull request there is. */
export function onlyPull({ codeHost }: Bench): FakePull {
  const [pull, ...others] = codeHost.pulls(SHOP);
  if (pull === undefined || others.length > 0) throw new Error(`not one pull request: ${others.length + 1}`);
  return pull;
}

/** What is written on the branch of the pull request. */
export function proposedText({ codeHost }: Bench, path = PATH): string | undefined {
  return codeHost.read(SHOP, BRANCH)[path];
}

export const proposalOf = ({ store }: Bench) => store.proposal(KEY);

/** Calls that change something on the code host. */
export const writesOf = ({ codeHost }: Bench) =>
  codeHost.asked.filter((question) =>
    /^(write|open|update|set|propose|bringTo|comment |close|deleteBranch|merge)/.test(question),
  );

/** A pull request that is open. */
export async function proposed(...args: Parameters<typeof proposable>): Promise<Bench> {
  const bench = await proposable(...args);
  await bench.run(propose, KEY);
  bench.take();
  return bench;
}
