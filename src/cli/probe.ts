import { builtInProfiles } from "../../config/built-in.ts";
import { loadConfig } from "../../config/load.ts";
import { createLog } from "../adapters/log/pino.ts";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import { LocalGate } from "../adapters/redis/gate/local-gate.ts";
import { createRegistry } from "../adapters/registry/client.ts";
import type { RegistryOptions } from "../adapters/registry/settings.ts";
import { createTrustRoots, type TrustRootsOptions } from "../adapters/trust-roots/keeper.ts";
import { messageOf } from "../errors.ts";
import { parseReference, type Repository } from "../image/reference.ts";
import { originOf } from "../image/mirror.ts";
import { registryOptionsOf, trustRootsOptionsOf } from "../main.ts";
import type { TrustRootKeeper } from "../ports/trust-roots.ts";
import { type Instant, instantOf, MINUTE_MS } from "../time.ts";
import { rootNamesOf } from "../trust/policy.ts";
import { PUBLIC_GOOD } from "../trust/root-place.ts";
import { parseTrustRoot } from "../trust/trust-root.ts";
import { evidencePlacesOf } from "../vendor/evidence-place.ts";
import { type Profile, profileOf } from "../vendor/profile.ts";
import { VERSION } from "../version.ts";
import type { Command } from "./arguments.ts";
import { enforcingLines } from "./probe/draft.ts";
import { lookAt } from "./probe/look.ts";
import { renderProbe, renderProbeJson } from "./probe/render.ts";
import { type Claimant, isAccepted, reportOn } from "./probe/report.ts";

/** What does not answer by then is an error. */
const LOOK_MAX_MS = 10 * MINUTE_MS;

type ProbeCommand = Extract<Command, { kind: "probe" }>;

/** Looks at an image for the first time: who signed it, where that hangs, and what a profile makes of it. Answers 1 unless it is accepted. */
export async function probe(command: ProbeCommand, environment: NodeJS.ProcessEnv): Promise<number> {
  const { image, platform, format, enforce } = command;
  const setting = await settingOf(command.config, environment);
  const reference = parseReference(image);
  const repository = setting.originOf(reference.repository);
  const at = instantOf(Date.now());
  const log = createLog("error");
  const metrics = createMetrics();
  const shared = { userAgent: `hullkeeper/${VERSION}`, metrics };
  const gate = new LocalGate({ now: Date.now, random: Math.random, share: 1 });
  const registry = createRegistry({ ...setting.registry, ...shared, gate });
  const trustRoots = await createTrustRoots({ ...setting.trustRoots, ...shared, log });
  try {
    const found = setting.claimantOf(repository);
    const elsewhere = (of: Repository): readonly Repository[] => evidencePlacesOf(found?.profile.evidence ?? [], of);
    const signal = AbortSignal.timeout(LOOK_MAX_MS);
    const target = { reference: { ...reference, repository }, ...(platform === undefined ? {} : { platform }) };
    const findings = await lookAt(target, { registry, inspection: registry.inspection, elsewhere }, signal);
    await trustRoots.look();
    const claimant = found === undefined ? undefined : { ...found, rules: rulesOf(found.profile, trustRoots, at) };
    const report = findings.kind === "absent" ? findings : reportOn(findings, claimant, at);
    process.stdout.write(format === "json" ? renderProbeJson(report) : renderProbe(report));
    const accepted = isAccepted(report);
    if (enforce && claimant !== undefined && accepted) {
      process.stderr.write(`${ENFORCE_NOTE}\n`);
      process.stdout.write(enforcingLines(claimant, repository));
    }
    return accepted ? 0 : 1;
  } finally {
    await trustRoots.close();
    await registry.close();
  }
}
