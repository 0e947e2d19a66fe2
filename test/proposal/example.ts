import { createPublicKey, generateKeyPairSync } from "node:crypto";
import type { Finding } from "../../src/advisory/finding.ts";
import type { Severity } from "../../src/advisory/severity.ts";
import type { ConfigChange } from "../../src/assess/config-change.ts";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import type { Profile } from "../../src/vendor/profile.ts";
import type { Plan, Update } from "../../src/proposal/plan.ts";
import type { Component } from "../../src/sbom/component.ts";
import type { ComponentChange } from "../../src/sbom/change.ts";
import { Secret } from "../../src/secret.ts";
import { UTC_CALENDAR } from "../../src/sla/calendar.ts";
import { severityOf } from "../../src/sla/obligation.ts";
import type { Period } from "../../src/sla/period.ts";
import type { SlaPolicy, VendorPromise } from "../../src/sla/policy.ts";
import { POLICY_DEFAULTS } from "../../src/sla/presets.ts";
import type { VendorEvaluation } from "../../src/sla/vendor.ts";
import { type TermSpans, timerFor } from "./timer.ts";
import { DAY_MS, type Instant, instantOf, later, MINUTE_MS } from "../../src/time.ts";
import type { CandidateResult } from "../../src/trust/verdict.ts";
import { keyPolicy } from "../fakes/policy.ts";
import { emptyDelta, upgraded } from "../fixtures/deltas.ts";
import { comparedWith } from "../fixtures/diffs.ts";
import { feedOf } from "../fixtures/feeds.ts";

/** A plan like one for a real repository: builder and runtime image of one vendor. Names are real, everything else is invented. */

/** Signs the markers of tests. */
export const KEY = new Secret("a key for tests, 32 bytes long ..");

/** `2026-11-20T09:58Z` as an instant. */
export function at(text: string): Instant {
  return instantOf(Date.parse(`${text.replace("Z", "")}:00Z`));
}

/** A digest that starts with these digits. */
export function digest(start: string): Digest {
  return parseDigest(`sha256:${start.padEnd(64, "0123456789abcdef")}`);
}

/** What the example's clocks run by. */
export const TERMS: TermSpans = {
  critical: 7 * DAY_MS,
  high: 14 * DAY_MS,
  medium: 14 * DAY_MS,
  low: 14 * DAY_MS,
  none: 30 * DAY_MS,
  unknown: 14 * DAY_MS,
};

const periodIn = (spanMs: number): Period => ({ kind: "days", count: spanMs / DAY_MS });
const PERIODS: SlaPolicy["terms"] = {
  critical: periodIn(TERMS.critical),
  high: periodIn(TERMS.high),
  medium: periodIn(TERMS.medium),
  low: periodIn(TERMS.low),
  none: periodIn(TERMS.none),
  unknown: periodIn(TERMS.unknown),
};
const POLICY: SlaPolicy = {
  ...POLICY_DEFAULTS,
  id: "policy",
  basis: "BellSoft's terms (7 days critical, 14 days other)",
  terms: PERIODS,
};
const PROMISE: VendorPromise = {
  basis: "BellSoft's commercial plan (7 days critical, 14 days other)",
  terms: PERIODS,
  calendar: UTC_CALENDAR,
  startBasis: "not-stated",
  source: "Hardened container images, bell-sw.com/blog",
  asOf: "2026-07-25",
  bestEffortPlatforms: [],
};
const LOOK_MS = 30 * MINUTE_MS;

/** The vendor's clocks of what was there at a look, and not half an hour before. */
export function vendorClocksOf(
  fixed: readonly Finding[],
  to: Digest,
  observedAt: Instant,
): readonly VendorEvaluation[] {
  return [...Map.groupBy(fixed, ({ id }) => id)].map(([id, findings]) => {
    const severity = severityOf(findings);
    const startedAt = findings[0]?.publishedAt ?? observedAt;
    const dueAt = later(startedAt, TERMS[severity]);
    return {
      id,
      severity,
      state: observedAt <= dueAt ? "met" : later(observedAt, -LOOK_MS) > dueAt ? "missed" : "inconclusive",
      startedAt,
      dueAt,
      isApproximate: true,
      fixedBy: to,
      observedAt,
      observedAfter: later(observedAt, -LOOK_MS),
      tookMs: Math.max(0, observedAt - startedAt),
      isFromFuture: false,
    };
  });
}

const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const SIGNER = {
  kind: "key",
  fingerprint: "92abd5c1f7b9e04d5a6c8831f0a9d2e47bb6103c5d8e9f00a1b2c3d4e5f60718",
  name: "BellSoft",
} as const;

