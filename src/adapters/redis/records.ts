import { z } from "zod";
import { type Assessment, UPDATE_CLASSES } from "../../assess/assessment.ts";
import { FORMAT_IDS } from "../../edit/format.ts";
import { UNHANDLED_REASONS } from "../../edit/occurrence.ts";
import {
  digestSchema,
  imageIdSchema,
  imageLineSchema,
  repositorySchema,
  tagSchema,
} from "../../image/schema.ts";
import {
  type DueWork,
  EVENT_KINDS,
  type ProposalRecord,
  type StoreEvent,
  type VerdictRecord,
} from "../../ports/store.ts";
import { type Instant, isInstant } from "../../time.ts";
import { EVIDENCE_PLACES, SKIP_REASONS } from "../../trust/evidence.ts";
import { REFUSALS, REJECTIONS, TIME_PROOFS, type Verdict } from "../../trust/verdict.ts";
import { DOUBTS, type Observation, OBSERVATION_SOURCES } from "../../watch/history.ts";
import { POLL_REASONS } from "../../watch/next-poll.ts";
import type { PollRecord } from "../../watch/round.ts";
import type { Scan } from "../../watch/scan.ts";
import type { TagRecord } from "../../watch/tag-record.ts";
import { comparisonSchema } from "./component-records.ts";
import { configurationSchema } from "./config-records.ts";
import { ownFileSchema } from "./own-records.ts";
import { candidateSchema, listingSchema } from "./tag-records.ts";
import { snoozeSchema, talkSchema } from "./talk-records.ts";
import { vulnerabilitiesSchema } from "./vulnerability-records.ts";

/**
 * The form of everything kept in Redis. What is read goes through these, so a record that an older release or a hand wrote
 * is refused instead of believed. Fields are only added, and optional.
 */
export const instantSchema = z.custom<Instant>((value) => typeof value === "number" && isInstant(value), {
  error: "not a moment in time",
});

const codeRepositorySchema = z.object({ owner: z.string(), name: z.string() });

export const observationSchema = z.object({
  digest: digestSchema,
  firstSeenAt: instantSchema,
  lastSeenAt: instantSchema,
  source: z.enum(OBSERVATION_SOURCES).exactOptional(),
  content: digestSchema.exactOptional(),
  createdAt: instantSchema.exactOptional(),
  doubt: z.enum(DOUBTS).exactOptional(),
}) satisfies z.ZodType<Observation>;

export const lookSchema = z.object({
  history: z.array(observationSchema),
  held: z.object({ digest: digestSchema, since: instantSchema }).exactOptional(),
  checkedAt: instantSchema.exactOptional(),
  failure: z.object({ code: z.string(), message: z.string(), at: instantSchema }).exactOptional(),
  missing: z
    .object({ since: instantSchema, lastAt: instantSchema, count: z.int().positive() })
    .exactOptional(),
  stale: z
    .object({ kind: z.enum(["usual-gap", "sla"]), measureMs: z.number(), since: instantSchema })
    .exactOptional(),
}) satisfies z.ZodType<TagRecord>;

export const pollSchema = z.object({
  round: z.object({ startedAt: instantSchema, lists: z.enum(["allowed", "ignored"]) }).exactOptional(),
  cursor: z.string().exactOptional(),
  reconciledAt: instantSchema.exactOptional(),
  next: z.object({ at: instantSchema, reason: z.enum(POLL_REASONS) }).exactOptional(),
  listing: listingSchema.exactOptional(),
}) satisfies z.ZodType<PollRecord>;

