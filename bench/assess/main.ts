import { arch, cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { diffOf } from "../../src/sbom/diff.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { type Aim, columnsOf, isMissed, medianOf, renderAims, renderTable, rounded, say } from "../table.ts";
import { type Pair, pairs } from "./documents.ts";
import { jqMissing, jqOver } from "./jq.ts";

const USAGE = `npm run bench:assess                what an assessment costs; takes a minute
npm run bench:assess -- --strict    exits with 1 when an aim is missed
`;
const MEGABYTE = 1_000_000;
const ROUNDS = 15;
/** Documents of so many megabytes are the large ones that the aim is about. */
const LARGE_MB = 14;

const { values } = parseArgs({ options: { strict: { type: "boolean" }, help: { type: "boolean" } } });
if (values.help === true) say(USAGE);
else process.exitCode = await bench();

async function bench(): Promise<number> {
  say(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? ""} ${arch()}`);
  say(`Linux ${release()}, Node ${process.version}\n`);
  const documents = await documentRows();
  return report([...documents.aims]);
}

function report(aims: readonly Aim[]): number {
  say(renderAims(aims));
  return values.strict === true && aims.some(isMissed) ? 1 : 0;
}

/** Two SBOMs read and compared, and the same with jq and diff. */
async function documentRows(): Promise<{ readonly aims: readonly Aim[] }> {
  const missing = jqMissing();
  if (missing !== undefined) say(`jq and diff are not compared: ${missing}\n`);
  const rows: string[][] = [];
  const aims: Aim[] = [];
  for (const pair of await pairs()) {
    const ours = measured(pair);
    const theirs = missing === undefined ? await jqOver(pair) : { ms: Number.NaN, lineCount: Number.NaN };
    const megabytes = Buffer.byteLength(pair.after) / MEGABYTE;
    rows.push([
      pair.title,
      rounded(megabytes),
      rounded(ours.packages),
      rounded(ours.changes),
      rounded(ours.firstMs),
      rounded(ours.readMs),
      rounded(ours.diffMs),
      rounded(2 * ours.readMs + ours.diffMs),
      rounded(theirs.ms),
      rounded(theirs.lineCount),
    ]);
    if (megabytes < LARGE_MB) continue;
    const title = "a document of 14 MB read, and compared with the list before";
    aims.push({ title, measured: ours.readMs + ours.diffMs, most: 150, unit: "ms" });
    aims.push({ title: "8,000 packages compared", measured: ours.diffMs, most: 60, unit: "ms" });
  }
  const titles = [
    "MB",
    "packages",
    "changes",
    "first ms",
    "read ms",
    "diff ms",
    "both read + diff ms",
    "jq + diff ms",
    "lines",
  ];
  say(`${renderTable(columnsOf("two SBOMs", ...titles), rows)}\n`);
  return { aims };
}

/** CPU time of this process, which does nothing else: the first time, when nothing is compiled yet, and the median of the rest. */
function measured({ predicateType, before, after }: Pair) {
  const startAt = cpuMs();
  const old = readSbom(predicateType, before);
  const first = diffOf(old, readSbom(predicateType, after));
  const firstMs = cpuMs() - startAt;
  const reads: number[] = [];
  const diffs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const readAt = cpuMs();
    const current = readSbom(predicateType, after);
    const diffAt = cpuMs();
    diffOf(old, current);
    reads.push(diffAt - readAt);
    diffs.push(cpuMs() - diffAt);
  }
  return {
    packages: old.components.length,
    changes: first.changes.length,
    firstMs,
    readMs: medianOf(reads),
    diffMs: medianOf(diffs),
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
