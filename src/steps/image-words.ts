import { parseOpenVex } from "../advisory/openvex.ts";
import type { VexStatement } from "../advisory/vex.ts";
import type { ImageWords } from "../assess/assess.ts";
import { InvalidInputError } from "../errors.ts";
import type { Store, VerdictRecord } from "../ports/store.ts";

/** Statements of one image at most; of more, the rest is not read, and the advisories they would have answered hold. */
const STATEMENTS_MAX = 200_000;

/**
 * What is said about an image besides its packages: what statements may call it, and the OpenVEX statements that verified
 * attestations carry. A document that cannot be read says nothing.
 */
export async function imageWordsOf(record: VerdictRecord | undefined, store: Store): Promise<ImageWords> {
  if (record === undefined) return {};
  const { image, lists = [], configs = [], components, vex = [] } = record;
  const places = [image, ...lists, ...configs, ...vex, ...(components === undefined ? [] : [components])];
  const names = {
    repository: image.repository,
    digests: [...new Set(places.map(({ digest }) => digest))],
  };
  // What is no longer believed says nothing either.
  if (record.verdict.kind !== "verified") return { names };
  const statements: VexStatement[] = [];
  for (const { digest } of vex) {
    for (const document of await store.vexDocuments(digest)) {
      for (const statement of statementsIn(document)) {
        if (statements.length < STATEMENTS_MAX) statements.push(statement);
      }
    }
  }
  return { names, vex: statements };
}

function statementsIn(document: unknown): readonly VexStatement[] {
  try {
    return parseOpenVex(document, "attestation").statements;
  } catch (error) {
    if (error instanceof InvalidInputError) return [];
    throw error;
  }
}
