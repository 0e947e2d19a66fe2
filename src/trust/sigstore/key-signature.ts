import type { KeySigner } from "../signer.ts";
import type { TrustedKey } from "../policy.ts";
import { type Refused, refused } from "../refusal.ts";
import { renderInstant } from "../../time.ts";
import type { Rules } from "../verify.ts";
import { libraryFaultOf } from "./library.ts";
import { type Proofs, type Witnesses, proofsOf } from "./proofs.ts";
import { type FoundSignature, type Signed, readSigned } from "./signed.ts";
import { type Vouched, distrustOf, groupsOf, isWithin, rootsNamed } from "./vouched.ts";

const NONE: Proofs = { kind: "proofs", entries: [], timestamps: [], times: [], unchecked: [] };
const NOBODY: Witnesses = { logs: [], timestampAuthorities: [] };

/**
 * Who of the trusted keys made a signature, or why nobody did; undefined if it was made with none of them. Keys are tried in their order: what
 * a bundle says of its key decides nothing.
 *
 * @throws whatever parsers throw
 */
export function keySignatureOf(
  found: FoundSignature,
  keys: readonly TrustedKey[],
  rules: Rules,
): Vouched | Refused | undefined {
  const isHeeded = rules.policy.log !== "ignore";
  const signed = readSigned(found, { log: isHeeded, countersignatures: isHeeded });
  const key = keys.find(({ publicKey }) => signed.content.verifySignature(publicKey));
  if (key === undefined) return undefined;
  const distrusted = distrustOf(key.signer, rules.policy);
  if (distrusted !== undefined) return distrusted;

  const proven = provenOf(signed, key, rules);
  if (proven.kind === "refused") return proven;
  const [time] = proven.times;
  const at = time?.at ?? rules.now;
  const { groups: trusted } = rules.policy.signers;
  const groups = groupsOf(
    trusted,
    (signer) => signer.kind === "key" && isSameKey(signer.signer, key.signer) && isWithin(signer, at),
  );
  if (groups.length === 0) {
    const when =
      time === undefined
        ? "is judged now, because nothing trusted says when it was made"
        : `was made ${renderInstant(at)}`;
    return refused("signature-key-expired", `it ${when}`);
  }
  return {
    kind: "vouched",
    signer: key.signer,
    groups,
    ...(time === undefined ? {} : { signedAt: time.at, timeProof: time.proof }),
    ...(proven.log === undefined ? {} : { log: proven.log }),
    unchecked: proven.unchecked,
  };
}

/** What proves when a key signed, as far as the policy looks at it. */
function provenOf(
  signed: Signed,
  { publicKey }: TrustedKey,
  { policy, roots, now }: Rules,
): Proofs | Refused {
  if (policy.log === "ignore") return NONE;
  const known = rootsNamed(policy.logRoots, roots);
  if ("kind" in known) return known;
  const witnesses =
    known.length === 0
      ? NOBODY
      : {
          logs: known.flatMap(({ sigstore }) => sigstore.tlogs),
          timestampAuthorities: known.flatMap(({ sigstore }) => sigstore.timestampAuthorities),
        };
  const spki = publicKey.export({ type: "spki", format: "der" });
  const proofs = proofsOf(signed, { witnesses, mode: policy.log, ascribed: { kind: "key", spki }, now });
  if (proofs.kind === "refused") return proofs;
  const fault = libraryFaultOf({ signed, proofs, witnesses, by: { kind: "key", publicKey } });
  return fault ?? proofs;
}

function isSameKey(one: KeySigner, other: KeySigner): boolean {
  return one.fingerprint === other.fingerprint;
}
