import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { instantOf } from "../../src/time.ts";
import { bytesOf, newSigningKey } from "../fakes/signer.ts";
import { type SignedParts, bundleDocument } from "../fakes/sigstore/signed-parts.ts";
import {
  IDENTITY,
  type SigningOrder,
  type SigstoreWorld,
  createSigstoreWorld,
} from "../fakes/sigstore/world.ts";

import { answerOf } from "./verify-bundle.ts";

/** The client as a process, on generated cases, by the protocol of the public suite. */

const CLIENT = fileURLToPath(new URL("client.ts", import.meta.url));
const ARTIFACT = Buffer.from("what was released\n");
const image = digestOf(ARTIFACT);
const vendor = newSigningKey();
const execute = promisify(execFile);

interface Answer {
  readonly code: number;
  readonly output: string;
}

let directory: string;
let world: SigstoreWorld;
let stranger: SigstoreWorld;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hk-conformance-"));
  const now = instantOf(Math.floor(Date.now() / 1_000) * 1_000);
  world = await createSigstoreWorld({ now });
  stranger = await createSigstoreWorld({ name: "stranger", now });
  await writeFile(at("artifact"), ARTIFACT);
  await writeFile(at("other"), "something else\n");
  await writeFile(at("root.json"), world.trustedRoot);
  await writeFile(at("key.pub"), vendor.publicPem);
  await writeFile(at("other.pub"), newSigningKey().publicPem);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

function at(name: string): string {
  return join(directory, name);
}

/** Asks the client in this process: to start one takes a second. */
async function client(args: readonly string[]): Promise<Answer> {
  const { code, line } = await answerOf(args.map((word) => (FILES.includes(word) ? at(word) : word)));
  return { code, output: `${line}\n` };
}

const FILES = ["artifact", "other", "bundle.json", "root.json", "key.pub", "other.pub", "absent"];

/** Runs the client to its end. */
async function run(args: readonly string[]): Promise<Answer> {
  return execute(process.execPath, [CLIENT, ...args], { cwd: directory }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      output: `${stdout}${stderr}`,
    }),
  );
}

const WHO = ["--certificate-identity", IDENTITY.subject, "--certificate-oidc-issuer", IDENTITY.issuer];
const KEY = ["--key", "key.pub"];
const LOGGED = { log: "promise-and-proof" } as const;

/** A bundle over the artifact's bytes, or a statement about it. */
function sign(claim: "bytes" | "statement", more: Partial<SigningOrder> = {}): Promise<SignedParts> {
  return world.sign({
    image,
    ...(claim === "bytes" ? { claim: "signature", payload: ARTIFACT } : { claim: "statement" }),
    ...LOGGED,
    ...more,
  });
}

interface Case {
  readonly title: string;
  readonly bundle: () => Promise<unknown>;
  readonly who?: readonly string[];
  readonly about?: string;
  readonly answer: string | RegExp;
}

async function bundled(parts: Promise<SignedParts>): Promise<unknown> {
  return bundleDocument(await parts);
}

const VERIFIED: readonly Case[] = [
  { title: "bytes", bundle: () => bundled(sign("bytes")), answer: IDENTITY.subject },
  { title: "a statement", bundle: () => bundled(sign("statement")), answer: IDENTITY.subject },
  {
    title: "a statement, by digest",
    bundle: () => bundled(sign("statement")),
    about: image,
    answer: IDENTITY.subject,
  },
  {
    title: "bytes, by a key",
    bundle: () => bundled(sign("bytes", { key: vendor })),
    who: KEY,
    answer: "SHA256:",
  },
  {
    title: "bytes, in the log's second version",
    bundle: () => bundled(sign("bytes", { log: "v2" })),
    answer: IDENTITY.subject,
  },
];

