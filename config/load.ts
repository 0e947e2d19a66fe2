import { dirname, resolve } from "node:path";
import type { z } from "zod";
import { Secret } from "../src/secret.ts";
import { NO_DISTRUST } from "../src/trust/policy.ts";
import { renderPrefix } from "../src/image/mirror.ts";
import { renderImagePattern } from "../src/vendor/pattern.ts";
import {
  addressFaults,
  idleLoginFaults,
  loginFaults,
  type PlacesInForce,
  realmHosts,
  warningsOf,
} from "./checks.ts";
import { claimsIn } from "./claims.ts";
import type { Config } from "./config.ts";
import { distrustOf } from "./distrust.ts";
import { cacheDirectoryOf, dockerConfigOf, proxyOf } from "./environment.ts";
import { ConfigError, describeIssue, type Fault, faultsOf, kindOf, renderPath } from "./fault.ts";
import { redisUrlFault } from "./fields.ts";
import { mirrorsOf } from "./mirrors.ts";
import { calendarNamesIn } from "./calendars.ts";
import { ownFileReader } from "./own-file.ts";
import { policiesOf } from "./policy-rules.ts";
import { profilesOf } from "./profiles.ts";
import { CONFIG_BYTES_MAX, readerOf, readText } from "./reader.ts";
import { accessOf } from "./registry-access.ts";
import { type AllSections, type Section, type Sections, sectionsOf } from "./schema.ts";
import { rootNamesIn, trustRootFaults, trustRootsOf } from "./trust-roots.ts";
import { loadVendorFiles, VENDORS_DIRECTORY } from "./vendor-file.ts";
import { parseYaml } from "./yaml.ts";

/**
 * Reads the configuration: the file, the secrets and keys it refers to, and the built-in profiles.
 *
 * @param path of the file; paths in it are relative to its folder
 * @param environment where secrets by name, `REDIS_URL`, proxies and the places of docker's files are looked up
 * @throws {ConfigError} with everything that is wrong
 */
export async function loadConfig(path: string, environment: NodeJS.ProcessEnv): Promise<Config> {
  const file = resolve(path);
  const warnings = new Set<string>();
  const reader = readerOf(dirname(file), environment, (warning) => warnings.add(warning));
  const builtIn = readerOf(VENDORS_DIRECTORY, {}, () => undefined);
  const { vendors, faults: vendorFaults } = await loadVendorFiles(VENDORS_DIRECTORY, builtIn);

  const raw = await readMapping(file);
  const rootNames = rootNamesIn(raw);
  const schemas = sectionsOf({
    reader,
    vendorIds: vendors.map(({ id }) => id),
    rootNames,
    calendarNames: calendarNamesIn(raw),
  });
  const { sections, faults: sectionFaults } = await parseSections(schemas, raw);
  const redis = redisUrlOf(sections.redis, environment);
  const network = proxyOf(sections.network?.proxy ?? { kind: "none" }, environment);
  const readable = claimsIn(raw);
  const { profiles, ...claimed } = profilesOf({
    vendors,
    overrides: sections.vendors ?? readable.overrides,
    subscriptions: sections.subscriptions ?? readable.subscriptions,
    policy: sections.policy ?? {},
    distrust: sections.distrust === undefined ? NO_DISTRUST : distrustOf(sections.distrust),
    rootNames,
  });

  const { mirrors, named, ...checked } = placesIn(sections, claimed);
  const demanded = policiesOf({
    policy: sections.policy ?? {},
    policies: sections.policies ?? {},
    calendars: sections.calendars ?? new Map(),
    repositories: sections.github?.repositories ?? [],
    baseBranch: sections.github?.baseBranch,
  });

  const faults = [
    ...vendorFaults,
    ...sectionFaults,
    ...redis.faults,
    ...network.faults,
    ...claimed.faults,
    ...checked.faults,
    ...demanded.faults,
    ...trustRootFaults(sections.trustRoots, sections.trustUpdates),
  ];
  if (faults.length > 0 || !isComplete(sections)) throw new ConfigError(file, faults);
  const dockerConfig = dockerConfigOf(sections.credentials, environment);
  return configOf(sections, {
    profiles,
    policies: demanded.policies,
    trustRoots: trustRootsOf(sections.trustRoots, sections.trustUpdates, cacheDirectoryOf(environment)),
    images: claimed.configured,
    mirrors: mirrors.map(({ mirror }) => mirror),
    ...(dockerConfig === undefined ? {} : { dockerConfig }),
    ...(network.proxy === undefined ? {} : { proxy: network.proxy }),
    ...(redis.url === undefined ? {} : { redisUrl: redis.url }),
    warnings: [
      ...warnings,
      ...claimed.warnings,
      ...demanded.warnings,
      ...warningsOf(sections, { images: claimed.places, mirrors, named }),
    ],
  });
}

/** Everything that is spoken to because the configuration names it, and what is wrong with that. */
function placesIn(
  { registries, credentials, vendors, subscriptions }: ParsedSections,
  { places, evidence }: Pick<ReturnType<typeof profilesOf>, "places" | "evidence">,
): Omit<PlacesInForce, "images"> & { readonly faults: readonly Fault[] } {
  // Which addresses are allowed cannot be said while that section is wrong.
  if (registries === undefined) return { mirrors: [], named: [], faults: [] };
  const { mirrors, faults } = mirrorsOf(registries);
  const named = [
    ...[...places, ...evidence].map(({ pattern, path }) => ({
      host: pattern.registry,
      what: renderImagePattern(pattern),
      path,
    })),
    ...mirrors.flatMap(({ mirror, path }) =>
      [mirror.prefix, mirror.origin].map((prefix) => ({
        host: prefix.registry,
        what: renderPrefix(prefix),
        path,
      })),
    ),
  ];
  return {
    mirrors,
    named,
    faults: [
      ...faults,
      ...addressFaults([...named, ...realmHosts(registries)], registries),
      ...loginFaults({ registries, credentials }),
      // What is wrong in these sections may be the image that the credentials are for.
      ...(vendors === undefined || subscriptions === undefined ? [] : idleLoginFaults(named, registries)),
    ],
  };
}

