import { MINUTE_MS } from "../src/time.ts";
import { type ImagePattern, renderImagePattern } from "../src/vendor/pattern.ts";
import { type Fault, renderPath } from "./fault.ts";
import { isLoopbackHost, isPrivateHost } from "./hosts.ts";
import { unprovenHooks } from "./push.ts";
import type { AllSections, Section } from "./schema.ts";
import type { VendorFile } from "./vendor-file.ts";

/** Images at private addresses that nobody allowed. A name that resolves to one is found when it is spoken to. */
export function addressFaults(
  places: readonly { readonly pattern: ImagePattern; readonly path: string }[],
  registries: Section<"registries"> | undefined,
): readonly Fault[] {
  if (registries === undefined) return [];
  const allowed = new Set(
    Object.entries(registries).flatMap(([host, { allowPrivate }]) => (allowPrivate ? [host] : [])),
  );
  return places
    .filter(({ pattern: { registry } }) => isPrivateHost(registry) && !allowed.has(registry))
    .map(({ pattern, path }) => ({
      path,
      reason:
        `${renderImagePattern(pattern)} is at an address of this machine or a private network: ` +
        `allow it with ${renderPath(["registries", pattern.registry, "allowPrivate"])}: true`,
    }));
}

/** What works and is likely not meant. */
export function warningsOf(
  { vendors, registries, intervals, web, push }: AllSections,
  vendorFiles: readonly VendorFile[],
): readonly string[] {
  const unverifiable = vendorFiles.flatMap(({ id, signature }) => {
    const override = vendors[id];
    if (override === undefined || !override.enabled) return [];
    const keys = override.keys ?? signature.keys;
    return keys.length > 0
      ? []
      : [`${renderPath(["vendors", id])}: nothing can be verified. ${signature.keyHint}`];
  });
  const inClear = Object.entries(registries)
    .filter(([host, { plainHttp, password }]) => plainHttp && password !== undefined && !isLoopbackHost(host))
    .map(([host]) => `${renderPath(["registries", host])}: the password is sent over plain http`);
  const tooOften =
    intervals.poll < MINUTE_MS
      ? [`intervals.poll: ${intervals.poll / 1_000}s is often: most public registries limit requests`]
      : [];
  const isOpen = !isLoopbackHost(web.host);
  const open = isOpen
    ? [`web.host: the pages have no login, and whoever reaches ${web.host} reads them`]
    : [];
  return [...unverifiable, ...inClear, ...tooOften, ...open, ...unprovenHooks(push.hooks)];
}
