import { z } from "zod";
import { parseDigest } from "../src/image/digest.ts";
import { parseFingerprint } from "../src/trust/distrust.ts";
import type { Distrust } from "../src/trust/policy.ts";
import { signerId } from "../src/trust/signer.ts";
import { ENTRIES_MAX, parsedField, section, textField } from "./fields.ts";

const REASON = textField(
  { description: "Why, for whoever reads this file later.", example: "stolen on 2026-11-20" },
  500,
);

/** What may be said under `distrust`. */
export function distrustSection() {
  return section(
    {
      keys: z
        .array(
          section(
            {
              fingerprint: parsedField(parseFingerprint, {
                description:
                  "SHA-256 of the public key, as pull requests show it (`SHA256:…`), or its 64 hexadecimal digits.",
                example: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
                values: "fingerprint",
              }),
              reason: REASON,
            },
            {},
          ),
        )
        .max(ENTRIES_MAX)
        .meta({
          description: "Keys that nobody may sign with any more.",
          example: '[{ fingerprint: "SHA256:…", reason: stolen }]',
        })
        .prefault([]),
      identities: z
        .array(
          section(
            {
              issuer: textField(
                {
                  description: "Who named them, exactly.",
                  example: "https://token.actions.githubusercontent.com",
                },
                500,
              ),
              subject: textField(
                {
                  description: "Whom they named, exactly.",
                  example: "https://github.com/acme/app/.github/workflows/release.yaml@refs/heads/main",
                },
                500,
              ),
              reason: REASON,
            },
            {},
          ),
        )
        .max(ENTRIES_MAX)
        .meta({
          description: "Identities of short-lived certificates that may not sign any more.",
          example:
            "[{ issuer: https://token.actions.githubusercontent.com, subject: https://github.com/…, reason: taken over }]",
        })
        .prefault([]),
      certificates: z
        .array(
          section(
            {
              root: textField({ description: "Trust root that it leads to.", example: "acme-pki" }, 80),
              subject: textField(
                {
                  description: "Its subject, exactly as verdicts show it.",
                  example: "CN=Acme Release, O=Acme",
                },
                500,
              ),
              reason: REASON,
            },
            {},
          ),
        )
        .max(ENTRIES_MAX)
        .meta({
          description: "Holders of long-lived certificates that may not sign any more.",
          example: '[{ root: acme-pki, subject: "CN=Acme Release, O=Acme", reason: withdrawn }]',
        })
        .prefault([]),
      digests: z
        .array(
          section(
            {
              digest: parsedField(parseDigest, {
                description: "Of an image or an index.",
                example: `sha256:${"0".repeat(64)}`,
                values: "digest",
              }),
              reason: REASON,
            },
            {},
          ),
        )
        .max(ENTRIES_MAX)
        .meta({
          description: "Images that are never proposed, whoever signed them.",
          example: '[{ digest: "sha256:…", reason: breaks start-up }]',
        })
        .prefault([]),
    },
    {
      description:
        "What is not trusted any more, whatever any profile says: withdrawn keys, stolen identities, bad images.",
    },
  ).prefault({});
}

type DistrustSection = z.output<ReturnType<typeof distrustSection>>;

/** What is distrusted, in the form that signers and digests are told apart by. */
export function distrustOf({ keys, identities, certificates, digests }: DistrustSection): Distrust {
  return {
    signers: [
      ...keys.map(({ fingerprint }) => signerId({ kind: "key", fingerprint, name: "" })),
      ...identities.map((identity) => signerId({ kind: "identity", root: "", name: "", ...identity })),
      ...certificates.map((certificate) => signerId({ kind: "certificate", name: "", ...certificate })),
    ],
    digests: digests.map(({ digest }) => digest),
  };
}
