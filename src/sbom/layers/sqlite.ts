import { InvalidInputError } from "../../errors.ts";
import { textOf } from "./lines.ts";

const MAGIC = "SQLite format 3\u0000";
const HEADER_BYTES = 100;
const INTERIOR = 0x05;
const LEAF = 0x0d;

/**
 * The blobs of a table of a SQLite file, in the order of its rows: of each row the first value that is one. Own code, as a library would run
 * what a foreign schema says.
 *
 * Every page is read once at most, so that no file keeps us longer than its length.
 *
 * @throws {InvalidInputError} `sbom-invalid` for what is no SQLite file with this table, or is damaged
 * @see https://www.sqlite.org/fileformat2.html
 */
export function blobsIn(bytes: Uint8Array, table: string): readonly Uint8Array[] {
  const file = openFile(bytes);
  const root = rootOf(file, table);
  return [...recordsOf(file, root)].flatMap((record) => valuesOf(record).find(isBlob) ?? []);
}

interface File {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly pageBytes: number;
  /** Bytes of a page that hold content. */
  readonly usable: number;
  /** Pages that were read. */
  readonly seen: Set<number>;
  /** Bytes of records that may still be read: cells that lie over each other are no database's. */
  readonly left: { bytes: number };
}

type Value = string | number | Uint8Array | undefined;

function openFile(bytes: Uint8Array): File {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEADER_BYTES || textOf(bytes.subarray(0, 16)) !== MAGIC) {
    throw damaged("no SQLite file");
  }
  const written = view.getUint16(16);
  const pageBytes = written === 1 ? 65_536 : written;
  const usable = pageBytes - view.getUint8(20);
  if (pageBytes < 512 || usable < 480) throw damaged("pages of an impossible size");
  return { view, bytes, pageBytes, usable, seen: new Set(), left: { bytes: bytes.byteLength } };
}

function rootOf(file: File, table: string): number {
  for (const record of recordsOf(file, 1)) {
    const [type, name, , root] = valuesOf(record);
    if (type === "table" && name === table && typeof root === "number") return root;
  }
  throw damaged("the table is not there");
}

/** Where a page begins; each is handed out once. */
function pageAt(file: File, page: number): number {
  const at = (page - 1) * file.pageBytes;
  if (page < 1 || at + file.pageBytes > file.bytes.byteLength) throw damaged("a page that is not there");
  if (file.seen.has(page)) throw damaged("a page that is in two places");
  file.seen.add(page);
  return at;
}

/** The records of a table's tree, from the first row to the last. */
function* recordsOf(file: File, root: number): Generator<Uint8Array> {
  const pending = [root];
  for (let page = pending.pop(); page !== undefined; page = pending.pop()) {
    const at = pageAt(file, page);
    const headerAt = page === 1 ? at + HEADER_BYTES : at;
    const type = file.view.getUint8(headerAt);
    if (type === INTERIOR) {
      const children = [...cellsOf(file, at, headerAt, 12)].map((cell) => uint32At(file, cell));
      pending.push(file.view.getUint32(headerAt + 8), ...children.toReversed());
    } else if (type === LEAF) {
      for (const cell of cellsOf(file, at, headerAt, 8)) yield payloadOf(file, at, cell);
    } else {
      throw damaged("a page of another type");
    }
  }
}

function* cellsOf(
  { view, pageBytes }: File,
  at: number,
  headerAt: number,
  headerBytes: number,
): Generator<number> {
  const count = view.getUint16(headerAt + 3);
  if (headerAt + headerBytes + 2 * count > at + pageBytes) throw damaged("more cells than fit on a page");
  for (let index = 0; index < count; index++) {
    yield at + view.getUint16(headerAt + headerBytes + 2 * index);
  }
}

/** The record of a leaf's cell, put together from the pages that it is spread over. */
function payloadOf(file: File, at: number, cell: number): Uint8Array {
  const size = varintAt(file.bytes, cell);
  const row = varintAt(file.bytes, size.end);
  const { usable } = file;
  file.left.bytes -= size.value;
  if (file.left.bytes < 0) throw damaged("rows that are longer than the file");
  const local = localBytesOf(size.value, usable);
  if (row.end + local > at + file.pageBytes) throw damaged("a cell beyond its page");
  const first = file.bytes.subarray(row.end, row.end + local);
  if (local === size.value) return first;

  const payload = new Uint8Array(size.value);
  payload.set(first);
  let length = local;
  let next = uint32At(file, row.end + local);
  while (length < size.value) {
    const from = pageAt(file, next);
    const part = file.bytes.subarray(from + 4, from + 4 + Math.min(usable - 4, size.value - length));
    payload.set(part, length);
    length += part.byteLength;
    next = file.view.getUint32(from);
  }
  return payload;
}

/** Bytes of a record that stand on the leaf itself. @see https://www.sqlite.org/fileformat2.html#b_tree_pages */
function localBytesOf(size: number, usable: number): number {
  const most = usable - 35;
  if (size <= most) return size;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const wanted = least + ((size - least) % (usable - 4));
  return wanted <= most ? wanted : least;
}

/** Bytes of integers by serial type. */
const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function valuesOf(record: Uint8Array): readonly Value[] {
  const header = varintAt(record, 0);
  if (header.value > record.byteLength) throw damaged("a row with a wrong header");
  const values: Value[] = [];
  let at = header.value;
  for (let typeAt = header.end; typeAt < header.value;) {
    const type = varintAt(record, typeAt);
    typeAt = type.end;
    const bytes = type.value >= 12 ? Math.floor((type.value - 12) / 2) : (INTEGER_BYTES[type.value] ?? 0);
    if (at + bytes > record.byteLength) throw damaged("a value beyond its row");
    values.push(valueOf(type.value, record.subarray(at, at + bytes)));
    at += bytes;
  }
  return values;
}

function valueOf(type: number, bytes: Uint8Array): Value {
  if (type >= 12) return type % 2 === 0 ? bytes : textOf(bytes);
  // Numbers of pages are positive; the rest is not asked for.
  return type >= 1 && type <= 5 ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined;
}

function isBlob(value: Value): value is Uint8Array {
  return value instanceof Uint8Array;
}

/** A number of one to nine bytes; above 2^53 it is only large. */
function varintAt(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) throw damaged("it ends within a number");
    if (index === 8) return { value: value * 256 + byte, end: at + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  throw damaged("a number without an end");
}

function uint32At({ view, bytes }: File, at: number): number {
  if (at + 4 > bytes.byteLength) throw damaged("it ends within a number");
  return view.getUint32(at);
}

function damaged(what: string): InvalidInputError {
  return new InvalidInputError("sbom-invalid", `not a package database: ${what}`);
}
