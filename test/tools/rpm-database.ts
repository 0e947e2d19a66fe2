import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What a header says of a package; an empty text leaves the tag out. */
export interface RpmFields {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  readonly epoch?: number;
  readonly architecture?: string;
  readonly licence?: string;
  readonly sourceRpm?: string;
  /** Bytes of a tag that nobody reads: a changelog, in real headers. */
  readonly ballastBytes?: number;
}

const STRING = 6;
const INT32 = 4;
const BINARY = 7;

/** A header as rpm's database has it. @see rpm 4.20, docs/manual/format_header.md */
export function rpmHeaderOf(fields: RpmFields): Buffer {
  const tags = [
    [63, BINARY, Buffer.alloc(fields.ballastBytes ?? 16, 1)],
    [1000, STRING, text(fields.name)],
    [1001, STRING, text(fields.version)],
    [1002, STRING, text(fields.release)],
    [1003, INT32, fields.epoch === undefined ? undefined : number(fields.epoch)],
    [1014, STRING, text(fields.licence)],
    [1022, STRING, text(fields.architecture)],
    [1044, STRING, text(fields.sourceRpm)],
  ] as const;
  const entries: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [tag, type, bytes] of tags) {
    if (bytes === undefined) continue;
    // Numbers stand at multiples of their length.
    const padding = type === INT32 ? (4 - (offset % 4)) % 4 : 0;
    data.push(Buffer.alloc(padding), bytes);
    offset += padding;
    entries.push(Buffer.concat([tag, type, offset, 1].map(number)));
    offset += bytes.byteLength;
  }
  return Buffer.concat([number(entries.length), number(offset), ...entries, ...data]);
}

/** `rpmdb.sqlite` with these headers, as SQLite itself writes it. */
export function rpmDatabaseOf(headers: readonly Buffer[], pageBytes = 4_096): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "hk-rpmdb-"));
  try {
    const path = join(folder, "rpmdb.sqlite");
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA page_size = ${pageBytes}`);
    database.exec("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)");
    database.exec("CREATE TABLE 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)");
    database.exec("CREATE INDEX 'Name_key_idx' ON 'Name' (key ASC)");
    const insert = database.prepare("INSERT INTO Packages (blob) VALUES (?)");
    database.exec("BEGIN");
    for (const header of headers) insert.run(header);
    database.exec("COMMIT");
    database.close();
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function text(value: string | undefined): Buffer | undefined {
  return value === undefined || value === "" ? undefined : Buffer.from(`${value}\u0000`);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
