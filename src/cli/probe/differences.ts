import { signersOf, type VerificationPolicy } from "../../trust/policy.ts";
import type { EvidenceSeen, ProbeReport } from "./report.ts";
import { claimedSignersOf, renderClaim } from "./signers.ts";

const SIGNERS_NAMED_MAX = 5;

/** Where evidence was found differs from what a policy says, and what else everybody should know; sentences. */
export function differencesOf(
  { subjects, image }: Pick<ProbeReport, "subjects" | "image">,
  policy: VerificationPolicy | undefined,
): readonly string[] {
  const evidence = subjects.flatMap((subject) => subject.evidence);
  return [
    ...placeNotes(subjects),
    ...(image.kind === "index" ? [] : ["It is an image of one platform, not an index."]),
    ...(policy === undefined
      ? []
      : [
          ...signerNotes(evidence, policy),
          ...logNotes(evidence, policy),
          ...subjectNotes(subjects, policy),
          ...sbomNotes(subjects, policy),
        ]),
  ];
}

function placeNotes(subjects: ProbeReport["subjects"]): readonly string[] {
  const notes = subjects.flatMap(({ places }) =>
    places.flatMap(({ repository, seen }) => {
      const kindOf = (place: string): string | undefined =>
        seen.find((each) => each.place === place)?.answer.kind;
      return [
        ...(kindOf("referrers-api") === "empty" && kindOf("referrers-tag") === "tagged"
          ? [
              `${repository} lists no referrers although it has the tag that lists them: the list is believed, as the specification says.`,
            ]
          : []),
        ...(kindOf("sbom-tag") === "tagged"
          ? [`${repository} has an SBOM under the tag .sbom. It is signed by nobody and not used.`]
          : []),
        ...seen.flatMap(({ place, answer }) =>
          answer.kind === "failed" ? [`${repository}: ${place} could not be asked (${answer.code}).`] : [],
        ),
      ];
    }),
  );
  return [...new Set(notes)];
}

function signerNotes(evidence: readonly EvidenceSeen[], policy: VerificationPolicy): readonly string[] {
  const refused = evidence.filter(({ outcome }) => outcome?.kind !== "accepted");
  const strangers = claimedSignersOf(refused);
  const named = strangers
    .slice(0, SIGNERS_NAMED_MAX)
    .map((by) => `Signed, as it says, by ${renderClaim(by)}: not accepted.`);
  const more = strangers.length - named.length;
  const trusted = new Set(signersOf(policy).map(({ kind }) => kind));
  const unsigned = evidence.filter(({ claims }) => claims.length === 0).length;
  return [
    ...(trusted.size === 0 ? ["The profile has no signer: nothing can be proven with it."] : []),
    ...named,
    ...(more > 0 ? [`${more} more signers are not accepted.`] : []),
    ...(unsigned === 0 ? [] : [`${unsigned} statements stand in manifests that nobody signed.`]),
  ];
}

function logNotes(evidence: readonly EvidenceSeen[], { log }: VerificationPolicy): readonly string[] {
  const claims = evidence.flatMap((each) => (each.kind === "notation-signature" ? [] : each.claims));
  const logged = claims.filter(({ logEntries }) => logEntries > 0).length;
  if (claims.length === 0) return [];
  if (log === "require" && logged < claims.length) {
    return [
      `The profile requires an entry in a transparency log, and ${claims.length - logged} of ${claims.length} signatures have none.`,
    ];
  }
  return log === "ignore" && logged > 0
    ? [
        `${logged} of ${claims.length} signatures have an entry in a transparency log, and the profile looks at none.`,
      ]
    : [];
}

function subjectNotes(
  [root, ...platforms]: ProbeReport["subjects"],
  { subject }: VerificationPolicy,
): readonly string[] {
  if (root === undefined || platforms.length === 0) return [];
  const onRoot = root.evidence.some(isImageSignature);
  const onPlatforms = platforms.filter(({ evidence }) => evidence.some(isImageSignature)).length;
  return [
    ...(subject === "index" && !onRoot && onPlatforms > 0
      ? ["The profile wants the index signed, and only platforms are."]
      : []),
    ...(subject === "platform" && onPlatforms < platforms.length
      ? [
          `The profile wants each platform signed, and ${platforms.length - onPlatforms} of ${platforms.length} are not.`,
        ]
      : []),
  ];
}

function isImageSignature({ kind, predicateType }: EvidenceSeen): boolean {
  return (
    kind === "cosign-signature" ||
    kind === "notation-signature" ||
    (kind === "sigstore-bundle" && predicateType === "https://sigstore.dev/cosign/sign/v1")
  );
}

function sbomNotes(subjects: ProbeReport["subjects"], { sbom }: VerificationPolicy): readonly string[] {
  const sboms = subjects.flatMap((subject) => subject.sboms);
  const unreadable = sboms.filter(({ content }) => content.kind === "unreadable").length;
  return [
    ...(sboms.length === 0 && sbom !== "none" ? ["The profile expects an SBOM, and none was found."] : []),
    ...(sboms.length > 0 && sbom === "none" ? ["There is an SBOM, and the profile expects none."] : []),
    ...(sboms.length > 0 && sboms.every(({ isVerified }) => !isVerified)
      ? ["No SBOM is signed by somebody whom the profile accepts."]
      : []),
    ...(unreadable > 0 ? [`${unreadable} SBOMs cannot be read.`] : []),
  ];
}
