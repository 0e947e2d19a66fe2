import { textOf } from "./lines.ts";
import { type DatabaseEntry, INVALID_ENTRY } from "./package.ts";

const TAGS = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  licence: 1014,
  architecture: 1022,
  sourceRpm: 1044,
} as const;
const WANTED: ReadonlySet<number> = new Set(Object.values(TAGS));

const INT32 = 4;
const STRING = 6;
const ENTRY_BYTES = 16;
/** Entries of one header at most: rpm's own limit. @see rpm 4.20, lib/header.cc, `hdrchkTags` */
const ENTRIES_MAX = 65_536;
/** What is longer is no name, version or licence. */
const STRING_BYTES_MAX = 2_000;

/**
 * Reads the header of an installed package as rpm's database has it: the number of entries, the bytes of data, the entries, the data.
 *
 * @see rpm 4.20, docs/manual/format_header.md
 */
export function rpmPackageIn(header: Uint8Array): DatabaseEntry {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.byteLength < 8) return INVALID_ENTRY;
  const [count, dataBytes] = [view.getUint32(0), view.getUint32(4)];
  const dataAt = 8 + count * ENTRY_BYTES;
  if (count > ENTRIES_MAX || dataAt + dataBytes > view.byteLength) return INVALID_ENTRY;
  const data = header.subarray(dataAt, dataAt + dataBytes);
  const found = new Map<number, string>();
  for (let at = 8; at < dataAt; at += ENTRY_BYTES) {
    const tag = view.getUint32(at);
    if (!WANTED.has(tag) || found.has(tag)) continue;
    const value = valueOf(data, view.getUint32(at + 4), view.getUint32(at + 8));
    if (value !== undefined) found.set(tag, value);
  }
  return entryOf(found);
}

function valueOf(data: Uint8Array, type: number, offset: number): string | undefined {
  if (offset >= data.byteLength) return undefined;
  if (type === INT32) {
    const end = offset + 4;
    return end > data.byteLength
      ? undefined
      : String(new DataView(data.buffer, data.byteOffset + offset, 4).getUint32(0));
  }
  if (type !== STRING) return undefined;
  const end = data.indexOf(0, offset);
  return end === -1 || end - offset > STRING_BYTES_MAX ? undefined : textOf(data.subarray(offset, end));
}

function entryOf(found: ReadonlyMap<number, string>): DatabaseEntry {
  const [name = "", version = "", release = ""] = [TAGS.name, TAGS.version, TAGS.release].map((tag) =>
    found.get(tag),
  );
  if (name === "" || version === "" || release === "") return INVALID_ENTRY;
  const epoch = found.get(TAGS.epoch);
  const architecture = found.get(TAGS.architecture);
  const upstream = found.get(TAGS.sourceRpm);
  const licence = found.get(TAGS.licence);
  return {
    kind: "package",
    package: {
      type: "rpm",
      name,
      version: `${version}-${release}`,
      ...(epoch === undefined ? {} : { epoch }),
      ...(architecture === undefined ? {} : { architecture }),
      ...(upstream === undefined ? {} : { upstream }),
      ...(licence === undefined ? {} : { licence }),
    },
  };
}
