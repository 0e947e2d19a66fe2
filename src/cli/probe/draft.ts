import { stringify } from "yaml";
import { renderRepository, type Repository, shortNameOf } from "../../image/reference.ts";
import type { Claimant, EvidenceSeen, ProbeReport } from "./report.ts";
import { type ClaimedSigner, claimedSignersOf } from "./signers.ts";

const SIGNERS_MAX = 5;

/** What a draft is made from. */
type Seen = Pick<ProbeReport, "subjects" | "image" | "judgement"> & { readonly repository: Repository };

const UNCONFIRMED = [
  "Unconfirmed: written from what the evidence says of itself, which anybody can write.",
  "Compare each signer with what the vendor tells you another way before you trust it.",
];
/** Whom certificates without an issuer of identities lead to is nothing that evidence can say. */
const NEEDS_ROOT = "A trust root for it must be configured under trustRoots; `acme` stands for its name.";

/** A draft of configuration for an image, in YAML: what a profile lacks, or a subscription where no profile claims it. */
export function draftOf(seen: Seen, claimant: Claimant | undefined): string {
  if (seen.judgement.kind === "accepted") return "";
  const evidence = seen.subjects.flatMap((subject) => subject.evidence);
  const claimed = claimedSignersOf(evidence.filter(({ outcome }) => outcome?.kind !== "accepted"));
  const signers = signersOf(claimed, seen.repository);
  const said = { ...signers.fields, ...traitsOf(seen, evidence), mode: "observed" };
  const document =
    claimant?.origin === "vendor"
      ? { vendors: { [claimant.profile.id]: said } }
      : { subscriptions: [{ image: renderRepository(seen.repository), ...said }] };
  const comments = [...UNCONFIRMED, ...signers.notes].map((line) => `# ${line}`);
  return `${comments.join("\n")}\n${stringify(document, { lineWidth: 0 })}`;
}

/** The lines that make a profile decide, for somebody who has confirmed what it says. */
export function enforcingLines(
  { profile, origin }: Pick<Claimant, "profile" | "origin">,
  repository: Repository,
): string {
  return origin === "vendor"
    ? stringify({ vendors: { [profile.id]: { mode: "enforced" } } })
    : `# in the entry of subscriptions that claims ${renderRepository(repository)}\n${stringify({ mode: "enforced" })}`;
}

interface Drafted {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}

function signersOf(claimed: readonly ClaimedSigner[], repository: Repository): Drafted {
  const identities = claimed.flatMap((by) =>
    by.kind === "identity" && !/\s/.test(by.subject) ? [{ issuer: by.issuer, subject: by.subject }] : [],
  );
  const holders = claimed.flatMap((by) => (by.kind === "certificate" && !by.notation ? [by.subject] : []));
  const notaries = claimed.flatMap((by) => (by.kind === "certificate" && by.notation ? [by.subject] : []));
  const keys = claimed.filter(({ kind }) => kind === "key");
  const isNobody = claimed.length === 0;
  return {
    fields: {
      // Without anybody who signs no entry is valid: the file's name says that one must be found.
      ...(keys.length > 0 || isNobody ? { keys: [{ file: `keys/${shortNameOf(repository)}.pub` }] } : {}),
      ...(identities.length > 0 ? { identities: cut(identities) } : {}),
      ...(holders.length > 0
        ? { certificates: cut(holders.map((subject) => ({ subject, root: "acme" }))) }
        : {}),
      ...(notaries.length > 0 ? { notation: { identities: cut(notaries), root: "acme" } } : {}),
    },
    notes: [
      ...(claimed.length > SIGNERS_MAX
        ? [`${claimed.length} signers were found, these are the first of each kind.`]
        : []),
      ...(isNobody ? ["Nothing was found that is signed: the key is a guess."] : []),
      ...(keys.length > 0 ? ["A signature holds no key: get the file from the vendor."] : []),
      ...(holders.length + notaries.length > 0 ? [NEEDS_ROOT] : []),
    ],
  };
}

function traitsOf(
  { subjects, image }: Pick<ProbeReport, "subjects" | "image">,
  evidence: readonly EvidenceSeen[],
): Readonly<Record<string, unknown>> {
  const claims = evidence.flatMap((each) => (each.kind === "notation-signature" ? [] : each.claims));
  const logged = claims.filter(({ logEntries }) => logEntries > 0).length;
  const log = logged === 0 ? undefined : logged === claims.length ? "require" : "if-known";
  const hasNoSbom = subjects.every(({ sboms, fault }) => sboms.length === 0 && fault === undefined);
  const [root, ...platforms] = subjects.map((subject) =>
    subject.evidence.some(({ kind }) => kind === "cosign-signature" || kind === "notation-signature"),
  );
  const isEach = platforms.length > 0 && platforms.every((isSigned) => isSigned);
  const subject =
    image.kind === "image" || root === isEach ? undefined : root === true ? "index" : "platform";
  return {
    ...(log === undefined ? {} : { log }),
    ...(hasNoSbom ? { sbom: "none" } : {}),
    ...(subject === undefined ? {} : { subject }),
  };
}

function cut(all: readonly unknown[]): readonly unknown[] {
  return all.slice(0, SIGNERS_MAX);
}
