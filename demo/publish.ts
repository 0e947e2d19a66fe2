import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { generateKeyPair } from "../test/tools/cosign.ts";
import { publishRelease, REPOSITORY, TAG, type ReleaseNumber } from "../test/tools/world.ts";

/** Where a running demo keeps its files. */
export const DEMO_DIRECTORY = fileURLToPath(new URL("../.cache/demo", import.meta.url));
/** What another terminal has to know of a running demo. */
export const STATE_FILE = join(DEMO_DIRECTORY, "demo.json");

const stateSchema = z.object({
  host: z.string(),
  key: z.object({ privatePath: z.string(), publicPath: z.string() }),
});

/** What the command line says about the evidence. */
export interface PublishFlags {
  readonly unsigned?: boolean | undefined;
  readonly "foreign-key"?: boolean | undefined;
  readonly "without-sbom"?: boolean | undefined;
}

/** Pushes a release into the running demo, as its vendor. Says what it did. */
export async function publishIntoDemo(release: string | undefined, flags: PublishFlags): Promise<string> {
  if (!existsSync(STATE_FILE)) throw new Error("no demo is running: start it with npm run demo");
  const { host, key } = stateSchema.parse(JSON.parse(await readFile(STATE_FILE, "utf8")));
  const signer = flags["foreign-key"] === true ? await generateKeyPair(DEMO_DIRECTORY, "stranger") : key;
  const evidence =
    flags.unsigned === true ? "none" : flags["without-sbom"] === true ? "signed" : "signed-with-sbom";
  const number = releaseOf(release);
  // Another build each time: the same bytes would be the digest that is there already.
  const digest = await publishRelease(host, {
    release: number,
    evidence,
    key: signer,
    build: new Date().toISOString(),
  });
  return `Published release ${number} as ${host}/${REPOSITORY}:${TAG}@${digest}\nEvidence: ${evidence}`;
}

function releaseOf(text: string | undefined): ReleaseNumber {
  if (text === "1") return 1;
  if (text === "2") return 2;
  if (text === undefined || text === "3") return 3;
  throw new Error(`there are releases 1, 2 and 3, not ${text}`);
}
