import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runningDemo } from "./publish.ts";

const RECORDS = fileURLToPath(new URL("../test/fixtures/osv/records", import.meta.url));
const CVE = "CVE-2026-99199";

/** Where a demo keeps the advisories that its feed is read from. */
export function advisoriesOf(directory: string): string {
  return join(directory, "advisories");
}

/** Makes a demo's feed: what its vendor knows of its releases. */
export async function writeAdvisories(directory: string): Promise<void> {
  await cp(RECORDS, advisoriesOf(directory), { recursive: true });
}

/** Makes a vulnerability known that each release has, or takes it back. Says what it did. */
export async function adviseInDemo(word: string | undefined, directory: string): Promise<string> {
  if (word !== undefined && word !== "withdraw") throw new Error(`withdraw or nothing, not ${word}`);
  if ((await runningDemo(directory)) === undefined) {
    throw new Error("no demo is running: start it with npm run demo");
  }
  const now = new Date().toISOString();
  const path = join(advisoriesOf(directory), `BELL-${CVE}.json`);
  await writeFile(path, JSON.stringify(recordOf(now, word === "withdraw" ? now : undefined)));
  const done = word === "withdraw" ? "Withdrew" : "Published";
  return `${done} ${CVE} in busybox\nThe feed is read every minute; open pull requests are then assessed anew.`;
}

function recordOf(now: string, withdrawn: string | undefined): unknown {
  return {
    schema_version: "1.7.4",
    id: `BELL-${CVE}`,
    published: now,
    modified: now,
    ...(withdrawn === undefined ? {} : { withdrawn }),
    upstream: [CVE],
    severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" }],
    affected: [
      {
        package: { ecosystem: "BellSoft Hardened Containers:25", name: "busybox" },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "1.37.0-r99" }] }],
      },
    ],
  };
}
