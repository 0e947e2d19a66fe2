import { CodedError, messageOf } from "../../errors.ts";
import type { Repository } from "../../image/reference.ts";
import type { Advisories } from "../../ports/advisories.ts";
import type { CodeHost } from "../../ports/code-host.ts";
import type { HostState } from "../../ports/host-gate.ts";
import type { RegistryInspection, RegistryInspector } from "../../ports/registry-inspection.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { DAY_MS, type Instant, renderMoment, renderSpan } from "../../time.ts";
import type { DoctorReport, Finding } from "./report.ts";

/** Credentials that end before are a warning. */
const EXPIRY_WARNING_MS = 30 * DAY_MS;

/** Everything the doctor looks at. */
export interface Patient {
  readonly version: string;
  readonly now: Instant;
  /** What the configuration itself warns of. */
  readonly warnings: readonly string[];
  readonly redis: Finding;
  readonly hosts: readonly HostState[];
  readonly inspector: RegistryInspector;
  /** Registries that are asked, each with a repository that is watched there, where one is known. */
  readonly registries: readonly { readonly registry: string; readonly repository?: Repository }[];
  readonly codeHost: Pick<CodeHost, "branch">;
  readonly codeRepositories: readonly CodeRepository[];
  readonly baseBranch: string | undefined;
  /** Absent when none are configured. */
  readonly advisories: Pick<Advisories, "about"> | undefined;
}

/** Looks at everything once, side by side: what does not answer hides nothing else. */
export async function examine(patient: Patient, signal: AbortSignal): Promise<DoctorReport> {
  const { version, now, warnings, redis, hosts } = patient;
  const [registries, codeRepositories, advisories] = await Promise.all([
    Promise.all(patient.registries.map((place) => inspectionOf(place, patient.inspector, signal))),
    Promise.all(patient.codeRepositories.map((name) => codeRepositoryFinding(name, patient, signal))),
    advisoriesFinding(patient.advisories, signal),
  ]);
  return {
    version,
    at: now,
    findings: [
      ...warnings.map((detail) => ({ subject: "configuration", state: "warning", detail }) as const),
      redis,
      ...registries.flatMap((inspection) => registryFindings(inspection, now)),
      ...codeRepositories,
      advisories,
    ],
    registries,
    hosts,
  };
}

async function inspectionOf(
  { registry, repository }: Patient["registries"][number],
  inspector: RegistryInspector,
  signal: AbortSignal,
): Promise<RegistryInspection> {
  try {
    return await inspector.inspect(registry, repository, signal);
  } catch (error) {
    return {
      registry,
      login: { source: "not known", credential: "unknown" },
      warnings: [],
      answer: { kind: "fails", ...faultOf(error) },
    };
  }
}

function registryFindings(
  { registry, login, warnings, answer }: RegistryInspection,
  now: Instant,
): readonly Finding[] {
  const subject = `registry ${registry}`;
  const as = `logged in by ${login.source}`;
  const expiry = login.expiresAt === undefined ? [] : expiryFindings(subject, login.expiresAt, now);
  return [
    answer.kind === "answers"
      ? { subject, state: "well", detail: `answers, ${as}` }
      : { subject, state: "fault", detail: `${answer.message} (${answer.code}), ${as}` },
    ...expiry,
    ...warnings.map((detail) => ({ subject, state: "warning", detail }) as const),
  ];
}

function expiryFindings(subject: string, expiresAt: Instant, now: Instant): readonly Finding[] {
  const leftMs = expiresAt - now;
  if (leftMs > EXPIRY_WARNING_MS) return [];
  const detail =
    leftMs <= 0
      ? `its credentials expired on ${renderMoment(expiresAt)}: nobody renews them but you`
      : `its credentials expire in ${renderSpan(leftMs)}, on ${renderMoment(expiresAt)}`;
  return [{ subject, state: leftMs <= 0 ? "fault" : "warning", detail }];
}

async function codeRepositoryFinding(
  codeRepository: CodeRepository,
  { codeHost, baseBranch }: Patient,
  signal: AbortSignal,
): Promise<Finding> {
  const subject = `code repository ${codeRepository.owner}/${codeRepository.name}`;
  try {
    const { name } = await codeHost.branch(codeRepository, baseBranch, signal);
    return { subject, state: "well", detail: `can be read; pull requests go to ${name}` };
  } catch (error) {
    return { subject, state: "fault", detail: inWords(error) };
  }
}

async function advisoriesFinding(advisories: Patient["advisories"], signal: AbortSignal): Promise<Finding> {
  const subject = "advisories";
  if (advisories === undefined) {
    const detail =
      "none are configured (advisories.directory): pull requests say that vulnerabilities were not assessed";
    return { subject, state: "not-checked", detail };
  }
  try {
    await advisories.about([], signal);
    return { subject, state: "well", detail: "can be read" };
  } catch (error) {
    return { subject, state: "fault", detail: inWords(error) };
  }
}

function inWords(error: unknown): string {
  const { code, message } = faultOf(error);
  return `${message} (${code})`;
}

function faultOf(error: unknown): { readonly code: string; readonly message: string } {
  return { code: error instanceof CodedError ? error.code : "unknown", message: messageOf(error) };
}
