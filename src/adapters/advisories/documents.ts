import type { FeedDocument } from "../../advisory/feed-document.ts";
import { parseOsvRecord } from "../../advisory/osv.ts";
import { messageOf } from "../../errors.ts";
import type { FeedItem } from "../../ports/feed-sources.ts";
import { ssvcDocumentOf } from "./ssvc.ts";

/**
 * What a JSON text in a feed holds, whichever of the forms that feeds have it is: an OSV record, an OpenVEX document, or a CVE record with
 * CISA's decision points. What is none of them is a fault; a CVE record without decision points is nothing.
 *
 * @param place of the text in its feed, for people
 */
export function itemsIn(text: string, place: string): readonly FeedItem[] {
  try {
    return documentsIn(JSON.parse(text)).map((document) => ({ kind: "document", document }));
  } catch (thrown) {
    return [{ kind: "fault", fault: { place, reason: messageOf(thrown) } }];
  }
}

function documentsIn(value: unknown): readonly FeedDocument[] {
  if (isObject(value) && value["dataType"] === "CVE_RECORD") {
    const document = ssvcDocumentOf(value);
    return document === undefined ? [] : [document];
  }
  return [{ kind: "osv", record: parseOsvRecord(value) }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
