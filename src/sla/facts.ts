import type { Ssvc } from "../advisory/signal.ts";
import type { Severity } from "../advisory/severity.ts";
import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";

/**
 * What happened to an image line, each a fact that stays true: `at` is when it did, or when we learnt of it. Facts are only ever added;
 * in which order they arrive, and how often, does not matter. Everything about deadlines is computed from them.
 */
export type LineFact =
  /** Somebody subscribed first. */
  | { readonly kind: "onboarded"; readonly at: Instant }
  /** The tag stood on a digest. */
  | {
      readonly kind: "observed";
      readonly digest: Digest;
      /** The last look that did not find it, where there was one. */
      readonly after?: Instant;
      readonly at: Instant;
      /** Stands for the images that an index lists: equal contents are the same images. */
      readonly content?: Digest;
    }
  | { readonly kind: "verified"; readonly digest: Digest; readonly at: Instant }
  /** It is no longer in its registry, or nothing vouches for it any more. */
  | {
      readonly kind: "gone";
      readonly digest: Digest;
      readonly at: Instant;
      readonly why: "removed" | "revoked";
    }
  /** It is there again, or is vouched for again. */
  | { readonly kind: "back"; readonly digest: Digest; readonly at: Instant }
  /** It is older than what the tag had before, whenever it was first seen. */
  | { readonly kind: "backwards"; readonly digest: Digest; readonly at: Instant }
  /** Vulnerabilities of the line's images were looked for. One a day is kept. */
  | { readonly kind: "assessed"; readonly at: Instant }
  /** Which vulnerabilities a digest has. The latest of a digest holds. */
  | {
      readonly kind: "affected";
      readonly digest: Digest;
      readonly at: Instant;
      /** Sorted. */
      readonly ids: readonly string[];
      /** Those of which it is not known. */
      readonly unknown?: readonly string[];
      /** Those that only some platforms have. */
      readonly platforms?: readonly { readonly id: string; readonly names: readonly string[] }[];
    }
  /** Which ones it has could not be found out. */
  | { readonly kind: "unassessed"; readonly digest: Digest; readonly at: Instant; readonly reason: string }
  /** A vulnerability, as an advisory tells of it. */
  | {
      readonly kind: "vulnerability";
      readonly id: string;
      /** As the record says, which may be wrong. */
      readonly publishedAt: Instant;
      /** When we saw it in an image of the line. */
      readonly seenAt: Instant;
      /** Whether we would have seen it within a day of its being published where we look. */
      readonly wasHealthy: boolean;
      /** Source packages, sorted. */
      readonly packages: readonly string[];
      /** Whether the advisory names a version that fixes it. */
      readonly hasFix: boolean;
    }
  | {
      readonly kind: "rated";
      readonly id: string;
      readonly severity: Severity;
      readonly score?: number;
      readonly by?: string;
      readonly at: Instant;
    }
  /** CISA lists it as exploited. */
  | {
      readonly kind: "kev";
      readonly id: string;
      readonly at: Instant;
      readonly addedAt: Instant;
      readonly dueAt?: Instant;
    }
  | ({ readonly kind: "ssvc"; readonly id: string; readonly at: Instant } & Ssvc)
  /** It does not matter to the line's images after all. */
  | {
      readonly kind: "not-applicable";
      readonly id: string;
      readonly at: Instant;
      readonly why: "vex" | "withdrawn" | "backport";
    }
  /** It does, after that was said. */
  | { readonly kind: "returned"; readonly id: string; readonly at: Instant };

/** One place of a line in a code repository: moving it to another line number keeps it. */
export interface PlaceId {
  readonly path: string;
  /** Among the places of the line in the file, from 0. */
  readonly ordinal: number;
}

/**
 * What happened to an image line in one branch of one code repository, as {@link LineFact}. Facts without a place are about all of them.
 */
