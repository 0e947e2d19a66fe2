import { isStale } from "../../advisory/feed.ts";
import { CodedError, messageOf } from "../../errors.ts";
import { type ImageLine, renderLine, type Repository } from "../../image/reference.ts";
import type { FeedSource } from "../../ports/feed-sources.ts";
import type { FeedRecord } from "../../ports/feeds.ts";
import type { HostState } from "../../ports/host-gate.ts";
import type { Registry } from "../../ports/registry.ts";
import type { LoginReport, RegistryLogins } from "../../ports/registry-logins.ts";
import { renderSpan } from "../../time.ts";
import { type CodeHostToLookAt, codeRepositoryFindings } from "./code-repositories.ts";
import type { DoctorReport, Finding, Inspection } from "./report.ts";
import { tagsLike } from "./tags-like.ts";
import { webhookFindings, type WebhooksToLookAt } from "./webhooks.ts";
import { trustRootFindings, type TrustRootsToLookAt } from "./trust-roots.ts";

/** A registry that is looked at, as somebody who reads this repository; with a tag there to ask about, where one is watched. */
export interface RegistryPlace {
  readonly repository: Repository;
  readonly line?: ImageLine;
}

/** Everything the doctor looks at. */
export interface Patient extends CodeHostToLookAt {
  readonly version: string;
  /** What the configuration itself warns of. */
  readonly warnings: readonly string[];
  readonly redis: Finding;
  readonly hosts: readonly HostState[];
  readonly logins: RegistryLogins;
  readonly registry: Pick<Registry, "tags">;
  /** Each registry once. */
  readonly registries: readonly RegistryPlace[];
  readonly trustRoots: TrustRootsToLookAt;
  readonly feeds: readonly Pick<FeedSource, "id" | "name" | "look">[];
  readonly webhooks: WebhooksToLookAt;
  /** What is mirrored of them, where there is a Redis that can be asked. */
  readonly mirrored: readonly FeedRecord[];
}

/** Looks at everything once, side by side: what does not answer hides nothing else. */
export async function examine(patient: Patient, signal: AbortSignal): Promise<DoctorReport> {
  const { version, now, warnings, redis, hosts } = patient;
  const [registries, codeRepositories, webhooks, trustRoots, feeds] = await Promise.all([
    Promise.all(patient.registries.map((place) => inspectionOf(place, patient, signal))),
    codeRepositoryFindings(patient, signal),
    webhookFindings(patient.webhooks, signal),
    trustRootFindings(patient.trustRoots, now, signal),
    feedFindings(patient, signal),
  ]);
  return {
    version,
    at: now,
    findings: [
      ...warnings.map((detail) => ({ subject: "configuration", state: "warning", detail }) as const),
      redis,
      ...registries.flatMap(registryFindings),
      ...codeRepositories,
      ...webhooks,
      ...trustRoots,
      ...feeds,
    ],
    registries,
    trustRoots: patient.trustRoots.states(),
    hosts,
  };
}

async function inspectionOf(
  { repository, line }: RegistryPlace,
  { logins, registry: reader, now }: Patient,
  signal: AbortSignal,
): Promise<Inspection> {
  const { registry } = repository;
  let login: LoginReport | undefined;
  try {
    login = await logins.reportOn(repository, now, signal);
    if (line === undefined) return { registry, login, outcome: { kind: "not-asked" } };
    const { outcome } = await logins.probe(line, now, signal);
    const alike = outcome.kind === "missing" ? tagsLike(line.tag, await reader.tags(repository, signal)) : [];
    return { registry, login, asked: renderLine(line), outcome, ...(alike.length === 0 ? {} : { alike }) };
  } catch (error) {
    return {
      registry,
      ...(login === undefined ? {} : { login }),
      outcome: { kind: "fails", ...faultOf(error) },
    };
  }
}

function registryFindings({ registry, login, asked, outcome, alike = [] }: Inspection): readonly Finding[] {
  const subject = `registry ${registry}`;
  const as = login === undefined ? "" : `, ${logInOf(login)}`;
  const notes = login?.warnings ?? [];
  return [
    { subject, ...outcomeInWords(outcome, asked, as) },
    ...(alike.length === 0
      ? []
      : [{ subject, state: "warning", detail: `has the tags ${alike.join(", ")}` } as const]),
    ...notes.map((detail) => ({ subject, state: "warning", detail }) as const),
  ];
}

function outcomeInWords(
  outcome: Inspection["outcome"],
  asked: string | undefined,
  as: string,
): Omit<Finding, "subject"> {
  switch (outcome.kind) {
    case "readable":
      return { state: "well", detail: `${asked ?? ""} can be read${as}` };
    case "missing":
      return { state: "warning", detail: `answers that there is no ${asked ?? ""}${as}` };
    case "refused":
      return { state: "fault", detail: `${outcome.message}${as}` };
    case "fails":
      return { state: "fault", detail: `${outcome.message} (${outcome.code})${as}` };
    case "not-asked":
      return { state: "not-checked", detail: `not asked: nothing is watched there yet${as}` };
    default:
      return outcome satisfies never;
  }
}

async function feedFindings(patient: Patient, signal: AbortSignal): Promise<readonly Finding[]> {
  if (patient.feeds.length > 0) {
    return Promise.all(patient.feeds.map((feed) => feedFinding(feed, patient, signal)));
  }
  const detail =
    "none are configured (advisories.presets, advisories.feeds or advisories.directory): pull requests say that vulnerabilities were not assessed";
  return [{ subject: "advisories", state: "not-checked", detail }];
}

async function feedFinding(
  feed: Patient["feeds"][number],
  { mirrored, now }: Patient,
  signal: AbortSignal,
): Promise<Finding> {
  const subject = `advisories ${feed.id}`;
  const known = mirrored.find(({ id }) => id === feed.id);
  const held =
    known === undefined || known.documentCount === 0
      ? ""
      : `; ${known.recordCount} records are mirrored, last made sure of ${renderSpan(now - known.checkedAt)} ago`;
  try {
    await feed.look(now, signal);
  } catch (error) {
    return { subject, state: "fault", detail: `${inWords(error)}${held}` };
  }
  if (known !== undefined && held !== "" && isStale(known, now)) {
    return { subject, state: "warning", detail: `can be read${held}, which is stale` };
  }
  return { subject, state: "well", detail: `can be read${held}` };
}

function logInOf({ credentialId, source }: LoginReport): string {
  return credentialId === "anonymous" ? "without a log-in" : `logged in by ${source}`;
}

function inWords(error: unknown): string {
  const { code, message } = faultOf(error);
  return `${message} (${code})`;
}

function faultOf(error: unknown): { readonly code: string; readonly message: string } {
  return { code: error instanceof CodedError ? error.code : "unknown", message: messageOf(error) };
}
