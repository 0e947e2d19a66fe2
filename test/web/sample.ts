import { keepTimer } from "../fakes/timers.ts";
import { createHash } from "node:crypto";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import { type ImageLine, parseReference } from "../../src/image/reference.ts";
import type { HostState } from "../../src/ports/host-gate.ts";
import type { ProposalRecord, Store, VerdictRecord } from "../../src/ports/store.ts";
import type { TimerRecord } from "../../src/ports/clock-facts.ts";
import { DAY_MS, HOUR_MS, type Instant, instantOf, later, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import type { EvidenceSource } from "../../src/trust/evidence.ts";
import type { Signer } from "../../src/trust/signer.ts";
import type { CandidateResult, Verdict } from "../../src/trust/verdict.ts";
import type { ScannedPlace } from "../../src/watch/scan.ts";
import { saveLook } from "../fakes/look.ts";

/** Now, for everything in the sample. */
export const NOW: Instant = instantOf(Date.UTC(2026, 10, 24, 14, 12, 5));

/** A digest that is the same in every run. */
export function digestNamed(name: string): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(name).digest("hex")}`);
}

/** Reads an image line. */
export function lineNamed(text: string): ImageLine {
  const { repository, tag } = parseReference(text);
  if (tag === undefined) throw new Error(`no tag in ${text}`);
  return { repository, tag };
}

const ago = (ms: number): Instant => later(NOW, -ms);

export const RUNTIME = "bellsoft/hardened-liberica-runtime-container";
export const JRE = lineNamed(`${RUNTIME}:jre-25-nonroot-musl`);
export const JDK = lineNamed(`${RUNTIME}:jdk-25-musl`);
export const PYTHON = lineNamed("bellsoft/hardened-python:3.14-glibc");
export const GO = lineNamed("bellsoft/hardened-go:1.27-musl");
export const NODE = lineNamed("registry.acme.internal:5000/mirror/bellsoft/hardened-nodejs:24-musl");
export const BASE = lineNamed("bellsoft/hardened-base:musl");

const SHOP = { owner: "acme", name: "shop" };
const PAY = { owner: "acme", name: "pay-gateway" };
const BELLSOFT: Signer = {
  kind: "key",
  fingerprint: digestNamed("key").slice("sha256:".length),
  name: "BellSoft",
};

const source = (place: EvidenceSource["place"], name: string): EvidenceSource => ({
  place,
  manifest: digestNamed(`manifest ${name}`),
  layer: digestNamed(`layer ${name}`),
});

const ACCEPTED: readonly CandidateResult[] = [
  {
    kind: "cosign-signature",
    source: source("sig-tag", "signature"),
    outcome: { kind: "accepted", signer: BELLSOFT, groups: ["bellsoft"], proves: "image" },
  },
  {
    kind: "cosign-attestation",
    source: source("att-tag", "sbom"),
    outcome: { kind: "accepted", signer: BELLSOFT, groups: ["bellsoft"], proves: "statement" },
    predicateType: "https://cyclonedx.org/bom",
  },
];

const REFUSED: readonly CandidateResult[] = [
  {
    kind: "cosign-signature",
    source: source("sig-tag", "foreign"),
    outcome: {
      kind: "refused",
      refusal: "signature-key-unknown",
      detail: "none of the 1 keys of the profile bellsoft made this signature",
    },
  },
];

const VERIFIED: Verdict = {
  kind: "verified",
  insecure: [],
  signers: [BELLSOFT],
  results: ACCEPTED,
  skipped: [{ place: "referrer", reason: "unknown-type", detail: "application/vnd.acme.scan+json" }],
  sbom: {
    kind: "verified",
    predicateType: "https://cyclonedx.org/bom",
    source: source("att-tag", "sbom"),
  },
};

const REJECTED: Verdict = {
  kind: "rejected",
  reason: "signature-key-unknown",
  detail: "1 signature, made by no key of the profile bellsoft",
  results: REFUSED,
  skipped: [],
};

/** A store in the middle of a busy day: every state a page can show is in it. */
export async function fillStore(store: Store): Promise<void> {
  await saveScans(store);
  await saveLooks(store);
  await saveVerdicts(store);
  for (const proposal of PROPOSALS) await store.saveProposal(proposal);
  for (const timer of TIMERS) await keepTimer(store, timer);
  await appendEvents(store);
}

const handled = (path: string, line: number, image: ImageLine, pinned: string): ScannedPlace => ({
  path,
  line,
  raw: "…",
  format: "dockerfile",
  state: { kind: "handled", line: image, digest: digestNamed(pinned), profile: "bellsoft" },
});

async function saveScans(store: Store): Promise<void> {
  await store.saveScan({
    codeRepository: SHOP,
    branch: "main",
    commit: "4f2a9c1e77d0b3a85c6e1f09d2b7a4c8e5f60312",
    scannedAt: ago(12 * MINUTE_MS),
    places: [
      handled("Dockerfile", 1, JDK, "jdk 2"),
      handled("Dockerfile", 6, JRE, "jre 1"),
      handled("batch/Dockerfile", 1, PYTHON, "python 1"),
      handled("tools/Dockerfile", 3, GO, "go 1"),
      {
        path: "deploy/Dockerfile",
        line: 14,
        raw: "redis:8.0",
        format: "dockerfile",
        state: { kind: "seen", reason: "no-profile" },
      },
      {
        path: "legacy/Dockerfile",
        line: 1,
        raw: "bellsoft/hardened-base:musl",
        format: "dockerfile",
        state: { kind: "seen", reason: "not-pinned", isPinnable: true, line: BASE, profile: "bellsoft" },
      },
    ],
    skipped: [{ path: "vendor/huge/Dockerfile", reason: "larger than 1 MiB" }],
  });
  await store.saveScan({
    codeRepository: PAY,
    branch: "release",
    commit: "9b1d7745c0ffee00aa11bb22cc33dd44ee55ff66",
    scannedAt: ago(11 * MINUTE_MS),
    places: [
      handled("Dockerfile", 4, JRE, "jre 0"),
      handled("sidecar/Dockerfile", 1, NODE, "node 1"),
      {
        path: "ci/Dockerfile",
        line: 2,
        raw: "${BASE_IMAGE}",
        state: { kind: "seen", reason: "variable-unresolved" },
      },
    ],
    skipped: [],
  });
}

async function saveLooks(store: Store): Promise<void> {
  const seen = (names: readonly string[], lastSeenAt: Instant) =>
    names.map((name, at) => ({
      digest: digestNamed(name),
      firstSeenAt: ago((names.length - at) * 9 * DAY_MS - 6 * DAY_MS),
      lastSeenAt:
        at === names.length - 1 ? lastSeenAt : ago((names.length - at - 1) * 9 * DAY_MS - 6 * DAY_MS),
    }));
  const answered = (line: ImageLine, names: readonly string[], at: Instant): Promise<void> =>
    saveLook(store, line, { kind: "answered", history: seen(names, at), at });
  await answered(JRE, ["jre 0", "jre 1", "jre 2"], ago(20 * SECOND_MS));
  await answered(JDK, ["jdk 1", "jdk 2"], ago(20 * SECOND_MS));
  await answered(PYTHON, ["python 1", "python 2"], ago(41 * SECOND_MS));
  await answered(GO, ["go 1", "go 2", "go 1"], ago(43 * SECOND_MS));
  await answered(NODE, ["node 1"], ago(3 * HOUR_MS + 5 * MINUTE_MS));
  await saveLook(store, NODE, {
    kind: "failed",
    code: "registry-timeout",
    message: "asking registry.acme.internal:5000 for 24-musl: no answer in 10 s",
    at: ago(14 * SECOND_MS),
  });
  await answered(BASE, ["base 1"], ago(52 * SECOND_MS));
}

async function saveVerdicts(store: Store): Promise<void> {
  const save = (line: ImageLine, name: string, verdict: Verdict, sinceMs: number): Promise<void> => {
    const record: VerdictRecord = {
      image: { repository: line.repository, digest: digestNamed(name) },
      verdict,
      policyHash: digestNamed("policy").slice("sha256:".length),
      since: ago(sinceMs),
      checkedAt: ago(90 * SECOND_MS),
      platforms: ["linux/amd64", "linux/arm64"],
    };
    return store.saveVerdict(record);
  };
  await save(JRE, "jre 1", VERIFIED, 12 * DAY_MS);
  await save(JRE, "jre 2", VERIFIED, 3 * DAY_MS);
  await save(JDK, "jdk 2", VERIFIED, 3 * DAY_MS);
  await save(PYTHON, "python 2", REJECTED, 2 * HOUR_MS);
  await save(GO, "go 1", VERIFIED, 20 * DAY_MS);
  await save(NODE, "node 1", VERIFIED, 9 * DAY_MS);
  await save(
    BASE,
    "base 1",
    { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] },
    4 * MINUTE_MS,
  );
}

const PROPOSALS: readonly ProposalRecord[] = [
  {
    codeRepository: SHOP,
    baseBranch: "main",
    group: "bellsoft",
    branch: "hullkeeper/bellsoft",
    number: 128,
    url: "https://github.example/acme/shop/pull/128",
    title: "hardened-liberica-runtime-container: jre-25-nonroot-musl, fixes 3 critical (merge by 30 Nov)",
    state: "open",
    headCommit: "c".repeat(40),
    contentHash: "1",
    updates: [{ line: JRE, from: digestNamed("jre 1"), to: digestNamed("jre 2"), superseded: [] }],
    dueAt: later(NOW, 6 * DAY_MS + 23 * HOUR_MS),
    openedAt: ago(3 * DAY_MS),
    checkedAt: ago(MINUTE_MS),
  },
  {
    codeRepository: PAY,
    baseBranch: "release",
    group: "bellsoft",
    branch: "hullkeeper/bellsoft",
    number: 17,
    url: "https://github.example/acme/pay-gateway/pull/17",
    title: "hardened-liberica-runtime-container: jre-25-nonroot-musl, fixes 1 high (merge by 24 Nov)",
    state: "open",
    headCommit: "d".repeat(40),
    contentHash: "2",
    updates: [{ line: JRE, from: digestNamed("jre 0"), to: digestNamed("jre 2"), superseded: [] }],
    dueAt: later(NOW, 5 * HOUR_MS + 40 * MINUTE_MS),
    openedAt: ago(13 * DAY_MS),
    checkedAt: ago(MINUTE_MS),
  },
];

const obligation = (
  id: string,
  severity: "critical" | "high" | "none",
  startedAt: Instant,
  dueAt: Instant,
) => ({
  id,
  severity,
  startedAt,
  dueAt,
});

const TIMERS: readonly TimerRecord[] = [
  {
    codeRepository: SHOP,
    baseBranch: "main",
    line: JRE,
    timer: {
      state: "open",
      obligations: [
        obligation("CVE-2026-31337", "critical", ago(HOUR_MS), later(NOW, 6 * DAY_MS + 23 * HOUR_MS)),
        obligation("CVE-2026-20871", "high", ago(HOUR_MS), later(NOW, 13 * DAY_MS)),
      ],
    },
  },
  {
    codeRepository: PAY,
    baseBranch: "release",
    line: JRE,
    timer: {
      state: "open",
      obligations: [
        obligation("CVE-2026-19004", "high", ago(13 * DAY_MS), later(NOW, 5 * HOUR_MS + 40 * MINUTE_MS)),
      ],
    },
  },
  {
    codeRepository: PAY,
    baseBranch: "release",
    line: NODE,
    timer: {
      state: "open",
      obligations: [obligation("CVE-2026-11111", "critical", ago(9 * DAY_MS), ago(2 * DAY_MS + 3 * HOUR_MS))],
    },
  },
  {
    codeRepository: SHOP,
    baseBranch: "main",
    line: JDK,
    timer: {
      state: "met",
      obligations: [obligation("update", "none", ago(4 * DAY_MS), later(NOW, 26 * DAY_MS))],
      closedAt: ago(DAY_MS),
    },
  },
  {
    codeRepository: SHOP,
    baseBranch: "main",
    line: GO,
    timer: {
      state: "late",
      obligations: [obligation("CVE-2026-10000", "critical", ago(30 * DAY_MS), ago(23 * DAY_MS))],
      closedAt: ago(21 * DAY_MS),
    },
  },
];

async function appendEvents(store: Store): Promise<void> {
  const events = [
    ["merged", 26 * HOUR_MS, "acme/shop#121", "merged; its timer is met"],
    [
      "breached",
      2 * DAY_MS + 3 * HOUR_MS,
      "acme/pay-gateway hardened-nodejs:24-musl",
      "was to be merged by 22 Nov",
    ],
    ["tag-moved", 3 * HOUR_MS, "bellsoft/hardened-python:3.14-glibc", "now on another digest"],
    [
      "rejected",
      2 * HOUR_MS,
      "bellsoft/hardened-python:3.14-glibc",
      "signed by a key the profile bellsoft does not trust",
    ],
    ["due-soon", 40 * MINUTE_MS, "acme/pay-gateway hardened-liberica-runtime-container", "5 h left"],
    [
      "tag-moved-backwards",
      20 * MINUTE_MS,
      "bellsoft/hardened-go:1.27-musl",
      "back on a digest it had left; not proposed",
    ],
    ["refreshed", 90 * SECOND_MS, "acme/shop#128", "a newer digest took the place of the one before"],
  ] as const;
  for (const [kind, ms, subject, message] of events) {
    await store.append({ kind, at: ago(ms), subject, message, key: `${kind} ${ms}` });
  }
}

/** Hosts in every state: a limit that is nearly spent, one that asked to wait, one that is gone, and one that is well. */
export const HOSTS: readonly HostState[] = [
  {
    host: "docker.io",
    credential: "basic-3f9ac21b",
    limits: { perSecond: 5, burst: 20 },
    perSecondNow: 2.5,
    budgetLeft: 17.9,
    breaker: "closed",
    pullsLeft: { remaining: 12, limit: 200, at: ago(2 * MINUTE_MS) },
    lastAnswerAt: ago(20 * SECOND_MS),
  },
  {
    host: "ghcr.io",
    credential: "anonymous",
    limits: { perSecond: 10, burst: 20 },
    perSecondNow: 5,
    budgetLeft: 0,
    breaker: "closed",
    penalty: { until: ago(-4 * MINUTE_MS), limits: "all" },
    lastAnswerAt: ago(MINUTE_MS),
    lastError: {
      code: "registry-rate-limited",
      message: "asking ghcr.io for the manifest of acme/base:1: 429, asked to wait 300 s",
      at: ago(MINUTE_MS),
    },
  },
  {
    host: "mirror.a-rather-long-name-of-a-host.registry.acme.internal:5000",
    credential: "bearer-b1946ac9",
    limits: { perSecond: 50, burst: 100 },
    perSecondNow: 50,
    budgetLeft: 100,
    breaker: "open",
    unreachableSince: ago(3 * HOUR_MS),
    lastAnswerAt: ago(3 * HOUR_MS),
    lastError: { code: "registry-timeout", message: "no answer in 10 s", at: ago(14 * SECOND_MS) },
  },
  {
    host: "quay.io",
    credential: "anonymous",
    limits: { perSecond: 5, burst: 20 },
    perSecondNow: 5,
    budgetLeft: 20,
    breaker: "closed",
    lastAnswerAt: ago(41 * SECOND_MS),
  },
];
