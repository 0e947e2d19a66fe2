import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { type Recheck, cosignCommandsOf } from "../../src/trust/recheck.ts";

const reference = `docker.io/bellsoft/hardened-base@${digestOf(Buffer.from("image"))}`;

describe("the commands to check an image", () => {
  test.each<{ title: string; recheck: Recheck; commands: readonly string[] }>([
    {
      title: "signature only",
      recheck: { reference, keyFile: "bellsoft.pub" },
      commands: [`cosign verify --key bellsoft.pub --insecure-ignore-tlog ${reference}`],
    },
    {
      title: "signature and attestation",
      recheck: { reference, keyFile: "bellsoft.pub", predicateType: "https://cyclonedx.org/bom" },
      commands: [
        `cosign verify --key bellsoft.pub --insecure-ignore-tlog ${reference}`,
        `cosign verify-attestation --key bellsoft.pub --insecure-ignore-tlog --type https://cyclonedx.org/bom ${reference}`,
      ],
    },
    {
      title: "bundles",
      recheck: {
        reference,
        keyFile: "keys/bellsoft.pub",
        predicateType: "https://spdx.dev/Document",
        signatureIn: "bundle",
        attestationIn: "bundle",
      },
      commands: [
        `cosign verify --key keys/bellsoft.pub --insecure-ignore-tlog --new-bundle-format ${reference}`,
        `cosign verify-attestation --key keys/bellsoft.pub --insecure-ignore-tlog --new-bundle-format --type https://spdx.dev/Document ${reference}`,
      ],
    },
    {
      title: "a legacy signature that refers to the image, and an attestation of a platform",
      recheck: {
        reference,
        keyFile: "bellsoft.pub",
        signatureIn: "referrer",
        predicateType: "https://cyclonedx.org/bom",
        attestedReference: "docker.io/bellsoft/hardened-base@sha256:child",
      },
      commands: [
        `cosign verify --key bellsoft.pub --insecure-ignore-tlog --experimental-oci11 ${reference}`,
        "cosign verify-attestation --key bellsoft.pub --insecure-ignore-tlog --type https://cyclonedx.org/bom docker.io/bellsoft/hardened-base@sha256:child",
      ],
    },
  ])("$title", ({ recheck, commands }) => {
    expect(cosignCommandsOf(recheck)).toStrictEqual(commands);
  });

  test.each([
    "a key.pub",
    "it's.pub",
    "$(touch x).pub",
    "a;b|c&d>e<f.pub",
    "`id`.pub",
    '"quoted".pub',
    "back\\slash.pub",
    "*.pub",
    "~/key.pub",
    "#key.pub",
    "",
  ])("a shell reads the word %j back as it is", (keyFile) => {
    const predicateType = `https://example.org/${keyFile}`;
    for (const command of cosignCommandsOf({ reference, keyFile, predicateType })) {
      const words = execFileSync("/bin/sh", [
        "-c",
        `cosign() { printf '%s\\n' "$@"; }; ${command}`,
      ]).toString();
      expect(words.split("\n")).toContain(keyFile);
      expect(words.split("\n")).toContain(reference);
    }
  });
});
