import { readFileSync } from "node:fs";

const read = (name: string): string =>
  readFileSync(new URL(`../../fakes/registry/tls/${name}`, import.meta.url), "utf8");

/** A certificate for 127.0.0.1 and localhost that signs itself, and its key. */
export const TLS = { key: read("key.pem"), cert: read("cert.pem") };

/** The same, no longer valid. */
export const EXPIRED_TLS = { key: TLS.key, cert: read("expired.pem") };
