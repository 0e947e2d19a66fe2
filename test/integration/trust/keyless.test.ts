import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { trustedKeyOf } from "../../../src/trust/key.ts";
import {
  NO_DISTRUST,
  type TrustedKey,
  type TrustedSigner,
  type VerificationPolicy,
} from "../../../src/trust/policy.ts";
import type { Accepted } from "../../../src/trust/verdict.ts";
import { cosign, generateKeyPair } from "../../tools/cosign.ts";
import { supposedResult } from "../../tools/recheck.ts";
import {
  type SigstoreServices,
  type TestIdentity,
  startSigstoreServices,
} from "../../tools/sigstore-services.ts";
import { missingTools } from "../../tools/tool.ts";
import { CYCLONEDX, type Stage, type StagedImage, acceptedIn, openStage } from "./stage.ts";

const missing = missingTools("docker-registry", "cosign");
const ROOT = "services";
const WORKFLOW: TestIdentity = {
  issuer: "https://token.actions.githubusercontent.com",
  subject: "https://github.com/vendor/images/.github/workflows/release.yaml@refs/heads/main",
};

function identity({ issuer, subject }: TestIdentity, root = ROOT): TrustedSigner {
  return { kind: "identity", name: "Vendor", issuer, subject: { kind: "exact", text: subject }, root };
}

function policyOf(
  anyOf: readonly TrustedSigner[],
  more: Partial<VerificationPolicy> = {},
): VerificationPolicy {
  return {
    signers: { need: "any", groups: [{ name: "vendor", anyOf }] },
    log: "require",
    logRoots: [ROOT],
    sbom: "expected",
    attestations: [],
    subject: "any",
    distrust: NO_DISTRUST,
    insecure: [],
    ...more,
  };
}

