import { registryMeantBy } from "../src/image/reference.ts";
import { MINUTE_MS } from "../src/time.ts";
import { cloudHostFault } from "./cloud-hosts.ts";
import { type Fault, renderPath } from "./fault.ts";
import { isLoopbackHost, isPrivateHost } from "./hosts.ts";
import { unprovenHooks } from "./push.ts";
import { type ConfiguredMirror, idleMirrorWarnings } from "./mirrors.ts";
import type { PatternPlace } from "./overlaps.ts";
import { loginOf, type RegistryEntry } from "./registry-access.ts";
import type { AllSections, Section } from "./schema.ts";

/** A host that the configuration makes us speak to, and where it is written. */
export interface NamedHost {
  readonly host: string;
  /** What is there, for people: `docker.io/bellsoft/hardened-*`. */
  readonly what: string;
  readonly path: string;
}

/** Hosts at private addresses that nobody allowed. A name that resolves to one is found when it is spoken to. */
export function addressFaults(
  named: readonly NamedHost[],
  registries: Section<"registries">,
): readonly Fault[] {
  return named
    .filter(({ host }) => isPrivateHost(host) && entryFor(host, registries)?.allowPrivate !== true)
    .map(({ host, what, path }) => ({
      path,
      reason:
        `${what} is at an address of this machine or a private network: ` +
        `allow it with ${renderPath(["registries", host, "allowPrivate"])}: true`,
    }));
}

/** Token services that are named for credentials, as hosts that are spoken to. */
export function realmHosts(registries: Section<"registries">): readonly NamedHost[] {
  return Object.entries(registries).flatMap(([registry, { trustedRealms = [] }]) =>
    trustedRealms.map((origin, index) => ({
      host: new URL(origin).host,
      what: origin,
      path: renderPath(["registries", registry, "trustedRealms", index]),
    })),
  );
}

/** Log-ins that would go to the wrong party, or that cannot work. */
export function loginFaults({
  registries,
  credentials,
}: {
  readonly registries: Section<"registries">;
  readonly credentials: Section<"credentials"> | undefined;
}): readonly Fault[] {
  return Object.entries(registries).flatMap(([registry, { auth }]) => {
    if (auth === undefined) return [];
    const isWithoutFiles = auth === "docker-config" && credentials?.dockerConfig.kind === "off";
    const reason = isWithoutFiles
      ? "means nothing while credentials.dockerConfig is off"
      : cloudHostFault(auth, registry);
    return reason === undefined ? [] : [{ path: renderPath(["registries", registry, "auth"]), reason }];
  });
}

/** Credentials that no request would ever carry: most likely their host is written wrong, or an image is. */
export function idleLoginFaults(
  named: readonly NamedHost[],
  registries: Section<"registries">,
): readonly Fault[] {
  return idleLogins(named, registries)
    .filter((registry) => !registry.startsWith("*."))
    .map((registry) => ({ path: renderPath(["registries", registry]), reason: IDLE }));
}

/** The same for the end of many hosts, where nothing need be wrong: an image may come later. */
function idleLoginWarnings(
  named: readonly NamedHost[],
  registries: Section<"registries">,
): readonly string[] {
  return idleLogins(named, registries)
    .filter((registry) => registry.startsWith("*."))
    .map((registry) => `${renderPath(["registries", registry])}: ${IDLE}`);
}

const IDLE =
  "credentials for a host that no image, mirror or place of evidence names: remove them, or name what is there";

function idleLogins(named: readonly NamedHost[], registries: Section<"registries">): readonly string[] {
  return Object.entries(registries)
    .filter(([, entry]) => hasCredentials(entry))
    .filter(([registry]) => !named.some(({ host }) => keyFor(host, registries) === registry))
    .map(([registry]) => registry);
}

function hasCredentials(entry: RegistryEntry): boolean {
  const login = loginOf(entry);
  return entry.auth === "docker-config" || (login !== undefined && login.kind !== "anonymous");
}

/** The entry that holds for a host: its own, else the longest `*.` that ends it. */
function entryFor(host: string, registries: Section<"registries">): RegistryEntry | undefined {
  const key = keyFor(host, registries);
  return key === undefined ? undefined : registries[key];
}

function keyFor(host: string, registries: Section<"registries">): string | undefined {
  if (Object.hasOwn(registries, host)) return host;
  const [longest] = Object.keys(registries)
    .filter((key) => key.startsWith("*.") && host.endsWith(key.slice(1)))
    .toSorted((a, b) => b.length - a.length);
  return longest;
}

/** What is found out about places before anything is asked of them. */
export interface PlacesInForce {
  readonly images: readonly PatternPlace[];
  readonly mirrors: readonly ConfiguredMirror[];
  readonly named: readonly NamedHost[];
}

/** What works and is likely not meant. */
export function warningsOf(
  { registries, intervals, web, push }: AllSections,
  { images, mirrors, named }: PlacesInForce,
): readonly string[] {
  const inClear = Object.entries(registries)
    .filter(([host, entry]) => entry.plainHttp && hasCredentials(entry) && !isLoopbackHost(host))
    .map(([host]) => `${renderPath(["registries", host])}: the password is sent over plain http`);
  const tooOften =
    intervals.poll < MINUTE_MS
      ? [`intervals.poll: ${intervals.poll / 1_000}s is often: for a registry of your own alone`]
      : [];
  const isOpen = !isLoopbackHost(web.host);
  const open = isOpen
    ? [`web.host: the pages have no login, and whoever reaches ${web.host} reads them`]
    : [];
  const patterns = images.map(({ pattern }) => pattern);
  return [
    ...inClear,
    ...lookAlikeWarnings([...named, ...entryHosts(registries)]),
    ...idleMirrorWarnings(mirrors, patterns),
    ...idleLoginWarnings(named, registries),
    ...tooOften,
    ...open,
    ...unprovenHooks(push.hooks),
  ];
}

function entryHosts(registries: Section<"registries">): readonly NamedHost[] {
  return Object.keys(registries).map((host) => ({
    host,
    what: host,
    path: renderPath(["registries", host]),
  }));
}

/** Names that somebody registered because people mistype them: such a host collects credentials. */
function lookAlikeWarnings(named: readonly NamedHost[]): readonly string[] {
  return named.flatMap(({ host, path, what }) => {
    const meant = registryMeantBy(host);
    return meant === undefined
      ? []
      : [`${path}: ${what}: ${host} is not ${meant}; it collects credentials of those who mistype`];
  });
}
