/** An answer with the tag that GitHub gave it. */
export interface KeptAnswer {
  readonly etag: string;
  /** As it was read: it is read again when it is used. */
  readonly data: unknown;
}

/** Answers that GitHub need not send again while they are the same. Not shared with other processes. */
export interface KeptAnswers {
  find(key: string): { readonly etag: string; data(): unknown } | undefined;
  /** Keeps a small one; what was used longest ago makes place. */
  keep(key: string, answer: KeptAnswer): void;
}

/**
 * Of all, with their keys and tags. Enough for the branch and the tree of a thousand code repositories: the answer on a branch has 300
 * characters as it is kept, a file in a tree about 120.
 */
const CHARS_MAX = 4_000_000;
/** Of one, as JSON. */
const LENGTH_MAX = 8_192;
const ETAG_LENGTH_MAX = 256;

/** Keeps answers of 8,192 characters at most, as text: as objects a tree takes half as much again. */
export function createKeptAnswers(charsMax: number = CHARS_MAX): KeptAnswers {
  const kept = new Map<string, { readonly etag: string; readonly text: string }>();
  let chars = 0;
  const forget = (key: string): void => {
    const { etag, text } = kept.get(key) ?? { etag: "", text: "" };
    if (kept.delete(key)) chars -= key.length + etag.length + text.length;
  };
  return {
    find(key) {
      const answer = kept.get(key);
      if (answer === undefined) return undefined;
      kept.delete(key);
      kept.set(key, answer);
      const { etag, text } = answer;
      return { etag, data: () => JSON.parse(text) };
    },
    keep(key, { etag, data }) {
      forget(key);
      const text = JSON.stringify(data);
      if (text.length > LENGTH_MAX || etag.length > ETAG_LENGTH_MAX) return;
      kept.set(key, { etag, text });
      chars += key.length + etag.length + text.length;
      for (const oldest of kept.keys()) {
        if (chars <= charsMax) break;
        forget(oldest);
      }
    },
  };
}
