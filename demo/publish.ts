import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { generateKeyPair } from "../test/tools/cosign.ts";
import { publishRelease, REPOSITORY, TAG, type ReleaseNumber } from "../test/tools/world.ts";

/** Where a demo keeps its files unless told otherwise. */
export const DEMO_DIRECTORY = fileURLToPath(new URL("../.cache/demo", import.meta.url));

const STATE_FILE = "demo.json";

const stateSchema = z.object({
  host: z.string(),
  key: z.object({ privatePath: z.string(), publicPath: z.string() }),
  pid: z.int(),
});

/** What another terminal has to know of a demo: its registry, the vendor's key, its process. */
export type DemoState = z.infer<typeof stateSchema>;

/** What the command line says about a release. */
export interface PublishFlags {
  readonly directory: string;
  readonly unsigned?: boolean | undefined;
  readonly "foreign-key"?: boolean | undefined;
  readonly "without-sbom"?: boolean | undefined;
}

/** Tells other terminals about a demo. */
export async function saveDemo(directory: string, state: DemoState): Promise<void> {
  await writeFile(join(directory, STATE_FILE), JSON.stringify(state));
}

/** The demo that runs in a folder, if one does. */
export async function runningDemo(directory: string): Promise<DemoState | undefined> {
  const file = join(directory, STATE_FILE);
  if (!existsSync(file)) return undefined;
  const state = stateSchema.parse(JSON.parse(await readFile(file, "utf8")));
  return existsSync(`/proc/${state.pid}`) ? state : undefined;
}

/** Pushes a release into the running demo, as its vendor. Says what it did. */
export async function publishIntoDemo(release: string | undefined, flags: PublishFlags): Promise<string> {
  const demo = await runningDemo(flags.directory);
  if (demo === undefined) throw new Error("no demo is running: start it with npm run demo");
  const { host, key } = demo;
  const signer = flags["foreign-key"] === true ? await generateKeyPair(flags.directory, "stranger") : key;
  const evidence =
    flags.unsigned === true ? "none" : flags["without-sbom"] === true ? "signed" : "signed-with-sbom";
  // Another build each time: the same bytes would be the digest that is there already.
  const build = new Date().toISOString();
  const digest = await publishRelease(host, { release: releaseOf(release), evidence, key: signer, build });
  return `Published ${host}/${REPOSITORY}:${TAG}@${digest}\nEvidence: ${evidence}`;
}

function releaseOf(text: string | undefined): ReleaseNumber {
  if (text === "1") return 1;
  if (text === "2") return 2;
  if (text === undefined || text === "3") return 3;
  throw new Error(`there are releases 1, 2 and 3, not ${text}`);
}
