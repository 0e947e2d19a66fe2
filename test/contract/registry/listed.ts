import { describe, expect, test } from "vitest";
import type { Stage } from "./stage.ts";

const { signal } = new AbortController();

/** What every registry keeps of what an index lists beside its platforms. */
export function describeListed(stage: Stage): void {
  describe("what an index lists about a platform", () => {
    test("is read, and is what the index names", async () => {
      const path = "listed/sbom";
      const platform = await stage.pushImage(path, "amd64");
      const annotations = { "in-toto.io/predicate-type": "https://spdx.dev/Document" };
      const type = "application/vnd.in-toto+json";
      const statement = { ...(await stage.pushText(path, type, '{"sbom":1}')), annotations };
      const carrier = await stage.pushDocument(path, {
        config: await stage.pushText(path, "application/vnd.oci.empty.v1+json", "{}"),
        layers: [statement],
      });
      const index = await stage.pushDocument(path, {
        manifests: [
          { ...platform, platform: { os: "linux", architecture: "amd64" } },
          {
            ...carrier,
            platform: { os: "unknown", architecture: "unknown" },
            annotations: {
              "vnd.docker.reference.type": "attestation-manifest",
              "vnd.docker.reference.digest": platform.digest,
            },
          },
        ],
      });
      const image = { repository: stage.repositoryOf(path), digest: index.digest };
      const manifest = await stage.client.manifest(image, signal);
      if (manifest.kind !== "index") throw new Error("not an index");
      const listed = await stage.client.listedStatements(
        { image, manifest, platform: platform.digest },
        signal,
      );
      expect(listed.skipped).toEqual([]);
      expect(listed.statements.map(({ statement: bytes }) => Buffer.from(bytes).toString())).toEqual([
        '{"sbom":1}',
      ]);
      expect(listed.statements[0]?.source).toMatchObject({ place: "index", manifest: carrier.digest });
    });
  });
}
