/** Formats of SBOM documents. */
export type SbomFormat = "cyclonedx" | "spdx";

/** Vendors append versions (`/v1.5`, `/v2.3`) as they like, so only what stands before counts. */
const PREDICATE_TYPES: readonly (readonly [prefix: string, format: SbomFormat])[] = [
  ["https://cyclonedx.org/bom", "cyclonedx"],
  ["https://spdx.dev/Document", "spdx"],
];

/** Which kind of SBOM an attestation of this predicate type carries; undefined when it is none. */
export function sbomFormatOf(predicateType: string): SbomFormat | undefined {
  const found = PREDICATE_TYPES.find(
    ([prefix]) => predicateType.startsWith(prefix) && !/^[a-z0-9]/i.test(predicateType.slice(prefix.length)),
  );
  return found?.[1];
}
