import type { FileListing } from "../ports/code-host.ts";
import {
  allowedOf,
  OWN_FILES,
  type OwnFault,
  type OwnFileReader,
  type OwnReading,
} from "../vendor/own-settings.ts";
import type { OwnFile } from "../watch/scan.ts";

const PATHS: ReadonlySet<string> = new Set(OWN_FILES);

/** Whether a path is where owners may say something. */
export function isOwnFile(path: string): boolean {
  return PATHS.has(path);
}

/** What owners wrote for us, by a listing that wanted it. @param before what was known of it */
export function ownFileOf(
  listing: FileListing,
  reader: OwnFileReader,
  before: OwnFile | undefined,
): OwnFile | undefined {
  const { files, skipped, unchanged } = listing;
  const there = [...files, ...skipped].map(({ path }) => path).filter(isOwnFile);
  if (unchanged.some(isOwnFile)) return before;
  const [path] = there.toSorted();
  const { settings, told } = before ?? {};
  const kept = told === undefined ? {} : { told };
  // That it is right now is still to be told.
  if (path === undefined) return told === undefined ? undefined : { faults: [], ...kept };
  const reading = readingOf(path, listing, reader);
  if (reading.kind === "read") return { path, settings: reading.settings, faults: [], ...kept };
  const holds = settings === undefined ? {} : { settings: allowedOf(settings, reader.forbidden) };
  return { path, ...holds, faults: reading.faults, ...kept };
}

function readingOf(path: string, { files, skipped }: FileListing, reader: OwnFileReader): OwnReading {
  const second = [...files, ...skipped].find((file) => isOwnFile(file.path) && file.path !== path);
  if (second !== undefined) return faulty(`${path} and ${second.path} are both there: remove one of them`);
  const text = files.find((file) => file.path === path)?.text;
  if (text !== undefined) return reader.parse(text);
  const reason = skipped.find((file) => file.path === path)?.reason ?? "not there";
  return faulty(`cannot be read: ${reason}`);
}

function faulty(reason: string): { readonly kind: "faulty"; readonly faults: readonly OwnFault[] } {
  return { kind: "faulty", faults: [{ path: "", reason }] };
}
