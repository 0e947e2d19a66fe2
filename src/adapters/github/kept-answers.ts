/** An answer with the tag that GitHub gave it. */
export interface KeptAnswer {
  readonly etag: string;
  /** As it was read: it is read again when it is used. */
  readonly data: unknown;
}

/** Answers that GitHub need not send again while they are the same. Not shared with other processes. */
export interface KeptAnswers {
  find(key: string): KeptAnswer | undefined;
  /** Keeps a small one; what was used longest ago makes place. */
  keep(key: string, answer: KeptAnswer): void;
}

/** Enough for the branch and the tree of a thousand code repositories, and then some. */
const ANSWERS_MAX = 4_000;
/** Of one, as JSON. All together cannot be more than 32 MB, and are a few: the answer on a branch has 300 characters as it is kept. */
const LENGTH_MAX = 8_192;
const ETAG_LENGTH_MAX = 256;

/** Keeps 4,000 answers of 8,192 characters at most. */
export function createKeptAnswers(answersMax: number = ANSWERS_MAX): KeptAnswers {
  const kept = new Map<string, KeptAnswer>();
  return {
    find(key) {
      const answer = kept.get(key);
      if (answer === undefined) return undefined;
      kept.delete(key);
      kept.set(key, answer);
      return answer;
    },
    keep(key, answer) {
      kept.delete(key);
      const isSmall = JSON.stringify(answer.data).length <= LENGTH_MAX;
      if (!isSmall || answer.etag.length > ETAG_LENGTH_MAX) return;
      kept.set(key, answer);
      const [oldest] = kept.keys();
      if (kept.size > answersMax && oldest !== undefined) kept.delete(oldest);
    },
  };
}
