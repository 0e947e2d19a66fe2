import { isOnTheWay, layerFileKindOf, pathOf } from "./paths.ts";

/** What one entry of a layer means for the files that tell about packages. */
export type LayerChange =
  /** A file of this layer. */
  | { readonly kind: "file"; readonly path: string; readonly bytes: Uint8Array }
  /** A hard or symbolic link where such a file would be. It is not followed. */
  | { readonly kind: "link"; readonly path: string }
  /** Of the layers below, what is at this path and below it is gone. */
  | { readonly kind: "gone"; readonly path: string }
  /** Of the layers below, what is below this path is gone. */
  | { readonly kind: "emptied"; readonly path: string }
  /** A folder: a file of the layers below that had its name is gone. */
  | { readonly kind: "folder"; readonly path: string };

/** What is at a path of an image: the bytes of a file, or a link. */
export type LayerFile = { readonly kind: "file"; readonly bytes: Uint8Array } | { readonly kind: "link" };

/** The files of an image that tell about its packages, by path. */
export type LayerFiles = ReadonlyMap<string, LayerFile>;

/** Types of entries in a layer's archive, as far as they are told apart. */
export type EntryType = "file" | "folder" | "link" | "other";

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

/**
 * What an entry of a layer means: `wanted` for a file whose bytes count, a change, or undefined for what tells nothing.
 *
 * @param name as the archive has it
 * @see OCI image-spec v1.1.1, layer.md#whiteouts
 */
export function entryOf(
  name: string,
  type: EntryType,
): { readonly kind: "wanted"; readonly path: string } | Exclude<LayerChange, { kind: "file" }> | undefined {
  const path = pathOf(name);
  if (path === undefined) return undefined;
  const cut = path.lastIndexOf("/");
  const [folder, base] = [path.slice(0, Math.max(cut, 0)), path.slice(cut + 1)];
  if (base === OPAQUE)
    return folder === "" || isOnTheWay(folder) ? { kind: "emptied", path: folder } : undefined;
  if (base.startsWith(WHITEOUT)) {
    const hidden = `${folder === "" ? "" : `${folder}/`}${base.slice(WHITEOUT.length)}`;
    return isOnTheWay(hidden) ? { kind: "gone", path: hidden } : undefined;
  }
  if (!isOnTheWay(path)) return undefined;
  if (type === "folder") return { kind: "folder", path };
  if (layerFileKindOf(path) === undefined || type === "other") return { kind: "gone", path };
  return type === "file" ? { kind: "wanted", path } : { kind: "link", path };
}

/**
 * The files of an image after one more layer. What a layer takes away, it takes from the layers below it, wherever it stands in the layer;
 * of two entries with one path the later counts.
 */
export function stackedOn(below: LayerFiles, layer: readonly LayerChange[]): LayerFiles {
  const files = new Map(below);
  for (const change of layer) takeAway(files, change);
  for (const change of layer) {
    if (change.kind === "file") files.set(change.path, { kind: "file", bytes: change.bytes });
    if (change.kind === "link") files.set(change.path, { kind: "link" });
  }
  return files;
}

function takeAway(files: Map<string, LayerFile>, change: LayerChange): void {
  const { path } = change;
  switch (change.kind) {
    case "file":
    case "link":
    case "folder":
      files.delete(path);
      return;
    case "gone":
      files.delete(path);
      return deleteBelow(files, path);
    case "emptied":
      return deleteBelow(files, path);
    default:
      change satisfies never;
  }
}

function deleteBelow(files: Map<string, LayerFile>, path: string): void {
  const start = path === "" ? "" : `${path}/`;
  for (const each of files.keys()) if (each.startsWith(start)) files.delete(each);
}
