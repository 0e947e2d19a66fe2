import type { Digest } from "./digest.ts";

/** What a digest is: a list of platforms' manifests, or one image. One kind is never replaced by the other. */
export type DigestShape =
  | {
      readonly kind: "index";
      readonly children: readonly { readonly digest: Digest; readonly platform: string }[];
    }
  /** @property platform what it runs on, e.g. `linux/amd64`, where its config says so */
  | { readonly kind: "image"; readonly platform?: string };
