import { z } from "zod";

/** What a manifest of an index runs on. @see OCI image-spec v1.1.1, image-index.md */
export const platformSchema = z.object({
  os: z.string().min(1).max(64),
  architecture: z.string().min(1).max(64),
  variant: z.string().min(1).max(64).optional(),
});

export type Platform = Readonly<z.infer<typeof platformSchema>>;

/** `linux/arm64/v8`. */
export function renderPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** BuildKit gives the attestation manifests inside an index this platform; nobody runs them. */
export function isRunnable({ os, architecture }: Platform): boolean {
  return os !== "unknown" && architecture !== "unknown";
}
