import type { FeedDocument } from "../../advisory/feed-document.ts";
import { parseOpenVex } from "../../advisory/openvex.ts";
import { isOpenVex } from "../../sbom/vex-documents.ts";
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
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return [documentItem({ kind: "osv", record: parseOsvRecord(value) })];
    const context = value["@context"];
    if (typeof context === "string" && isOpenVex(context)) return vexItems(value, place);
    if (value["dataType"] !== "CVE_RECORD")
      return [documentItem({ kind: "osv", record: parseOsvRecord(value) })];
    const document = ssvcDocumentOf(value);
    return document === undefined ? [] : [documentItem(document)];
  } catch (thrown) {
    return [{ kind: "fault", fault: { place, reason: messageOf(thrown) } }];
  }
}

/** One document for each vulnerability, so that who asks about one does not get all of them. */
function vexItems(value: unknown, place: string): readonly FeedItem[] {
  const { statements, skippedCount } = parseOpenVex(value, "feed");
  const items = [...Map.groupBy(statements, ({ vulnerabilities }) => vulnerabilities[0] ?? "")].map(
    ([vulnerability, some]) =>
      documentItem({ kind: "vex", id: `${place} ${vulnerability}`, statements: some }),
  );
  if (skippedCount === 0) return items;
  return [...items, { kind: "fault", fault: { place, reason: `${skippedCount} statements cannot be read` } }];
}

function documentItem(document: FeedDocument): FeedItem {
  return { kind: "document", document };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
