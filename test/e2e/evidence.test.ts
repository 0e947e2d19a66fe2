import { describe, expect, test } from "vitest";
import { generateKeyPair } from "../tools/cosign.ts";
import { attestImage, signImage } from "../tools/publish.ts";
import { REPOSITORY, sbomFile, TAG } from "../tools/world.ts";
import { type Installation, installationMissing, startInstallation, noteOn } from "./installation.ts";
import { expectOnePullRequest, judged, proposed, told } from "./scene.ts";

const missing = installationMissing();

/** Asks again at once, and finds soon that it waited too long. */
const IMPATIENT = `intervals: { tryingOut: true, poll: 1s, discover: 1h, proposals: 2s, sla: 2s }
evidence: { wait: 2s, retry: [1s], sbomWait: 3s }
`;
/** Waits for an SBOM longer than a test lasts. */
const PATIENT = IMPATIENT.replace("sbomWait: 3s", "sbomWait: 1h");

/** One code repository that pins release 1, which is verified. */
async function begin({ world }: Installation): Promise<void> {
  const first = await world.publish({ release: 1 });
  await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
}

function linePath({ world }: Installation): string {
  return `/lines/${world.registry.host}/${REPOSITORY}:${TAG}`;
}

describe.skipIf(missing !== undefined)(`evidence decides${noteOn(missing)}`, () => {
  test.concurrent(
    "unsigned: no pull request, the page says why, an alert comes; signed later: the pull request comes",
    async (context) => {
      const installation = await startInstallation(context, { timing: IMPATIENT });
      const { world, writes, settled } = installation;
      await begin(installation);
      const served = await installation.serve();
      await settled();

      const second = await world.publish({ release: 2, evidence: "none" });
      const verdict = await judged(installation, second, "awaiting-evidence");
      expect(verdict.missing).toBe("signature");
      expect(await served.words(linePath(installation))).toMatch(/awaiting evidence/i);
      const alert = await told(installation, "evidence-overdue", second);
      expect(alert.message).toContain("still no signature");
      await settled();
      expect(await world.codeHost.pullRequests("acme", "shop")).toEqual([]);
      expect(writes()).toEqual([]);

      const place = { host: world.registry.host, repository: REPOSITORY, digest: second, key: world.key };
      await signImage(place);
      await attestImage({ ...place, predicateFile: sbomFile(2), type: "cyclonedx" });
      await proposed(installation, "shop", second);
      await settled();
      await expectOnePullRequest(installation, "shop", second);
      expect(await installation.events("evidence-overdue")).toHaveLength(1);
    },
  );

  test.concurrent(
    "signed by a stranger: rejected, and told; signed by the vendor as well: the pull request comes",
    async (context) => {
      const installation = await startInstallation(context, { timing: IMPATIENT });
      const { world, writes, settled } = installation;
      await begin(installation);
      const served = await installation.serve();
      await settled();

      const stranger = await generateKeyPair(world.directory, "stranger");
      const second = await world.publish({ release: 2, key: stranger });
      const verdict = await judged(installation, second, "rejected");
      expect(verdict.reason).toBe("signature-key-unknown");
      await told(installation, "rejected", second);
      expect(await served.words(linePath(installation))).toMatch(/rejected/);
      await settled();
      expect(await world.codeHost.pullRequests("acme", "shop")).toEqual([]);
      expect(writes()).toEqual([]);

      const place = { host: world.registry.host, repository: REPOSITORY, digest: second, key: world.key };
      await attestImage({ ...place, predicateFile: sbomFile(2), type: "cyclonedx" });
      await signImage(place);
      await proposed(installation, "shop", second);
      await settled();
      await expectOnePullRequest(installation, "shop", second);
    },
  );

  test.concurrent(
    "signed without SBOM: after a wait the pull request says that components were not compared",
    async (context) => {
      const installation = await startInstallation(context, { timing: IMPATIENT });
      const { world, settled } = installation;
      await begin(installation);
      await installation.serve();
      await settled();

      const second = await world.publish({ release: 2, evidence: "signed" });
      // It may be looked at between the push and the signature too.
      await installation.until("the wait for an SBOM", async () => {
        const verdict = await judged(installation, second, "awaiting-evidence");
        return verdict.missing === "sbom" ? verdict : undefined;
      });
      expect(await world.codeHost.pullRequests("acme", "shop")).toEqual([]);
      expect((await judged(installation, second, "verified")).sbom).toEqual({ kind: "missing" });
      await proposed(installation, "shop", second);
      await settled();
      const { body, title } = await expectOnePullRequest(installation, "shop", second);
      expect(body).toContain("no SBOM is attached");
      expect(body).not.toMatch(/Fixes \*\*/);
      expect(title).toContain("fixes not known");
    },
  );

  test.concurrent(
    "an SBOM signed by a stranger: rejected as a whole, although the vendor signed the image",
    async (context) => {
      const installation = await startInstallation(context, { timing: PATIENT });
      const { world, writes, settled } = installation;
      await begin(installation);
      await installation.serve();
      await settled();

      const stranger = await generateKeyPair(world.directory, "stranger");
      const second = await world.publish({ release: 2, evidence: "signed" });
      const place = { host: world.registry.host, repository: REPOSITORY, digest: second, key: stranger };
      await attestImage({ ...place, predicateFile: sbomFile(2), type: "cyclonedx" });
      const verdict = await judged(installation, second, "rejected");
      expect(verdict.reason).toBe("sbom-refused");
      await told(installation, "rejected", "sbom-refused");
      await settled();
      expect(await world.codeHost.pullRequests("acme", "shop")).toEqual([]);
      expect(writes()).toEqual([]);
    },
  );
});
