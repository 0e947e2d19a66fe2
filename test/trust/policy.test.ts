import { expect, test } from "vitest";
import { type VerificationPolicy, policyHash } from "../../src/trust/policy.ts";
import { keyPolicy } from "../fakes/policy.ts";
import { newSigningKey, trustedHalfOf } from "../fakes/signer.ts";

const a = newSigningKey();
const b = newSigningKey("ed25519");
const keys = [trustedHalfOf(a, "A"), trustedHalfOf(b, "B")];
const policy = keyPolicy(keys);
const identity = {
  kind: "identity",
  name: "Builder",
  issuer: "https://issuer.example",
  subject: { kind: "exact", text: "https://builder.example/main" },
  root: "public-good",
} as const;
const keyless = keyPolicy([], { signers: { need: "any", groups: [{ name: "vendor", anyOf: [identity] }] } });
const versions = (name: string, version: string): ReadonlyMap<string, string> => new Map([[name, version]]);
const NO_ROOTS = new Map<string, string>();

test.each<{ title: string; same: VerificationPolicy }>([
  { title: "read again", same: keyPolicy([trustedHalfOf(a, "A"), trustedHalfOf(b, "B")]) },
  { title: "in another order", same: keyPolicy(keys.toReversed()) },
  { title: "with a key twice", same: keyPolicy([...keys, trustedHalfOf(a, "A")]) },
  { title: "with other names", same: keyPolicy([trustedHalfOf(a, "X"), trustedHalfOf(b, "Y")]) },
])("the hash stays $title", ({ same }) => {
  expect(policyHash(same, NO_ROOTS)).toBe(policyHash(policy, NO_ROOTS));
  expect(policyHash(same, NO_ROOTS)).toMatch(/^[0-9a-f]{64}$/);
});

test.each<{ title: string; changed: VerificationPolicy }>([
  { title: "one key less", changed: keyPolicy(keys.slice(1)) },
  { title: "one key more", changed: keyPolicy([...keys, trustedHalfOf(newSigningKey())]) },
  { title: "no key", changed: keyPolicy([]) },
  { title: "an SBOM required", changed: keyPolicy(keys, { sbom: "required" }) },
  { title: "a log required", changed: keyPolicy(keys, { log: "require" }) },
  {
    title: "a distrusted signer",
    changed: keyPolicy(keys, { distrust: { signers: ["key x"], digests: [] } }),
  },
  {
    title: "all groups needed",
    changed: keyPolicy(keys, { signers: { need: "all", groups: policy.signers.groups } }),
  },
])("another hash with $title", ({ changed }) => {
  expect(policyHash(changed, NO_ROOTS)).not.toBe(policyHash(policy, NO_ROOTS));
});

test("another version of a trust root that the policy needs is another hash, of one it does not need none", () => {
  expect(policyHash(keyless, versions("public-good", "1"))).not.toBe(
    policyHash(keyless, versions("public-good", "2")),
  );
  expect(policyHash(keyless, versions("other", "1"))).toBe(policyHash(keyless, NO_ROOTS));
});