const REFUSED: readonly Case[] = [
  {
    title: "other bytes",
    bundle: () => bundled(sign("bytes")),
    about: "other",
    answer: /^refused: subject-mismatch: /,
  },
  {
    title: "other bytes, and a digest that was made to fit",
    bundle: async () => {
      const document = bundleDocument(await sign("bytes"));
      const digest = digestOf(Buffer.from("something else\n")).slice("sha256:".length);
      const messageDigest = { algorithm: "SHA2_256", digest: Buffer.from(digest, "hex").toString("base64") };
      return { ...document, messageSignature: { ...Object(document["messageSignature"]), messageDigest } };
    },
    about: "other",
    answer: /^refused: signature-invalid: /,
  },
  {
    title: "a statement about something else",
    bundle: () => bundled(sign("statement")),
    about: "other",
    answer: /^refused: subject-mismatch: /,
  },
  {
    title: "the digest of bytes that were signed",
    bundle: () => bundled(sign("bytes")),
    about: image,
    answer: /^refused: bundle-content-unsupported: /,
  },
  {
    title: "another identity",
    bundle: () => bundled(sign("bytes")),
    who: ["--certificate-identity", "https://evil.example", "--certificate-oidc-issuer", IDENTITY.issuer],
    answer: /^refused: identity-mismatch: /,
  },
  {
    title: "another issuer",
    bundle: () => bundled(sign("bytes")),
    who: ["--certificate-identity", IDENTITY.subject, "--certificate-oidc-issuer", "https://evil.example"],
    answer: /^refused: identity-mismatch: /,
  },
  {
    title: "another key",
    bundle: () => bundled(sign("bytes", { key: vendor })),
    who: ["--key", "other.pub"],
    answer: /^refused: signature-key-unknown: /,
  },
  {
    title: "a stranger's Sigstore",
    bundle: async () =>
      bundleDocument(await stranger.sign({ image, claim: "signature", payload: ARTIFACT, ...LOGGED })),
    answer: /^refused: trust-root-outdated: /,
  },
  {
    title: "no log",
    bundle: () => bundled(sign("bytes", { log: "none" })),
    answer: /^refused: log-entry-missing: /,
  },
  {
    title: "another signature's entry",
    bundle: async () => bundleDocument({ ...(await sign("bytes")), entries: (await sign("bytes")).entries }),
    answer: /^refused: log-entry-/,
  },
  { title: "no bundle", bundle: async () => ({}), answer: /^refused: candidate-malformed: / },
];

function argumentsOf({ who = WHO, about = "artifact" }: Case): readonly string[] {
  return ["verify-bundle", "--bundle", "bundle.json", ...who, "--trusted-root", "root.json", about];
}

describe("the client of the conformance suite", () => {
  test.each(VERIFIED)("verifies $title", async (row) => {
    await writeFile(at("bundle.json"), bytesOf(await row.bundle()));
    const { code, output } = await client(argumentsOf(row));
    expect(output).toContain(row.answer);
    expect(output).toMatch(/^verified: [^\n]+\n$/);
    expect(code).toBe(0);
  });

  test.each(REFUSED)("refuses $title", async (row) => {
    await writeFile(at("bundle.json"), bytesOf(await row.bundle()));
    const { code, output } = await client(argumentsOf(row));
    expect(output).toMatch(row.answer);
    expect(output).toMatch(/^[^\n]+\n$/);
    expect(code).toBe(1);
  });

  test.each<{ title: string; args: readonly string[]; code?: number }>([
    { title: "no command", args: [] },
    { title: "signing", args: ["sign-bundle", "--bundle", "bundle.json", "artifact"] },
    { title: "no bundle", args: ["verify-bundle", ...WHO, "artifact"] },
    { title: "no artifact", args: ["verify-bundle", "--bundle", "bundle.json", ...WHO] },
    { title: "nobody who signed", args: ["verify-bundle", "--bundle", "bundle.json", "artifact"] },
    {
      title: "half an identity",
      args: ["verify-bundle", "--bundle", "bundle.json", ...WHO.slice(2), "artifact"],
    },
    {
      title: "key and identity",
      args: ["verify-bundle", "--bundle", "bundle.json", ...WHO, ...KEY, "artifact"],
    },
    {
      title: "an unknown flag",
      args: ["verify-bundle", "--bundle", "bundle.json", "--force", ...KEY, "artifact"],
    },
    { title: "staging", args: ["verify-bundle", "--staging", "--bundle", "bundle.json", ...KEY, "artifact"] },
    {
      title: "a file that is not there",
      args: ["verify-bundle", "--bundle", "absent", ...KEY, "artifact"],
      code: 1,
    },
    {
      title: "a root that is none",
      args: ["verify-bundle", "--bundle", "bundle.json", ...KEY, "--trusted-root", "artifact", "artifact"],
      code: 1,
    },
    {
      title: "a key that is none",
      args: ["verify-bundle", "--bundle", "bundle.json", "--key", "artifact", "artifact"],
      code: 1,
    },
  ])("says in one line what is wrong with $title", async ({ args, code = 2 }) => {
    const answer = await client(args);
    expect(answer.output).toMatch(/^[^\n]+\n$/);
    expect(answer.code).toBe(code);
  });

  test("as a process, ends with 0 and says who signed", async () => {
    await writeFile(at("bundle.json"), bytesOf(bundleDocument(await sign("bytes"))));
    const args = ["verify-bundle", "--bundle", "bundle.json", ...WHO, "--trusted-root", "root.json"];
    expect(await run([...args, "artifact"])).toStrictEqual({
      code: 0,
      output: `verified: ${IDENTITY.subject} (named by ${IDENTITY.issuer})\n`,
    });
    expect(await run([...args, "other"])).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^refused: subject-mismatch: [^\n]+\n$/),
    });
    expect(await run(args)).toMatchObject({ code: 2, output: expect.stringMatching(/^[^\n]+\n$/) });
  });
});