describe.skipIf(missing !== undefined)(
  `real cosign without keys, on loopback (${missing ?? "present"})`,
  () => {
    let stage: Stage;
    let services: SigstoreServices;
    let key: TrustedKey;

    beforeAll(async () => {
      stage = await openStage(async (directory) => {
        services = await startSigstoreServices(directory, ROOT);
        return [{ name: ROOT, kind: "sigstore", json: services.trustedRoot }];
      });
      const { publicPath } = await generateKeyPair(stage.directory, "vendor");
      key = trustedKeyOf(await readFile(publicPath, "utf8"), "Vendor");
      // A reader knows the log of a key by its id alone.
      const file = join(stage.directory, `log-${services.logId.slice(0, 8)}`);
      await writeFile(`${file}.pub`, await readFile(join(stage.directory, `${ROOT}.log.pub`)));
      await writeFile(`${file}.trusted-root.json`, services.trustedRoot);
    });

    afterAll(async () => {
      await stage.close();
      await services.close();
    });

    /** How cosign is told what to prove. */
    interface Signing {
      readonly by?: TestIdentity | "key";
      readonly proofs: "log" | "countersignature" | "both" | "none";
      readonly flags?: readonly string[];
    }

    function flagsOf({ by = WORKFLOW, proofs, flags = [] }: Signing): readonly string[] {
      const isLogged = proofs === "log" || proofs === "both";
      const isStamped = proofs === "countersignature" || proofs === "both";
      return [
        "--yes",
        "--allow-http-registry",
        "--allow-insecure-registry",
        `--rekor-url=${services.url}`,
        ...(by === "key"
          ? [`--key=${join(stage.directory, "vendor.key")}`]
          : [`--fulcio-url=${services.url}`, `--identity-token=${services.tokenFor(by)}`]),
        ...(isLogged ? [] : ["--tlog-upload=false"]),
        ...(isStamped ? [`--timestamp-server-url=${services.url}/api/v1/timestamp`] : []),
        ...flags,
      ];
    }

    const run = async (command: readonly string[], { host, repository, digest }: StagedImage) => {
      const env = { ...services.environment, COSIGN_EXPERIMENTAL: "1" };
      await cosign([...command, `${host}/${repository}@${digest}`], { env });
    };
    const sign = (image: StagedImage, signing: Signing) => run(["sign", ...flagsOf(signing)], image);
    const attest = (image: StagedImage, signing: Signing) =>
      run(
        [
          "attest",
          ...flagsOf(signing),
          "--type=cyclonedx",
          `--predicate=${join(stage.directory, "sbom.cdx")}`,
        ],
        image,
      );

    const BUNDLE = ["--new-bundle-format"];
    const REFERRER = ["--registry-referrers-mode=oci-1-1"];
    const INTOTO = ["--rekor-entry-type=intoto"];

    test.each<{
      title: string;
      signature: Signing;
      attestation: Signing;
      log: VerificationPolicy["log"];
      /** Of signature and attestation; where both say it, whichever is earlier. */
      proofs: readonly [readonly Accepted["timeProof"][], readonly Accepted["timeProof"][]];
    }>([
      {
        title: "tags, in a log",
        signature: { proofs: "log" },
        attestation: { proofs: "log" },
        log: "require",
        proofs: [["log-promise"], ["log-promise"]],
      },
      {
        title: "tags, countersigned, in no log",
        signature: { proofs: "countersignature" },
        attestation: { proofs: "countersignature" },
        log: "ignore",
        proofs: [["countersignature"], ["countersignature"]],
      },
      {
        title: "tags, countersigned and in a log",
        signature: { proofs: "both" },
        attestation: { proofs: "both", flags: INTOTO },
        log: "require",
        proofs: [["log-promise"], ["log-promise"]],
      },
      {
        title: "an in-toto entry",
        signature: { proofs: "log" },
        attestation: { proofs: "log", flags: INTOTO },
        log: "require",
        proofs: [["log-promise"], ["log-promise"]],
      },
      {
        title: "a referrer and a bundle, in a log",
        signature: { proofs: "log", flags: REFERRER },
        attestation: { proofs: "log", flags: BUNDLE },
        log: "require",
        proofs: [["log-promise"], ["log-proof"]],
      },
      {
        title: "a bundle, countersigned, in no log",
        signature: { proofs: "countersignature" },
        attestation: { proofs: "countersignature", flags: BUNDLE },
        log: "if-known",
        proofs: [["countersignature"], ["countersignature"]],
      },
      {
        title: "a key, in a log",
        signature: { by: "key", proofs: "log" },
        attestation: { by: "key", proofs: "log" },
        log: "require",
        proofs: [["log-promise"], ["log-promise"]],
      },
      {
        title: "a key, a referrer and a bundle in a log",
        signature: { by: "key", proofs: "log", flags: REFERRER },
        attestation: { by: "key", proofs: "log", flags: BUNDLE },
        log: "if-known",
        proofs: [["log-promise"], ["log-proof"]],
      },
      {
        title: "a key, countersigned",
        signature: { by: "key", proofs: "countersignature" },
        attestation: { by: "key", proofs: "countersignature" },
        log: "if-known",
        proofs: [["countersignature"], ["countersignature"]],
      },
    ])("what cosign signed is verified, and the printed commands agree: $title", async (row) => {
      const { signature, attestation, log, proofs } = row;
      const image = await stage.newImage();
      await sign(image, signature);
      await attest(image, attestation);
      const policy = policyOf([signature.by === "key" ? key : identity(WORKFLOW)], { log });
      const verdict = await stage.judge(image, policy);
      expect(verdict).toMatchObject({
        kind: "verified",
        sbom: { kind: "verified", predicateType: CYCLONEDX },
      });
      const accepted = acceptedIn(verdict);
      expect(accepted.map(({ outcome }) => outcome.proves)).toStrictEqual(["image", "statement"]);
      for (const [position, { outcome }] of accepted.entries()) {
        const vendor = { kind: "identity", ...WORKFLOW, root: ROOT, name: "Vendor" };
        expect(outcome.signer).toStrictEqual(signature.by === "key" ? key.signer : vendor);
        expect(outcome.signedAt).toBeGreaterThan(0);
        expect(outcome.timeProof).toBeOneOf([...(proofs[position] ?? [])]);
      }
      const unsigned = await stage.newImage();
      for (const result of accepted) {
        expect(await stage.recheck(image, result)).toBe("passes");
        const moved = { ...result, source: { ...result.source, subject: unsigned.digest } };
        expect(await stage.recheck(unsigned, moved)).toBe("fails");
      }
    });

    test("two groups that both must sign: a key and an identity", async () => {
      const image = await stage.newImage();
      const groups = [
        { name: "vendor", anyOf: [key] },
        { name: "build", anyOf: [identity(WORKFLOW)] },
      ];
      const policy = policyOf([], { signers: { need: "all", groups } });
      await sign(image, { by: "key", proofs: "log" });
      expect(await stage.judge(image, policy)).toMatchObject({
        kind: "awaiting-evidence",
        missing: "signature",
      });
      await sign(image, { proofs: "log" });
      const accepted = acceptedIn(await stage.judge(image, policy));
      expect(accepted.map(({ outcome }) => outcome.groups)).toStrictEqual([["vendor"], ["build"]]);
      for (const result of accepted) expect(await stage.recheck(image, result)).toBe("passes");
    });

    const logged = { log: { logId: "00".repeat(32), index: "1" } };
    const suppose = ({ issuer, subject }: TestIdentity, outcome: Partial<Accepted> = logged) =>
      supposedResult({ signer: { kind: "identity", issuer, subject, root: ROOT, name: "Vendor" }, outcome });

    test.each<{
      title: string;
      by?: TestIdentity;
      trusted?: TestIdentity;
      proofs?: Signing["proofs"];
      log?: VerificationPolicy["log"];
      reason: string;
      cosigns?: "passes" | "fails";
    }>([
      {
        title: "by another workflow",
        by: { ...WORKFLOW, subject: `${WORKFLOW.subject}-evil` },
        reason: "identity-mismatch",
      },
      {
        title: "by the right subject of another issuer",
        by: { ...WORKFLOW, issuer: "https://evil.example" },
        reason: "identity-mismatch",
      },
      {
        title: "where only the start of the subject is trusted",
        trusted: { ...WORKFLOW, subject: WORKFLOW.subject.slice(0, -1) },
        reason: "identity-mismatch",
      },
      { title: "in no log, which is demanded", proofs: "none", reason: "log-entry-missing" },
      {
        title: "countersigned, in no log, which is demanded",
        proofs: "countersignature",
        reason: "log-entry-missing",
      },
      // Cosign judges a certificate by now when it looks at no log: this one is still valid for ten minutes.
      {
        title: "without any proof of time",
        proofs: "none",
        log: "ignore",
        reason: "trusted-time-missing",
        cosigns: "passes",
      },
    ])("what cosign signed is rejected, and the printed command tells: $title", async (row) => {
      const {
        by = WORKFLOW,
        trusted = WORKFLOW,
        proofs = "log",
        log = "require",
        reason,
        cosigns = "fails",
      } = row;
      const image = await stage.newImage();
      await sign(image, { by, proofs });
      expect(await stage.judge(image, policyOf([identity(trusted)], { log }))).toMatchObject({
        kind: "rejected",
        reason,
      });
      const supposed = suppose(trusted, log === "ignore" ? {} : logged);
      expect(await stage.recheck(image, supposed)).toBe(cosigns);
    });

    test("a root that knows none of these services accepts nothing of them", async () => {
      const image = await stage.newImage();
      await sign(image, { proofs: "log" });
      const policy = policyOf([identity(WORKFLOW, "unknown")]);
      expect(await stage.judge(image, policy)).toMatchObject({
        kind: "rejected",
        reason: "trust-root-outdated",
      });
    });
  },
);
