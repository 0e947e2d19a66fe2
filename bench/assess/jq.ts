import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { medianOf } from "../table.ts";
import type { Pair } from "./documents.ts";

const execute = promisify(execFile);
const ROUNDS = 3;

/** What people run who have no tool for it: the purls of both documents, sorted, and their lines compared. */
const SCRIPT = `
purls() {
  jq -r '[(.components[]?.purl), (.packages[]?.externalRefs[]? | select(.referenceType == "purl").referenceLocator)] | .[] | select(.)' "$1" | sort
}
purls before.json > before.txt
purls after.json > after.txt
diff before.txt after.txt | grep -c '^[<>]' || true
times
`;

/** Why jq and diff cannot be run here, or undefined when they can. */
export function jqMissing(): string | undefined {
  const absent = ["jq", "diff", "sort"].filter(
    (program) => spawnSync(program, ["--version"]).error !== undefined,
  );
  return absent.length === 0 ? undefined : `${absent.join(", ")} not installed`;
}

/** CPU time of `jq` and `diff` over a pair, and how many lines they call different. */
export async function jqOver({
  before,
  after,
}: Pair): Promise<{ readonly ms: number; readonly lineCount: number }> {
  const directory = await mkdtemp(join(tmpdir(), "hk-bench-assess-"));
  try {
    await writeFile(join(directory, "before.json"), before);
    await writeFile(join(directory, "after.json"), after);
    const rounds: number[] = [];
    let lineCount = Number.NaN;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { stdout } = await execute("sh", ["-c", SCRIPT], {
        cwd: directory,
        env: { PATH: process.env["PATH"], LC_ALL: "C" },
      });
      const [count = "", , ofChildren = ""] = stdout.trim().split("\n");
      rounds.push(msOf(ofChildren));
      lineCount = Number(count);
    }
    return { ms: medianOf(rounds), lineCount };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** `0m1.250000s 0m0.040000s`, user and system, as shells print it. */
function msOf(times: string): number {
  const seconds = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => 60 * Number(minutes) + Number(rest),
  );
  return seconds.length === 2 ? 1_000 * seconds.reduce((sum, part) => sum + part, 0) : Number.NaN;
}
