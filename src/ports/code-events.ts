import type { FollowUp, KnownProposalKey, KnownRepository } from "../code-events/follow.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import type { Instant } from "../time.ts";

/** A webhook of the code host, with what follows from it. */
export interface DeliveryNotice {
  /** What the code host calls it by; the same when it is sent again. */
  readonly id: string;
  readonly at: Instant;
  readonly looks: readonly FollowUp[];
  /** Pull requests that are asked about at their next look, however young the last one is. */
  readonly wishes: readonly KnownProposalKey[];
}

/** What is kept of webhooks of the code host. Part of the store. */
export interface CodeEventStore {
  /** What is known of a code repository, by a name in any case. Nothing of one that is read no more. */
  knownUnder(name: CodeRepository): Promise<KnownRepository>;
  /**
   * Takes note of a webhook, and of all that follows from it, in one step: work is only ever due sooner by it.
   *
   * @returns `known` when its id was noted before, and then nothing happens. Ids are remembered for four days, 50,000 at most: what is
   * forgotten and comes again has something looked at once more
   */
  noteDelivery(notice: DeliveryNotice): Promise<"noted" | "known">;
  /** When somebody last wished, not more than a week ago, that the code host be asked about a pull request; undefined when that was done since. */
  lookWish(key: KnownProposalKey): Promise<Instant | undefined>;
  /** A look answers the wish that was there before it began. `newer`: there is another one meanwhile, which stays. */
  answerLookWish(key: KnownProposalKey, wish: Instant | undefined): Promise<"answered" | "newer">;

  /** Up to when it is known which webhooks the code host could not deliver; undefined before that was first looked at. */
  deliveriesSeenUpTo(): Promise<Instant | undefined>;
  saveDeliveriesSeenUpTo(at: Instant): Promise<void>;
  /** Those of these ids that were asked for again in the last four days. */
  askedAgain(ids: readonly string[]): Promise<ReadonlySet<string>>;
  noteAskedAgain(id: string, at: Instant): Promise<void>;
}
