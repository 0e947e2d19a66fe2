import type { Secret } from "../secret.ts";
import type { Proof } from "./proof.ts";
import type { Provider } from "./provider.ts";

/** One place where a registry may tell of pushes: `/hooks/<provider>/<secret>`. */
export interface Hook {
  readonly provider: Provider;
  /** Last part of the path: whoever knows it may call. At least 20 characters that need no escape in a URL. */
  readonly secret: Secret;
  /**
   * Host whose images the calls are about, as references name it. Absent for a cloud whose events say which of its own hosts they are
   * about, and for a service that has one host.
   */
  readonly registry?: string;
  /** What a call has to show beside the secret in its path. */
  readonly proof: Proof;
}
