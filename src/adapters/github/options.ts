import type { Metrics } from "../../ports/metrics.ts";
import type { WriteLane } from "../../ports/write-lane.ts";
import type { Secret } from "../../secret.ts";

/** As whom GitHub is spoken to. */
export type GitHubAuth =
  /** A personal access token, classic or fine-grained. */
  | { readonly kind: "token"; readonly token: Secret }
  /** A GitHub App, by its number or client id, and its private key (PEM, PKCS#1 or PKCS#8). */
  | { readonly kind: "app"; readonly id: string; readonly privateKey: Secret };

/** How one GitHub is spoken to. */
export interface GitHubOptions {
  /** Of the REST API: `https://api.github.com`, or `https://HOST/api/v3` of a GitHub Enterprise Server. */
  readonly baseUrl: string;
  readonly auth: GitHubAuth;
  /** Certificates (PEM) to trust beside the usual ones. */
  readonly ca?: string;
  /** Webhooks come to us: those of an App that nobody took are looked for. */
  readonly webhooks?: "received";
  readonly userAgent: string;
  readonly metrics: Metrics;
  /** Where who creates something waits for a turn. Absent: nobody waits. */
  readonly lane?: WriteLane;
  /** Of one request, its answer included. GitHub itself gives up after 10 seconds. Default 30,000. */
  readonly timeoutMs?: number;
}