/** A finding; one published on 18 November unless said otherwise. */
export function finding(
  id: string,
  rating: readonly [Severity, number?],
  versions: readonly [name: string, installed: string, fixed?: string],
  publishedAt = at("2026-11-18T08:00Z"),
): Finding {
  const [severity, score] = rating;
  const [packageName, installedVersion, fixedVersion] = versions;
  return {
    id,
    recordId: `BELL-${id}`,
    severity,
    ...(score === undefined ? {} : { score }),
    packageName,
    installedVersion,
    ...(fixedVersion === undefined ? {} : { fixedVersion }),
    publishedAt,
  };
}

/** An apk package of BellSoft's distribution. */
export function component(name: string, version: string, source = name): Component {
  return {
    key: `apk/bellsoft-hardened-containers/${name}`,
    type: "apk",
    namespace: "bellsoft-hardened-containers",
    name,
    version,
    source: { name: source, how: "upstream" },
    distribution: "bellsoft-hardened-containers-25",
  };
}

function upgrade(name: string, from: string, to: string, source = name): ComponentChange {
  return { kind: "upgraded", from: component(name, from, source), to: component(name, to, source) };
}

const EXPAT = ["expat", "2.7.1-r0", "2.7.3-r0"] as const;
const OPENSSL = ["openssl", "3.5.3-r0", "3.5.4-r0"] as const;
const JDK = ["openjdk25", "25.0.4_p9-r0", "25.0.5_p11-r0"] as const;
const COMMON = [
  finding("CVE-2026-31337", ["critical", 9.8], EXPAT),
  finding("CVE-2026-30711", ["critical", 9.1], OPENSSL, at("2026-11-19T16:20Z")),
  finding("CVE-2026-30712", ["high", 7.5], OPENSSL, at("2026-11-19T16:20Z")),
  finding("CVE-2026-30713", ["medium", 5.9], OPENSSL, at("2026-11-19T16:20Z")),
  finding("CVE-2026-28100", ["medium", 4.8], ["zlib", "1.3.1-r2", "1.3.2-r0"], at("2026-11-12T10:00Z")),
];
const OF_JDK = [
  finding("CVE-2026-27001", ["critical", 9], JDK, at("2026-11-17T20:00Z")),
  finding("CVE-2026-27002", ["high", 7.4], JDK, at("2026-11-17T20:00Z")),
  finding("CVE-2026-27003", ["medium", 5.3], JDK, at("2026-11-17T20:00Z")),
];
const REMAINING = [
  finding("CVE-2026-20001", ["medium", 5.5], ["musl", "1.2.5-r10"], at("2026-11-09T00:00Z")),
];
const CHANGES: readonly ComponentChange[] = [
  upgrade("expat", "2.7.1-r0", "2.7.3-r0"),
  upgrade("libexpat", "2.7.1-r0", "2.7.3-r0", "expat"),
  upgrade("libcrypto3", "3.5.3-r0", "3.5.4-r0", "openssl"),
  upgrade("libssl3", "3.5.3-r0", "3.5.4-r0", "openssl"),
  upgrade("zlib", "1.3.1-r2", "1.3.2-r0"),
];

const OTHER_JAVA: ConfigChange = {
  kind: "environment",
  risk: "note",
  name: "JAVA_VERSION",
  from: "25.0.4",
  to: "25.0.5",
  sentence: "says which version is inside",
};
const OTHER_USER: ConfigChange = {
  kind: "user",
  risk: "breaking",
  from: "10001:10001",
  to: "65532:65532",
  sentence:
    "files that your build copies for the old user, and those on its volumes, are no longer writable by the process",
};

function accepted(kind: CandidateResult["kind"], to: Digest, proves: "image" | "statement"): CandidateResult {
  const place = proves === "image" ? "sig-tag" : "att-tag";
  return {
    kind,
    source: { place, manifest: to, layer: digest(`${proves === "image" ? "51" : "a7"}${to.slice(7, 20)}`) },
    outcome: { kind: "accepted", signer: SIGNER, groups: ["bellsoft"], proves },
    ...(proves === "statement" ? { predicateType: "https://cyclonedx.org/bom" } : {}),
  };
}

interface Sketch {
  readonly tag: string;
  readonly from: Digest;
  readonly to: Digest;
  readonly places: Update["places"];
  readonly observedAt: Instant;
  readonly fixed: readonly Finding[];
  readonly changes: readonly ComponentChange[];
}

const PROFILE: Profile = {
  id: "bellsoft",
  name: "BellSoft Hardened Images",
  images: [/^docker\.io\/bellsoft\/hardened-/],
  policy: keyPolicy([
    {
      kind: "key",
      signer: SIGNER,
      publicKey: createPublicKey(publicKey.export({ type: "spki", format: "pem" })),
    },
  ]),
  mode: "enforced",
  signerHint: "",
  vendorPromise: PROMISE,
};

