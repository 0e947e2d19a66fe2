import { builtInProfiles } from "../../config/built-in.ts";
import { loadConfig } from "../../config/load.ts";
import { createLog } from "../adapters/log/pino.ts";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import { LocalGate } from "../adapters/redis/gate/local-gate.ts";
import { createRegistry } from "../adapters/registry/client.ts";
import type { RegistryOptions } from "../adapters/registry/settings.ts";
import {
  createTrustRoots,
  type RunningTrustRoots,
  type TrustRootsOptions,
} from "../adapters/trust-roots/keeper.ts";
import { CodedError } from "../errors.ts";
import { originOf } from "../image/mirror.ts";
import { parseReference, type Reference, type Repository } from "../image/reference.ts";
import { registryOptionsOf, trustRootsOptionsOf } from "../main.ts";
import type { Registry } from "../ports/registry.ts";
import { type Instant, instantOf, MINUTE_MS } from "../time.ts";
import { rootNamesOf } from "../trust/policy.ts";
import { PUBLIC_GOOD } from "../../config/signer-fields.ts";
import { parseTrustRoot } from "../trust/trust-root.ts";
import { evidencePlacesOf } from "../vendor/evidence-place.ts";
import { type Profile, profileOf } from "../vendor/profile.ts";
import { VERSION } from "../version.ts";
import type { Command } from "./arguments.ts";
import { enforcingLines } from "./probe/draft.ts";
import { lookAt } from "./probe/look.ts";
import { patientGate } from "./probe/patient-gate.ts";
import { renderProbe, renderProbeJson } from "./probe/render.ts";
import { type Claimant, isAccepted, type ProbeReport, reportOn } from "./probe/report.ts";
import type { Absent, Findings } from "./probe/findings.ts";
import { judgedBy } from "./probe/verdict.ts";

/** What does not answer by then is an error. */
const LOOK_MAX_MS = 10 * MINUTE_MS;

/** Looks at an image for the first time: where its evidence hangs, who signed it, and what a profile makes of it. Answers 1 unless it is accepted. */
export async function probe(
  { config, image, platform, output }: Extract<Command, { kind: "probe" }>,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const setting = await settingOf(config, environment);
  const written = parseReference(image);
  const reference = { ...written, repository: setting.originOf(written.repository) };
  const found = setting.claimantOf(reference.repository);
  const report = await reportFor(reference, platform, found, setting);
  switch (output) {
    case "text":
      process.stdout.write(renderProbe(report));
      break;
    case "json":
      process.stdout.write(renderProbeJson(report));
      break;
    case "enforce":
      return enforce(report, found, reference.repository);
    default:
      return output satisfies never;
  }
  return isAccepted(report) ? 0 : 1;
}

/** The lines alone go to standard output, so that they can go into a file; the report goes to whoever reads along. */
function enforce(report: ProbeReport | Absent, found: Found | undefined, repository: Repository): number {
  process.stderr.write(renderProbe(report));
  if (!isAccepted(report) || found === undefined) {
    process.stderr.write("\nhullkeeper: not accepted, so there is nothing to enforce\n");
    return 1;
  }
  process.stdout.write(enforcingLines(found, repository));
  return 0;
}

async function reportFor(
  reference: Reference,
  platform: string | undefined,
  found: Found | undefined,
  setting: Setting,
): Promise<ProbeReport | Absent> {
  const log = createLog("error");
  const metrics = createMetrics();
  const shared = { userAgent: `hullkeeper/${VERSION}`, metrics };
  const gate = patientGate(new LocalGate({ now: Date.now, random: Math.random, share: 1 }));
  const registry = createRegistry({ ...setting.registry, ...shared, gate });
  const trustRoots = await createTrustRoots({ ...setting.trustRoots, ...shared, log });
  try {
    const { inspection } = registry;
    const elsewhere = (repository: Repository): readonly Repository[] =>
      evidencePlacesOf(found?.profile.evidence ?? [], repository);
    const target = { reference, ...(platform === undefined ? {} : { platform }) };
    const signal = AbortSignal.timeout(LOOK_MAX_MS);
    const findings = await lookAt(target, { registry, inspection, elsewhere }, signal);
    if (findings.kind === "absent") return findings;
    const at = instantOf(Date.now());
    const judged =
      found === undefined
        ? undefined
        : await judgedFor(findings, found.profile, { registry, trustRoots, at, signal });
    return reportOn(
      findings,
      found === undefined || judged === undefined ? undefined : { ...found, judged },
      at,
    );
  } finally {
    await trustRoots.close();
    await registry.close();
  }
}

type Found = Omit<Claimant, "judged">;

/** What a configuration says, or what holds without one. */
interface Setting {
  readonly registry: Pick<RegistryOptions, "hosts" | "dockerConfig" | "proxy">;
  readonly trustRoots: Pick<TrustRootsOptions, "places" | "used" | "updateEveryMs" | "directory" | "proxy">;
  /** Where the content of a mirror comes from: that is what is verified. */
  readonly originOf: (repository: Repository) => Repository;
  readonly claimantOf: (repository: Repository) => Found | undefined;
}

async function settingOf(path: string | undefined, environment: NodeJS.ProcessEnv): Promise<Setting> {
  const builtIn = await builtInProfiles();
  const vendors = new Set(builtIn.map(({ id }) => id));
  const claimantIn =
    (profiles: readonly Profile[]) =>
    (repository: Repository): Found | undefined => {
      const profile = profileOf(profiles, repository);
      return profile === undefined
        ? undefined
        : { profile, origin: vendors.has(profile.id) ? "vendor" : "subscription" };
    };
  if (path === undefined) {
    const places = new Map([[PUBLIC_GOOD, { kind: "public-good" } as const]]);
    return {
      // As nobody, over TLS, at public addresses: what holds for everybody.
      registry: { hosts: new Map() },
      trustRoots: { places, used: new Set([PUBLIC_GOOD]) },
      originOf: (repository) => repository,
      claimantOf: claimantIn(builtIn),
    };
  }
  const config = await loadConfig(path, environment);
  return {
    registry: registryOptionsOf(config),
    trustRoots: trustRootsOptionsOf(config),
    originOf: (repository) => originOf(config.mirrors, repository).repository,
    claimantOf: claimantIn(config.profiles),
  };
}

interface Court {
  readonly registry: Pick<Registry, "evidenceOf" | "configOf" | "listedStatements">;
  readonly trustRoots: RunningTrustRoots;
  readonly at: Instant;
  readonly signal: AbortSignal;
}

/** What a profile makes of an image; without a trust root that its policy names nothing is judged. */
async function judgedFor(
  findings: Findings,
  profile: Profile,
  { registry, trustRoots, at, signal }: Court,
): Promise<Claimant["judged"]> {
  const { policy } = profile;
  const names = rootNamesOf(policy);
  try {
    if (names.length > 0) await trustRoots.look();
    const held = trustRoots.held(names);
    const roots = new Map(held.map(({ source }) => [source.name, parseTrustRoot(source)]));
    return await judgedBy(
      findings,
      { profile, rules: { policy, roots, now: at }, roots: held, registry },
      signal,
    );
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    return { fault: `${thrown.message} (${thrown.code})` };
  }
}