export const scanSchema = z.object({
  codeRepository: codeRepositorySchema,
  branch: z.string(),
  commit: z.string(),
  scannedAt: instantSchema,
  places: z.array(
    z.object({
      path: z.string(),
      line: z.number(),
      raw: z.string(),
      format: z.enum(FORMAT_IDS).exactOptional(),
      via: z.string().exactOptional(),
      mirror: repositorySchema.exactOptional(),
      state: z.discriminatedUnion("kind", [
        z.object({
          kind: z.literal("handled"),
          line: imageLineSchema,
          digest: digestSchema,
          profile: z.string(),
          isLeftOut: z.literal(true).exactOptional(),
        }),
        z.object({
          kind: z.literal("seen"),
          reason: z.enum([...UNHANDLED_REASONS, "no-profile", "service-ended", "pin-never", "left-out"]),
          isPinnable: z.literal(true).exactOptional(),
          line: imageLineSchema.exactOptional(),
          profile: z.string().exactOptional(),
          notice: z.string().exactOptional(),
        }),
      ]),
    }),
  ),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  candidates: z.array(candidateSchema).exactOptional(),
  home: z.string().exactOptional(),
  isNamed: z.literal(true).exactOptional(),
  unread: z.object({ commit: z.string(), reason: z.string(), at: instantSchema }).exactOptional(),
  isUnsubscribed: z.literal(true).exactOptional(),
  isLeft: z.literal(true).exactOptional(),
  readBy: z.string().exactOptional(),
  own: ownFileSchema.exactOptional(),
}) satisfies z.ZodType<Scan>;

const sourceSchema = z.object({
  place: z.enum(EVIDENCE_PLACES),
  manifest: digestSchema,
  layer: digestSchema,
  subject: digestSchema.exactOptional(),
  repository: repositorySchema.exactOptional(),
});

const signerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("key"), fingerprint: z.string(), name: z.string() }),
  z.object({
    kind: z.literal("identity"),
    issuer: z.string(),
    subject: z.string(),
    root: z.string(),
    name: z.string(),
  }),
  z.object({ kind: z.literal("certificate"), subject: z.string(), root: z.string(), name: z.string() }),
]);

const resultSchema = z.object({
  kind: z.enum([
    "cosign-signature",
    "cosign-attestation",
    "sigstore-bundle",
    "signed-manifest",
    "notation-signature",
  ]),
  source: sourceSchema,
  outcome: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("accepted"),
      signer: signerSchema,
      groups: z.array(z.string()).default([]),
      proves: z.enum(["image", "statement"]),
      signedAt: instantSchema.exactOptional(),
      timeProof: z.enum(TIME_PROOFS).exactOptional(),
      log: z.object({ logId: z.string(), index: z.string() }).exactOptional(),
      unchecked: z.array(z.string()).exactOptional(),
    }),
    z.object({ kind: z.literal("refused"), refusal: z.enum(REFUSALS), detail: z.string() }),
  ]),
  predicateType: z.string().exactOptional(),
});

const findings = {
  results: z.array(resultSchema),
  skipped: z.array(
    z.object({
      place: z.enum(EVIDENCE_PLACES),
      reason: z.enum(SKIP_REASONS),
      detail: z.string(),
    }),
  ),
};

const verdictSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("verified"),
    signers: z.array(signerSchema),
    ...findings,
    sbom: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("verified"), predicateType: z.string(), source: sourceSchema }),
      z.object({ kind: z.literal("missing") }),
    ]),
    trustedAt: instantSchema.exactOptional(),
    coveredBy: digestSchema.exactOptional(),
    insecure: z.array(z.string()).default([]),
  }),
  z.object({
    kind: z.literal("rejected"),
    reason: z.enum(REJECTIONS),
    detail: z.string(),
    ...findings,
  }),
  z.object({
    kind: z.literal("awaiting-evidence"),
    missing: z.enum(["signature", "sbom", "attestation"]),
    ...findings,
  }),
  z.object({ kind: z.literal("unverifiable"), reason: z.string() }),
]) satisfies z.ZodType<Verdict>;

