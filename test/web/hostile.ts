import { keepTimer } from "../fakes/timers.ts";
import type { ImageLine } from "../../src/image/reference.ts";
import type { Store } from "../../src/ports/store.ts";
import { later } from "../../src/time.ts";
import type { Signer } from "../../src/trust/signer.ts";
import type { CandidateResult, Verdict } from "../../src/trust/verdict.ts";
import { BASE, digestNamed, GO, NOW, PYTHON } from "./sample.ts";
import { saveLook } from "../fakes/look.ts";

/** Markup that shows by its id where it came through, an attempt to leave an attribute, and characters that hide. */
const hostile = (field: string): string =>
  `<b id="${field}">'"--><img src=x onerror=alert(1)>\u202e\u200b\u0007`;

/** A store whose records hold such a tag would refuse it; a page must not rely on that. */
const HOSTILE_LINE: ImageLine = { repository: BASE.repository, tag: hostile("tag") as ImageLine["tag"] };

/** A line with a page whose every other field is hostile. */
export const HOSTILE_LINE_PATH = "/lines/docker.io/bellsoft/hardened-base:musl";

const SHARED_FIELDS = ["owner", "name", "base", "obligation", "proposal-title"];

/** Fields that must be found on each page, as text. */
export const HOSTILE_FIELDS = {
  overview: [
    ...SHARED_FIELDS,
    "health-name",
    "health-fault",
    "tag",
    "branch",
    "commit",
    "path",
    "raw",
    "skipped-path",
    "skipped-reason",
    "failure-code",
    "failure-message",
    "signer",
    "reason",
    "event-message",
    "event-subject",
  ],
  line: [
    ...SHARED_FIELDS,
    "signer",
    "predicate",
    "sbom-predicate",
    "refusal-detail",
    "skipped-detail",
    "sbom-fault",
    "platform",
    "policy",
    "subject",
    "issuer",
    "root",
    "group",
    "log-id",
    "log-index",
    "unchecked",
    "insecure",
    "certificate",
    "authority",
  ],
} as const;

const SIGNER: Signer = {
  kind: "identity",
  issuer: hostile("issuer"),
  subject: hostile("subject"),
  root: hostile("root"),
  name: hostile("signer"),
};

const RESULTS: readonly CandidateResult[] = [
  {
    kind: "sigstore-bundle",
    source: {
      place: "referrer",
      manifest: digestNamed("m"),
      layer: digestNamed("l"),
      subject: digestNamed("s"),
    },
    outcome: { kind: "refused", refusal: "candidate-malformed", detail: hostile("refusal-detail") },
    predicateType: hostile("predicate"),
  },
  {
    kind: "notation-signature",
    source: { place: "referrer", manifest: digestNamed("m"), layer: digestNamed("l") },
    outcome: {
      kind: "accepted",
      signer: {
        kind: "certificate",
        subject: hostile("certificate"),
        root: hostile("authority"),
        name: hostile("signer"),
      },
      groups: [hostile("group")],
      proves: "image",
      log: { logId: hostile("log-id"), index: hostile("log-index") },
      unchecked: [hostile("unchecked")],
    },
  },
];

const VERIFIED: Verdict = {
  kind: "verified",
  insecure: [hostile("insecure")],
  signers: [SIGNER],
  results: RESULTS,
  skipped: [{ place: "referrer", reason: "unknown-type", detail: hostile("skipped-detail") }],
  sbom: {
    kind: "verified",
    predicateType: hostile("sbom-predicate"),
    source: { place: "referrer", manifest: digestNamed("m"), layer: digestNamed("l") },
  },
};

/** Fills a store with hostile text in every field that outside text can reach. */
export async function fillHostileStore(store: Store): Promise<void> {
  const codeRepository = { owner: hostile("owner"), name: hostile("name") };
  const baseBranch = hostile("base");
  const handled = (line: ImageLine) => ({
    path: hostile("path"),
    line: 1,
    raw: hostile("raw"),
    state: { kind: "handled", line, digest: digestNamed("1"), profile: "bellsoft" } as const,
  });
  await store.saveScan({
    codeRepository,
    branch: hostile("branch"),
    commit: hostile("commit"),
    scannedAt: NOW,
    places: [
      ...[HOSTILE_LINE, BASE, GO, PYTHON].map(handled),
      { ...handled(BASE), state: { kind: "seen", reason: "reference-invalid" } },
    ],
    skipped: [{ path: hostile("skipped-path"), reason: hostile("skipped-reason") }],
  });
  await saveLooksAndVerdicts(store);
  await store.saveProposal({
    codeRepository,
    baseBranch,
    group: "bellsoft",
    branch: hostile("branch"),
    number: 1,
    url: `https://code.example/${hostile("url")}`,
    title: hostile("proposal-title"),
    state: "open",
    headCommit: hostile("head"),
    contentHash: "h",
    updates: [{ line: BASE, from: digestNamed("1"), to: digestNamed("2"), superseded: [] }],
    dueAt: later(NOW, 1_000),
    openedAt: NOW,
    checkedAt: NOW,
  });
  await keepTimer(store, {
    codeRepository,
    baseBranch,
    line: BASE,
    timer: {
      state: "open",
      obligations: [
        { id: hostile("obligation"), severity: "high", startedAt: NOW, dueAt: later(NOW, 1_000) },
      ],
    },
  });
  await store.append({
    kind: "rejected",
    at: NOW,
    subject: hostile("event-subject"),
    message: hostile("event-message"),
    key: "1",
  });
}

async function saveLooksAndVerdicts(store: Store): Promise<void> {
  const history = [{ digest: digestNamed("1"), firstSeenAt: NOW, lastSeenAt: NOW }];
  for (const line of [HOSTILE_LINE, BASE, GO]) {
    await saveLook(store, line, { kind: "answered", history, at: NOW });
  }
  await saveLook(store, PYTHON, {
    kind: "failed",
    code: hostile("failure-code"),
    message: hostile("failure-message"),
    at: NOW,
  });
  const record = {
    policyHash: hostile("policy"),
    since: NOW,
    checkedAt: NOW,
    platforms: [hostile("platform")],
    sbomFault: hostile("sbom-fault"),
    unreadLayers: [
      {
        digest: digestNamed("1"),
        platform: hostile("layers-platform"),
        reason: hostile("layers-reason"),
        kind: "final" as const,
      },
    ],
  };
  const digest = digestNamed("1");
  await store.saveVerdict({ ...record, image: { repository: BASE.repository, digest }, verdict: VERIFIED });
  await store.saveVerdict({
    ...record,
    image: { repository: GO.repository, digest },
    verdict: { kind: "unverifiable", reason: hostile("reason") },
  });
}
