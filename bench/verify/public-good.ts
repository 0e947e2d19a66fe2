import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { createJudge } from "../../src/adapters/verifier/judge.ts";
import { type Digest, hexOf, parseDigest } from "../../src/image/digest.ts";
import { parseManifest } from "../../src/image/manifest.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import { sharedData } from "../../test/shared-data.ts";
import { type Case, heldOf, questionOf } from "./case.ts";

const ROOT = sharedData("trust/public-good-trusted-root.json");
const LAYOUT = sharedData("trust/slsa-verifier/v2.1.0/container_workflow_dispatch/");
const DIGEST = sharedData("trust/slsa-verifier/v2.1.0/container_workflow_dispatch.digest");
const PUBLIC_GOOD = "public-good";

const layoutSchema = z.object({
  manifests: z.array(z.object({ digest: z.string().transform(parseDigest) })),
});

/** A real attestation of the public-good Sigstore, where real data lies beside the project; nothing where it does not. */
export function publicGoodCase(): readonly Case[] {
  if (!existsSync(ROOT) || !existsSync(LAYOUT)) return [];
  const image = parseDigest(readFileSync(DIGEST, "utf8").trim());
  const { manifests } = layoutSchema.parse(JSON.parse(readFileSync(new URL("index.json", LAYOUT), "utf8")));
  const carrier = manifests.at(-1)?.digest;
  if (carrier === undefined) throw new Error("the layout lists no manifest");
  const manifest = parseManifest(blobOf(carrier), undefined);
  const [layer] = manifest.kind === "image" ? manifest.layers : [];
  if (layer === undefined) throw new Error("the manifest of attestations has no layer");
  const candidate: Candidate = {
    kind: "cosign-attestation",
    source: { place: "att-tag", manifest: carrier, layer: layer.digest },
    envelope: blobOf(layer.digest),
    annotations: layer.annotations ?? {},
  };
  const question = questionOf(
    [candidate],
    [
      {
        kind: "identity",
        name: "SLSA generator",
        issuer: "https://token.actions.githubusercontent.com",
        subject: { kind: "pattern", source: "https://github\\.com/slsa-framework/.*" },
        root: PUBLIC_GOOD,
      },
    ],
    {
      image,
      roots: [heldOf(PUBLIC_GOOD, readFileSync(ROOT, "utf8"))],
      policy: { log: "require", logRoots: [PUBLIC_GOOD] },
    },
  );
  const judge = createJudge();
  const title = "keyless attestation, public-good Sigstore";
  return [
    {
      title,
      run: () => {
        const [result] = judge(question).findings.results;
        if (result?.outcome.kind !== "accepted") throw new Error(`${title}: ${JSON.stringify(result)}`);
      },
    },
  ];
}

function blobOf(digest: Digest): Buffer {
  return readFileSync(new URL(`blobs/sha256/${hexOf(digest)}`, LAYOUT));
}