/** The sections that are right; undefined stands for one that is not. */
type ParsedSections = { readonly [Name in keyof Sections]: Section<Name> | undefined };

async function readMapping(file: string): Promise<Readonly<Record<string, unknown>>> {
  const read = await readText(file, CONFIG_BYTES_MAX);
  if (read.kind === "fault") throw new ConfigError(file, [{ path: "", reason: read.reason }]);
  const yaml = parseYaml(read.text);
  if (yaml.kind === "fault") throw new ConfigError(file, yaml.faults);
  if (!isMapping(yaml.value)) {
    throw new ConfigError(file, [
      { path: "", reason: `must be a mapping of sections, is ${kindOf(yaml.value)}` },
    ]);
  }
  return yaml.value;
}

async function parseSections(
  schemas: Sections,
  raw: Readonly<Record<string, unknown>>,
): Promise<{ readonly sections: ParsedSections; readonly faults: readonly Fault[] }> {
  const known = Object.keys(schemas);
  const faults: Fault[] = Object.keys(raw)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: renderPath([name]), reason: `unknown key; known here: ${known.join(", ")}` }));

  const parse = async <T>(name: keyof Sections, schema: z.ZodType<T>): Promise<T | undefined> => {
    const result = await schema.safeParseAsync(raw[name], { error: describeIssue });
    if (result.success) return result.data;
    faults.push(...faultsOf(result.error.issues, [name]));
    return undefined;
  };
  const sections = {
    github: await parse("github", schemas.github),
    files: await parse("files", schemas.files),
    vendors: await parse("vendors", schemas.vendors),
    subscriptions: await parse("subscriptions", schemas.subscriptions),
    distrust: await parse("distrust", schemas.distrust),
    trustRoots: await parse("trustRoots", schemas.trustRoots),
    trustUpdates: await parse("trustUpdates", schemas.trustUpdates),
    registries: await parse("registries", schemas.registries),
    credentials: await parse("credentials", schemas.credentials),
    network: await parse("network", schemas.network),
    policy: await parse("policy", schemas.policy),
    policies: await parse("policies", schemas.policies),
    calendars: await parse("calendars", schemas.calendars),
    intervals: await parse("intervals", schemas.intervals),
    evidence: await parse("evidence", schemas.evidence),
    advisories: await parse("advisories", schemas.advisories),
    marker: await parse("marker", schemas.marker),
    redis: await parse("redis", schemas.redis),
    web: await parse("web", schemas.web),
    push: await parse("push", schemas.push),
    log: await parse("log", schemas.log),
  };
  return { sections, faults };
}

/** Where Redis is: the environment goes before the file, so that one file serves several deployments. */
function redisUrlOf(
  section: Section<"redis"> | undefined,
  environment: NodeJS.ProcessEnv,
): { readonly url: Secret | undefined; readonly faults: readonly Fault[] } {
  const text = environment["REDIS_URL"];
  if (text === undefined) return { url: section?.url, faults: [] };
  const reason = text === "" ? "is empty: give an address or unset it" : redisUrlFault(text);
  if (reason === undefined) return { url: new Secret(text), faults: [] };
  return { url: undefined, faults: [{ path: "", reason: `environment variable REDIS_URL: ${reason}` }] };
}

function configOf(
  sections: AllSections,
  found: Pick<
    Config,
    | "trustRoots"
    | "images"
    | "profiles"
    | "policies"
    | "mirrors"
    | "dockerConfig"
    | "proxy"
    | "redisUrl"
    | "warnings"
  >,
): Config {
  const { github, intervals, evidence, advisories, web } = sections;
  const { url, repositoryFile, ...githubRest } = github;
  return {
    ...found,
    github: { baseUrl: url, ...githubRest },
    ...(repositoryFile.use === "ignore" ? {} : { ownFiles: ownFileReader(repositoryFile.forbid) }),
    edit: sections.files,
    registries: new Map(Object.entries(sections.registries).map(([host, entry]) => [host, accessOf(entry)])),
    intervals: {
      pollMs: intervals.poll,
      maxStalenessMs: intervals.maxStaleness,
      discoverMs: intervals.discover,
      repositoriesMs: intervals.repositories,
      proposalsMs: intervals.proposals,
      slaMs: intervals.sla,
    },
    evidence: {
      waitMs: evidence.wait,
      retryMs: evidence.retry,
      sbomWaitMs: evidence.sbomWait,
      recheckMs: evidence.recheck,
    },
    dueSoonMs: sections.policy.dueSoon,
    closeRevoked: sections.policy.closeRevoked,
    feeds: advisories,
    markerKey: sections.marker.key,
    web,
    pushHooks: sections.push.hooks,
    logLevel: sections.log.level,
  };
}

function isComplete(sections: ParsedSections): sections is AllSections {
  return Object.values(sections).every((section) => section !== undefined);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
