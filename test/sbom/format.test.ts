import { expect, test } from "vitest";
import { sbomFormatOf } from "../../src/sbom/format.ts";

test.each([
  { type: "https://cyclonedx.org/bom", format: "cyclonedx" },
  { type: "https://cyclonedx.org/bom/v1.4", format: "cyclonedx" },
  { type: "https://cyclonedx.org/bom/v1.6", format: "cyclonedx" },
  { type: "https://spdx.dev/Document", format: "spdx" },
  { type: "https://spdx.dev/Document/v2.3", format: "spdx" },
  { type: "https://spdx.dev/Document/v3", format: "spdx" },
] as const)("$type carries $format", ({ type, format }) => {
  expect(sbomFormatOf(type)).toBe(format);
});

test.each([
  "",
  "https://cyclonedx.org/",
  "https://cyclonedx.org/bombastic",
  "https://cyclonedx.org/bom2",
  "http://cyclonedx.org/bom",
  " https://cyclonedx.org/bom",
  "https://spdx.dev/Documents",
  "https://slsa.dev/provenance/v1",
  "https://openvex.dev/ns/v0.2.0",
  "https://cosign.sigstore.dev/attestation/vuln/v1",
  "https://example.com/?https://spdx.dev/Document",
])("%j carries no SBOM", (type) => {
  expect(sbomFormatOf(type)).toBeUndefined();
});
