import { quote } from "../../errors.ts";
import { type TrustedKey, signersOf } from "../policy.ts";
import { type Refused, refused } from "../refusal.ts";
import type { Rules } from "../verify.ts";
import { certificateSignatureOf } from "./certificate-signature.ts";
import { keySignatureOf } from "./key-signature.ts";
import type { FoundSignature } from "./signed.ts";
import type { Vouched } from "./vouched.ts";

/**
 * Who of the signers that a policy trusts made a signature, or why none of them did.
 *
 * @throws whatever parsers throw for what has not the form it should have
 */
export function vouchedBy(found: FoundSignature, rules: Rules): Vouched | Refused {
  const trusted = signersOf(rules.policy);
  const keys = trusted.filter((signer) => signer.kind === "key");
  // A certificate beside a signature is worth reading the signature once more only if there are keys.
  if (found.material === "key" || (found.material === "either" && keys.length > 0)) {
    const byKey = keySignatureOf(found, keys, rules);
    if (byKey !== undefined) return byKey;
    if (found.material === "key") return unknownKey(keys);
  }
  const certified = trusted.filter((signer) => signer.kind === "identity" || signer.kind === "certificate");
  if (certified.length === 0) {
    return refused("certificate-unsupported", "it is signed with a certificate, and only keys are trusted");
  }
  return certificateSignatureOf(found, certified, rules);
}

function unknownKey(keys: readonly TrustedKey[]): Refused {
  if (keys.length === 0)
    return refused("signature-key-unknown", "it is made with a key, and none is trusted");
  const names = quote([...new Set(keys.map(({ signer }) => signer.name))].join(", "));
  return refused(
    "signature-key-unknown",
    keys.length === 1
      ? `not made with the trusted key ${names}`
      : `made with none of the trusted keys ${names}`,
  );
}