export type TargetFact =
  /** Somebody has wanted it watched since. */
  | { readonly kind: "subscribed"; readonly at: Instant }
  | {
      readonly kind: "pinned";
      readonly place: PlaceId;
      readonly digest: Digest;
      /** When the branch got it, where that is known; else when a scan found it. */
      readonly at: Instant;
      readonly how: "merged" | "scanned";
    }
  /** `gone`: the place names the line no more. `cancelled`: nobody wants pull requests here any more, or not on this branch. */
  | {
      readonly kind: "ended";
      readonly place?: PlaceId;
      readonly at: Instant;
      readonly how: "gone" | "cancelled";
    }
  /** A digest that may follow one that is pinned here, known from assessing the two. */
  | { readonly kind: "offered"; readonly from: Digest; readonly digest: Digest; readonly at: Instant }
  /** A pull request was closed unmerged. No clock minds. */
  | { readonly kind: "declined"; readonly digest: Digest; readonly at: Instant }
  /** Somebody bears the risk until then. */
  | ({ readonly kind: "accepted" } & Acceptance)
  /** And takes that back, of the acceptance that began then. */
  | {
      readonly kind: "acceptance-lifted";
      readonly id: string;
      readonly from: Instant;
      readonly at: Instant;
      readonly by: string;
    }
  /** Nobody can merge in this time. */
  | {
      readonly kind: "paused";
      readonly from: Instant;
      readonly until: Instant;
      readonly by: string;
      readonly reason: string;
    }
  /** A clock as an open pull request tells of it, after facts were lost. */
  | {
      readonly kind: "restored";
      readonly id: string;
      readonly severity: Severity;
      readonly startedAt: Instant;
      readonly dueAt?: Instant;
      /** The update that the pull request proposes. */
      readonly from: Digest;
      readonly to: Digest;
      readonly at: Instant;
    };

/** Somebody bears the risk of a vulnerability for a time. */
export interface Acceptance {
  /** Of the vulnerability. */
  readonly id: string;
  readonly from: Instant;
  /** The first moment that it no longer holds. */
  readonly until: Instant;
  readonly by: string;
  readonly reason: string;
}

/**
 * The identity of a fact: equal facts have equal ones, whatever order their members came in. What was seen of a vulnerability first
 * is kept: the same record seen again is the same fact.
 */
export function factId(fact: LineFact | TargetFact): string {
  switch (fact.kind) {
    case "onboarded":
    case "subscribed":
      return `${fact.kind} ${fact.at}`;
    case "observed":
    case "verified":
    case "back":
    case "backwards":
    case "affected":
    case "unassessed":
    case "declined":
      return `${fact.kind} ${fact.digest} ${fact.at}`;
    case "offered":
      return `offered ${fact.from} ${fact.digest}`;
    case "gone":
      return `gone ${fact.digest} ${fact.at} ${fact.why}`;
    case "assessed":
      return `assessed ${Math.floor(fact.at / 86_400_000)}`;
    case "vulnerability":
      return `vulnerability ${fact.publishedAt} ${String(fact.hasFix)} ${fact.id}`;
    case "rated":
      return `rated ${fact.at} ${fact.severity} ${fact.id}`;
    case "kev":
      return `kev ${fact.addedAt} ${fact.dueAt ?? ""} ${fact.id}`;
    case "ssvc":
      return `ssvc ${fact.at} ${fact.exploitation} ${fact.automatable} ${fact.technicalImpact} ${fact.id}`;
    case "not-applicable":
    case "returned":
      return `${fact.kind} ${fact.at} ${fact.id}`;
    case "pinned":
      return `pinned ${placeName(fact.place)} ${fact.digest} ${fact.at} ${fact.how}`;
    case "ended":
      return `ended ${fact.place === undefined ? "" : placeName(fact.place)} ${fact.at} ${fact.how}`;
    case "accepted":
      return `accepted ${fact.from} ${fact.until} ${fact.id}`;
    case "acceptance-lifted":
      return `acceptance-lifted ${fact.from} ${fact.id}`;
    case "paused":
      return `paused ${fact.from} ${fact.until}`;
    case "restored":
      return `restored ${fact.from} ${fact.to} ${fact.id}`;
    default:
      return fact satisfies never;
  }
}

/** One name per place of a line in a branch. */
export function placeName({ path, ordinal }: PlaceId): string {
  return `${path}#${ordinal}`;
}

/** Each fact once, the first of equal ones. */
export function uniqueFacts<Fact extends LineFact | TargetFact>(facts: readonly Fact[]): readonly Fact[] {
  const byId = new Map<string, Fact>();
  for (const fact of facts) if (!byId.has(factId(fact))) byId.set(factId(fact), fact);
  return [...byId.values()];
}
