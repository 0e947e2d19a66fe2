import { createHash } from "node:crypto";
import type { EditOptions } from "../edit/format.ts";
import type { Mirror } from "../image/mirror.ts";
import { joinEdit, type OwnFileReader, type OwnSettings } from "../vendor/own-settings.ts";
import type { Profile } from "../vendor/profile.ts";
import type { Pinning } from "../vendor/pull-rules.ts";

/** Everything of the operator that decides what files are read and what their places are. */
export interface ReadingRules {
  readonly version: string;
  readonly edit: EditOptions;
  readonly profiles: readonly Profile[];
  readonly mirrors: readonly Mirror[];
  readonly ownFiles?: OwnFileReader;
  /** Of the policy of the code repository. */
  readonly pin: Pinning;
}

/**
 * Names the rules that files of a code repository are read by: the release, what is edited, who claims which images, what owners leave out. Equal rules find the
 * same places in the same files.
 */
export function readByOf(
  own: OwnSettings | undefined,
  { edit, profiles, mirrors, ownFiles, version, pin }: ReadingRules,
): string {
  const rules = {
    version,
    edit: joinEdit(edit, own),
    profiles: profiles.map(({ id, mode, notice, images }) => ({
      id,
      mode,
      notice,
      images: images.map(({ source, flags }) => [source, flags]),
    })),
    mirrors,
    isWatchedUnpinned: (own?.pin ?? pin) !== "never",
    ownFiles: ownFiles === undefined ? "ignored" : ownFiles.forbidden,
    ignorePaths: own?.ignorePaths,
    images: own?.images,
  };
  return createHash("sha256").update(JSON.stringify(rules)).digest("hex").slice(0, 32);
}
