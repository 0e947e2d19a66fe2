import { pathToFileURL } from "node:url";

/**
 * Where real data that is too large to ship may lie beside the project (or in HULLKEEPER_SHARED_DATA). Tests that read it are
 * skipped, visibly, where it is absent.
 *
 * @param path inside the data folder; ends in `/` for a folder
 */
export function sharedData(path: string): URL {
  const configured = process.env["HULLKEEPER_SHARED_DATA"];
  const root =
    configured === undefined
      ? new URL("../../shared/data/", import.meta.url)
      : pathToFileURL(`${configured}/`);
  return new URL(path, root);
}
