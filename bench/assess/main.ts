import { arch, cpus, release } from "node:os";
import { parseArgs } from "node:util";
import {
  feedLines,
  feedMissing,
  indexOf,
  judgementsIn,
  listOfFeed,
  reassess,
  recordsIn,
  stockOf,
} from "./advisories.ts";
import { cpuMs, cpuMsOf, wallMsOf } from "./cpu.ts";
import { evaluateAll, storedLines } from "./obligations.ts";
import { diffOf } from "../../src/sbom/diff.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { type Aim, columnsOf, isMissed, renderAims, renderTable, rounded, say } from "../table.ts";
import { type Pair, pairs } from "./documents.ts";
import { jqMissing, jqOver } from "./jq.ts";

const USAGE = `npm run bench:assess                what an assessment costs; takes a minute
npm run bench:assess -- --strict    exits with 1 when an aim is missed
`;
const MEGABYTE = 1_000_000;
const ROUNDS = 15;
const ADVISORY_ROUNDS = 9;
const STORED_IMAGES = 1_000;
const CHANGED_COUNTS = [1, 10, 100];
const OBLIGATION_COUNTS = [5_000, 100_000];
/** Documents of so many megabytes are the large ones that the aim is about. */
const LARGE_MB = 14;

const { values } = parseArgs({ options: { strict: { type: "boolean" }, help: { type: "boolean" } } });
if (values.help === true) say(USAGE);
else process.exitCode = await bench();

async function bench(): Promise<number> {
  say(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? ""} ${arch()}`);
  say(`Linux ${release()}, Node ${process.version}\n`);
  const documents = await documentRows();
  return report([...documents.aims, ...advisoryAims(), ...obligationAims()]);
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
  const current = readSbom(predicateType, after);
  const first = diffOf(old, current);
  const firstMs = cpuMs() - startAt;
  return {
    packages: old.components.length,
    changes: first.changes.length,
    firstMs,
    readMs: cpuMsOf(() => readSbom(predicateType, after), ROUNDS).median,
    diffMs: cpuMsOf(() => diffOf(old, current), ROUNDS).median,
  };
}

/** Records read and matched, and stored images assessed anew. */
function advisoryAims(): readonly Aim[] {
  const missing = feedMissing();
  if (missing !== undefined) {
    say(`advisories are not measured: ${missing}\n`);
    return [];
  }
  const lines = feedLines();
  const records = recordsIn(lines);
  const list = listOfFeed(records);
  const index = indexOf(records);
  const readMs = cpuMsOf(() => indexOf(recordsIn(lines)), ADVISORY_ROUNDS).median;
  const matchCpuMs = cpuMsOf(() => judgementsIn(list, index), ADVISORY_ROUNDS).median;
  const matchMs = wallMsOf(() => judgementsIn(list, index), ADVISORY_ROUNDS);
  const stock = stockOf(records, STORED_IMAGES);
  const rows = CHANGED_COUNTS.map((count) => {
    const changed = records.filter((_, at) => at % Math.floor(records.length / count) === 0).slice(0, count);
    let imageCount = 0;
    const { first } = cpuMsOf(() => {
      imageCount = reassess(stock, changed);
    }, 0);
    return [rounded(count), rounded(imageCount), rounded(first), rounded(first / Math.max(1, imageCount))];
  });
  say(`${lines.length} records read and indexed: ${rounded(readMs)} ms`);
  say(
    `${list.components.length} packages matched: ${rounded(matchMs)} ms (${rounded(matchCpuMs)} ms CPU of all threads), ${judgementsIn(list, index)} findings\n`,
  );
  const titles = ["images touched", "ms", "ms/image"];
  say(`${renderTable(columnsOf(`changed records, ${STORED_IMAGES} images stored`, ...titles), rows)}\n`);
  return [
    { title: "12,401 records read and indexed", measured: readMs, most: 1_000, unit: "ms" },
    { title: "1,125 packages matched, wall time", measured: matchMs, most: 50, unit: "ms" },
  ];
}

/** Deadlines computed from facts. */
function obligationAims(): readonly Aim[] {
  const rows = OBLIGATION_COUNTS.map((count) => {
    const lines = storedLines(count);
    const evaluated = evaluateAll(lines);
    if (evaluated.count !== count) throw new Error(`${evaluated.count} obligations, not ${count}`);
    return { count, ms: cpuMsOf(() => evaluateAll(lines), ADVISORY_ROUNDS).median };
  });
  const shown = rows.map(({ count, ms }) => [rounded(count), rounded(ms), rounded((1_000 * ms) / count)]);
  say(`${renderTable(columnsOf("obligations", "ms", "us each"), shown)}\n`);
  return [{ title: "100,000 obligations", measured: rows.at(-1)?.ms ?? Number.NaN, most: 1_000, unit: "ms" }];
}
