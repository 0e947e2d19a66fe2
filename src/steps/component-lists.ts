import type { ListsAnswer } from "../assess/components.ts";
import type { Store, VerdictRecord } from "../ports/store.ts";
import type { PlatformList } from "../sbom/platforms.ts";
import type { Verdict } from "../trust/verdict.ts";
import { unreadInWords } from "./listed-layers.ts";

/** What is known to be in a digest, for each of its platforms, from its verdict. */
export async function componentListsOf(
  record: VerdictRecord | undefined,
  store: Store,
): Promise<ListsAnswer> {
  if (record === undefined) return { kind: "missing", reason: "it was not looked at yet" };
  const places = placesOf(record);
  if (places.length === 0) {
    const { sbomFault, verdict } = record;
    const fault = sbomFault === undefined ? undefined : `its SBOM cannot be read: ${sbomFault}`;
    return {
      kind: "missing",
      reason: `${fault ?? withoutSbomInWords(verdict)}${unreadInWords(record)}`,
    };
  }
  const lists: PlatformList[] = [];
  for (const { digest, platform = "" } of places) {
    lists.push({ platform, list: await store.components(digest) });
  }
  if (lists.every(({ list }) => list === undefined)) {
    return { kind: "missing", reason: "its component list is no longer kept" };
  }
  return { kind: "lists", lists: [...lists, ...unlistedOf(record, lists)] };
}

function placesOf({ lists, components }: VerdictRecord): NonNullable<VerdictRecord["lists"]> {
  if (lists !== undefined && lists.length > 0) return lists;
  // The one list that was read stands for all platforms.
  return components === undefined ? [] : [{ digest: components.digest }];
}

/** Platforms that nobody says anything of: that they are there is known all the same. */
function unlistedOf({ platforms }: VerdictRecord, lists: readonly PlatformList[]): readonly PlatformList[] {
  const listed = new Set(lists.map(({ platform }) => platform));
  if (listed.has("")) return [];
  return platforms
    .filter((platform) => !listed.has(platform))
    .map((platform) => ({ platform, list: undefined }));
}

function withoutSbomInWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case "verified":
      return "no SBOM is attached";
    case "awaiting-evidence":
      return verdict.missing === "sbom"
        ? "no SBOM is attached"
        : "it is not signed, so nothing about it is believed";
    case "rejected":
      return `it was rejected (${verdict.reason}), so nothing about it is believed`;
    case "unverifiable":
      return verdict.reason;
    default:
      return verdict satisfies never;
  }
}
