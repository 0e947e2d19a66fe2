import { deflateSync } from "node:zlib";
import { InvalidInputError } from "../errors.ts";
import { documentOf } from "./document.ts";

/** OpenVEX documents as they are stored, so that they are handed on without being read again. */
export interface PackedVex {
  /** A JSON list of documents, deflated with zlib's header. */
  readonly deflated: Uint8Array;
  /** Documents that are not among them: no JSON, or more than are kept. */
  readonly leftOut: number;
}

/** Documents about one digest at most, and characters of them all together. */
export const VEX_DOCUMENTS_MAX = 16;
export const VEX_LENGTH_MAX = 8 * 1024 * 1024;

/** Whether an attestation of this predicate type carries an OpenVEX document. @see OpenVEX specification 0.2.0 */
export function isOpenVex(predicateType: string): boolean {
  return /^https:\/\/openvex\.dev\/ns(?:$|[/@#?])/.test(predicateType);
}

/**
 * Packs the OpenVEX documents among statements, in their order; what they say is not looked at.
 *
 * @returns undefined when there is none
 */
export function packedVexOf(
  statements: readonly { readonly predicateType: string; readonly predicate: unknown }[],
): PackedVex | undefined {
  const own = statements.filter(({ predicateType }) => isOpenVex(predicateType));
  if (own.length === 0) return undefined;
  const kept: string[] = [];
  let length = 0;
  for (const { predicate } of own) {
    const text = textOf(predicate);
    if (text === undefined || kept.length >= VEX_DOCUMENTS_MAX || length + text.length > VEX_LENGTH_MAX) {
      continue;
    }
    kept.push(text);
    length += text.length;
  }
  return { deflated: deflateSync(`[${kept.join(",")}]`), leftOut: own.length - kept.length };
}

function textOf(predicate: unknown): string | undefined {
  try {
    return JSON.stringify(documentOf(predicate));
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}
