/** About so many bytes of an entry. */
const COMPONENT_BYTES = 1_000;

/** A CycloneDX document of about so many bytes, as vendors' tools write one: an entry has properties and licences of a kilobyte in all. */
export function cyclonedxOf(bytes: number): unknown {
  const filler = "x".repeat(600);
  const components = Array.from({ length: Math.floor(bytes / COMPONENT_BYTES) }, (_, at) => ({
    "bom-ref": `pkg:apk/acme/package-${at}@1.${at % 50}.0?arch=x86_64&distro=acme-25&package-id=${at}`,
    type: "library",
    name: `package-${at}`,
    version: `1.${at % 50}.0`,
    licenses: [{ license: { id: "Apache-2.0" } }],
    purl: `pkg:apk/acme/package-${at}@1.${at % 50}.0?arch=x86_64&distro=acme-25`,
    properties: [{ name: "syft:metadata", value: filler }],
  }));
  return { bomFormat: "CycloneDX", specVersion: "1.6", components };
}
