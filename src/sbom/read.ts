import { InvalidInputError, quote } from "../errors.ts";
import type { ComponentList } from "./component.ts";
import { readCycloneDx } from "./cyclonedx.ts";
import { documentOf } from "./document.ts";
import { sbomFormatOf } from "./format.ts";
import { readSpdx } from "./spdx.ts";

/**
 * What the SBOM in an attestation says is in an image: CycloneDX 1.2 to 1.6 or SPDX 2.2 and 2.3, both as JSON.
 *
 * @param predicateType what the statement says its predicate is
 * @param predicate as JSON.parse gave it
 * @throws {InvalidInputError} `sbom-invalid`, and nothing else, whatever it is given
 */
export function readSbom(predicateType: string, predicate: unknown): ComponentList {
  const format = sbomFormatOf(predicateType);
  switch (format) {
    case "cyclonedx":
      return readCycloneDx(documentOf(predicate));
    case "spdx":
      return readSpdx(documentOf(predicate));
    case undefined:
      throw new InvalidInputError(
        "sbom-invalid",
        `not the predicate type of an SBOM: ${quote(predicateType)}`,
      );
    default:
      return format satisfies never;
  }
}
