/** Where a feed comes from. */
export type FeedPlace =
  /** A folder of records that somebody else keeps fresh. */
  | { readonly kind: "directory"; readonly path: string }
  /** A repository of OSV, OpenVEX or CVE records as a packed tar archive. */
  | { readonly kind: "archive"; readonly url: string }
  /** One ecosystem of OSV's dumps; the address is that of all of them, without `/` at its end. */
  | { readonly kind: "osv-dump"; readonly url: string; readonly ecosystem: string }
  /** CISA's catalogue of known exploited vulnerabilities, and FIRST's scores. */
  | { readonly kind: "kev" | "epss"; readonly url: string }
  /** What was imported; nobody is asked. */
  | { readonly kind: "imported" }
  /** OSV's service, asked about packages of languages that no mirrored feed speaks of. Nothing of it is mirrored. */
  | { readonly kind: "osv-api"; readonly url: string };

/** A feed as it is configured. */
export interface FeedDefinition {
  /** Lower-case letters, digits, dashes. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly everyMs: number;
  readonly staleAfterMs: number;
  /** Ecosystems that it speaks of, without release; absent where they are not known before it is read. */
  readonly ecosystems?: readonly string[];
  readonly licenceNote?: string;
  /** Its licence forbids passing it on. */
  readonly isPrivate?: true;
  readonly place: FeedPlace;
}
