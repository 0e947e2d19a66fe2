import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file that pages name, with the path that names exactly this content. */
export interface Asset {
  /** E.g. `/style.css?v=1f0c…`. */
  readonly path: string;
  readonly route: string;
  readonly contentType: string;
  readonly etag: string;
  readonly text: string;
}

/** The style sheet and the mark, read once. */
export function readAssets(): { readonly style: Asset; readonly icon: Asset } {
  return {
    style: readAsset("style.css", "text/css; charset=utf-8"),
    icon: readAsset("icon.svg", "image/svg+xml"),
  };
}

function readAsset(name: string, contentType: string): Asset {
  const text = readFileSync(new URL(name, import.meta.url), "utf8");
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return { path: `/${name}?v=${hash}`, route: `/${name}`, contentType, etag: `"${hash}"`, text };
}