/** A plan of which all images are of a vendor that differs in this. */
export function withProfile(plan: Plan, profile: Partial<Profile>): Plan {
  const updates = plan.updates.map((update) => ({ ...update, profile: { ...update.profile, ...profile } }));
  return { ...plan, updates };
}

/** A plan with another policy. */
export function withPolicy(plan: Plan, policy: Partial<SlaPolicy>): Plan {
  return {
    ...plan,
    updates: plan.updates.map((update) => ({ ...update, policy: { ...update.policy, ...policy } })),
  };
}

/** A verified and assessed update of the Java image line. */
export function updateOf({ tag, from, to, places, observedAt, fixed, changes }: Sketch): Update {
  const verifiedAt = at("2026-11-23T14:12Z");
  const attestation = accepted("cosign-attestation", to, "statement");
  return {
    line: {
      repository: parseRepository("bellsoft/hardened-liberica-runtime-container"),
      tag: parseTag(tag),
    },
    from,
    to,
    places,
    platforms: ["linux/amd64", "linux/arm64"],
    verdict: {
      kind: "verified",
      insecure: [],
      signers: [SIGNER],
      results: [accepted("cosign-signature", to, "image"), attestation],
      skipped: [],
      sbom: {
        kind: "verified",
        predicateType: "https://cyclonedx.org/bom",
        source: attestation.source,
      },
    },
    verifiedAt,
    observedAt,
    profile: PROFILE,
    policy: POLICY,
    assessment: {
      class: fixed.length > 0 ? "fixes" : changes.length > 0 ? "content" : "rebuild",
      components: comparedWith(changes, { equalCount: 208 - changes.length }),
      configuration: { kind: "compared", changes: [OTHER_JAVA] },
      vulnerabilities: {
        kind: "assessed",
        delta: emptyDelta({
          fixed: upgraded(fixed),
          remaining: REMAINING,
          feeds: [feedOf({ asOf: at("2026-11-23T13:40Z"), recordCount: 16_989 })],
          matchedCount: 206,
          unmatched: [{ reason: "no known distribution", count: 2 }],
        }),
      },
      assessedAt: at("2026-11-23T14:12Z"),
    },
    timer: timerFor({
      fixed,
      startedAt: verifiedAt,
      assessedAt: at("2026-11-23T14:12Z"),
      terms: TERMS,
    }),
    vendorClocks: vendorClocksOf(fixed, to, observedAt),
    superseded: [],
  };
}

/** The runtime image alone. */
export function runtimeUpdate(): Update {
  const superseded = { digest: digest("c0ffee91d2b4"), observedAt: at("2026-11-19T11:20Z") };
  const update = updateOf({
    tag: "jre-25-nonroot-musl",
    from: digest("b1004e77aa02"),
    to: digest("e5f2aa1034bc"),
    places: [
      { path: "Dockerfile", line: 6 },
      { path: "deploy/Dockerfile.batch", line: 1 },
    ],
    observedAt: at("2026-11-20T10:01Z"),
    fixed: COMMON,
    changes: CHANGES,
  });
  return { ...update, superseded: [superseded] };
}

/** The builder image alone. */
export function builderUpdate(): Update {
  return updateOf({
    tag: "jdk-25-musl",
    from: digest("3f9c1e5b60d1"),
    to: digest("8a77d0cc41fe"),
    places: [{ path: "Dockerfile", line: 1 }],
    observedAt: at("2026-11-20T09:58Z"),
    fixed: [...COMMON, ...OF_JDK],
    changes: [...CHANGES, upgrade("openjdk25-jdk", "25.0.4_p9-r0", "25.0.5_p11-r0", "openjdk25")],
  });
}

/** A plan of these updates. */
export function planOf(updates: readonly Update[]): Plan {
  return {
    codeRepository: { owner: "acme", name: "shop" },
    baseBranch: "main",
    group: "bellsoft",
    updates,
    notEdited: [
      {
        path: "tools/Dockerfile",
        line: 3,
        raw: "bellsoft/hardened-liberica-runtime-container:jdk-25-musl",
        reason: "not pinned by digest: there is nothing to bump",
      },
    ],
  };
}

/** Builder and runtime together; the runtime image is run by another user. */
export function examplePlan(): Plan {
  const runtime = runtimeUpdate();
  const configuration = { kind: "compared", changes: [OTHER_USER, OTHER_JAVA] } as const;
  return planOf([builderUpdate(), { ...runtime, assessment: { ...runtime.assessment, configuration } }]);
}
