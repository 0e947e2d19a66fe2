import { expect, test } from "vitest";
import { type VerificationPolicy, policyHash } from "../../src/trust/policy.ts";
import { newSigningKey, trustedHalfOf } from "../fakes/signer.ts";

const a = newSigningKey();
const b = newSigningKey("ed25519");
const policy: VerificationPolicy = {
  keys: [trustedHalfOf(a, "A"), trustedHalfOf(b, "B")],
  tlog: "ignore",
  sbom: "expected",
};

test.each<{ title: string; same: VerificationPolicy }>([
  { title: "read again", same: { ...policy, keys: [trustedHalfOf(a, "A"), trustedHalfOf(b, "B")] } },
  { title: "in another order", same: { ...policy, keys: policy.keys.toReversed() } },
  { title: "with a key twice", same: { ...policy, keys: [...policy.keys, trustedHalfOf(a, "A")] } },
  { title: "with other names", same: { ...policy, keys: [trustedHalfOf(a, "X"), trustedHalfOf(b, "Y")] } },
])("the hash stays $title", ({ same }) => {
  expect(policyHash(same)).toBe(policyHash(policy));
  expect(policyHash(same)).toMatch(/^[0-9a-f]{64}$/);
});

test.each<{ title: string; changed: VerificationPolicy }>([
  { title: "one key less", changed: { ...policy, keys: policy.keys.slice(1) } },
  { title: "one key more", changed: { ...policy, keys: [...policy.keys, trustedHalfOf(newSigningKey())] } },
  { title: "no key", changed: { ...policy, keys: [] } },
  { title: "an SBOM required", changed: { ...policy, sbom: "required" } },
])("another hash with $title", ({ changed }) => {
  expect(policyHash(changed)).not.toBe(policyHash(policy));
});