export const verdictRecordSchema = z.object({
  image: imageIdSchema,
  verdict: verdictSchema,
  policyHash: z.string(),
  since: instantSchema,
  checkedAt: instantSchema,
  verifiedAt: instantSchema.exactOptional(),
  platforms: z.array(z.string()),
  shape: z
    .discriminatedUnion("kind", [
      z.object({
        kind: z.literal("index"),
        children: z.array(z.object({ digest: digestSchema, platform: z.string() })),
      }),
      z.object({ kind: z.literal("image"), platform: z.string().exactOptional() }),
    ])
    .exactOptional(),
  disappeared: z.object({ what: z.array(z.string()), since: instantSchema }).exactOptional(),
  components: z.object({ digest: digestSchema, platform: z.string().exactOptional() }).exactOptional(),
  lists: z
    .array(
      z.object({
        digest: digestSchema,
        platform: z.string().exactOptional(),
        format: z.enum(["cyclonedx", "spdx", "layers"]).exactOptional(),
        tool: z.string().exactOptional(),
        bytes: z.int().nonnegative().exactOptional(),
      }),
    )
    .exactOptional(),
  vex: z.array(z.object({ digest: digestSchema, leftOut: z.int().nonnegative() })).exactOptional(),
  configs: z.array(z.object({ digest: digestSchema, platform: z.string().exactOptional() })).exactOptional(),
  configFaults: z.array(z.object({ platform: z.string(), reason: z.string() })).exactOptional(),
  sbomFault: z.string().exactOptional(),
  unreadLayers: z
    .array(
      z.object({
        digest: digestSchema,
        platform: z.string().exactOptional(),
        reason: z.string(),
        kind: z.enum(["refused", "final"]),
      }),
    )
    .exactOptional(),
}) satisfies z.ZodType<VerdictRecord>;

export const assessmentSchema = z.object({
  class: z.enum(UPDATE_CLASSES),
  components: comparisonSchema,
  configuration: configurationSchema.exactOptional(),
  vulnerabilities: vulnerabilitiesSchema,
  assessedAt: instantSchema,
  stepBack: z.string().exactOptional(),
}) satisfies z.ZodType<Assessment>;

export const proposalRecordSchema = z.object({
  codeRepository: codeRepositorySchema,
  baseBranch: z.string(),
  group: z.string(),
  branch: z.string(),
  number: z.number(),
  url: z.string(),
  title: z.string(),
  state: z.enum(["open", "closed", "merged"]),
  headCommit: z.string(),
  contentHash: z.string(),
  updates: z.array(
    z.object({
      line: imageLineSchema,
      from: digestSchema.exactOptional(),
      to: digestSchema,
      toTag: tagSchema.exactOptional(),
      paths: z.array(z.string()).exactOptional(),
      superseded: z.array(z.object({ digest: digestSchema, observedAt: instantSchema })),
      isApproved: z.literal(true).exactOptional(),
    }),
  ),
  dueAt: instantSchema.exactOptional(),
  openedAt: instantSchema,
  checkedAt: instantSchema,
  closedAt: instantSchema.exactOptional(),
  mergesItself: z.literal(true).exactOptional(),
  declinedPins: z
    .array(z.object({ line: imageLineSchema, path: z.string().exactOptional() }))
    .exactOptional(),
  talk: talkSchema.exactOptional(),
  snooze: snoozeSchema.exactOptional(),
}) satisfies z.ZodType<ProposalRecord>;

export const eventSchema = z.object({
  kind: z.enum(EVENT_KINDS),
  at: instantSchema,
  subject: z.string(),
  message: z.string(),
  key: z.string(),
}) satisfies z.ZodType<StoreEvent>;

const proposalKeySchema = z.object({
  codeRepository: codeRepositorySchema,
  baseBranch: z.string(),
  group: z.string(),
});

export const dueWorkSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("poll"), repository: repositorySchema }),
  z.object({ kind: z.literal("repositories") }),
  z.object({ kind: z.literal("discover"), codeRepository: codeRepositorySchema }),
  z.object({ kind: z.literal("verify"), image: imageIdSchema }),
  z.object({ kind: z.literal("propose"), proposal: proposalKeySchema }),
  z.object({ kind: z.literal("revoke") }),
  z.object({ kind: z.literal("sla") }),
  z.object({ kind: z.literal("mirror"), feed: z.string() }),
  z.object({ kind: z.literal("redeliver") }),
]) satisfies z.ZodType<DueWork>;

/** A piece of work as the set of what is due has it: fields in one order, whatever order the caller wrote them in. */
export function dueMemberOf(work: DueWork): string {
  return JSON.stringify(dueWorkSchema.parse(work));
}
