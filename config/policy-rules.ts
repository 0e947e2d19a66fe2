import { DEFAULT_CLASS_RULES, DEFAULT_WEEKLY_HOUR } from "../src/assess/class-rules.ts";
import type { Calendar } from "../src/sla/calendar.ts";
import type { TermsLayer } from "../src/sla/layers.ts";
import { POLICY_DEFAULTS } from "../src/sla/presets.ts";
import type { Policies, PolicyRule, WrittenPolicy } from "../src/vendor/policies.ts";
import { namedExactly, type RepositoryRule } from "../src/watch/repository-patterns.ts";
import { type Fault, renderPath } from "./fault.ts";
import { pullRulesOf } from "./pull-fields.ts";
import type { Section } from "./schema.ts";

/** Everything policies are made from. */
export interface PolicySources {
  readonly policy: Partial<Section<"policy">>;
  readonly policies: Section<"policies">;
  readonly calendars: ReadonlyMap<string, Calendar>;
  /** Which code repositories are read. */
  readonly repositories: readonly RepositoryRule[];
  /** Branch that pull requests go to where policies name none. */
  readonly baseBranch?: string | undefined;
}

type Fields = Omit<Section<"policies">[string], "repositories">;
type VersionFields = NonNullable<Fields["previous"]>[number];

/** What an organisation wants, with what is wrong with it and what is likely not meant. */
export function policiesOf({ policy, policies, calendars, repositories, baseBranch }: PolicySources): {
  readonly policies: Policies;
  readonly faults: readonly Fault[];
  readonly warnings: readonly string[];
} {
  const { dueSoon: _dueSoon, sbom: _sbom, closeRevoked: _closeRevoked, ...base } = policy;
  const written = Object.entries(policies).map(([name, { repositories: patterns, ...fields }]) => {
    // Terms of its own have no history of somebody else's.
    const { version: _version, effectiveAt: _effectiveAt, previous: _previous, ...timeless } = base;
    const inherited = fields.sla === undefined ? base : timeless;
    const own: Fields = { ...inherited, ...fields, propose: { ...base.propose, ...fields.propose } };
    return { name, patterns, fields: own, path: ["policies", name] };
  });
  const rules = written.map(({ name, patterns, fields }) =>
    ruleOf(fields, { name, owner: `your policy ${name}`, patterns, calendars, baseBranch }),
  );
  const otherwise = ruleOf(base, {
    name: "policy",
    owner: "your policy",
    patterns: [],
    calendars,
    baseBranch,
  });
  const all = [...written, { name: "policy", patterns: [], fields: base, path: ["policy"] }];
  return {
    policies: { rules, otherwise },
    faults: all.flatMap(({ fields, path }) => historyFaults(fields, path)),
    warnings: [
      ...all.flatMap(({ fields, path }) => revokedWarnings(fields, path)),
      ...written.flatMap(({ patterns, path }) => idleWarnings(patterns, path, repositories)),
    ],
  };
}

interface RuleContext {
  readonly name: string;
  readonly owner: string;
  readonly patterns: readonly RegExp[];
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly baseBranch: string | undefined;
}

function ruleOf(fields: Fields, { name, owner, patterns, calendars, baseBranch }: RuleContext): PolicyRule {
  const { previous: history = [], propose, weekly = DEFAULT_WEEKLY_HOUR, exposed, ...rest } = fields;
  const shared = {
    exposure: exposed === undefined ? POLICY_DEFAULTS.exposure : exposed ? "exposed" : "not-exposed",
    onExpiry: rest.onExpiry ?? POLICY_DEFAULTS.onExpiry,
    rerating: rest.rerating ?? POLICY_DEFAULTS.rerating,
    noRegress: rest.noRegress ?? POLICY_DEFAULTS.noRegress,
    freezes: (rest.freezes ?? []).toSorted((a, b) => a.from - b.from),
    freezePauses: rest.freezePauses ?? POLICY_DEFAULTS.freezePauses,
    appliesToOpen: rest.appliesToOpen ?? POLICY_DEFAULTS.appliesToOpen,
  } as const;
  const versionOf = (version: Partial<VersionFields>, previous: WrittenPolicy | undefined): WrittenPolicy => {
    const { sla, combine = "own", start, calendar: named, effectiveAt } = version;
    const { preset, terms } = termsOf(sla);
    const calendar = named === undefined ? undefined : calendars.get(named);
    return {
      ...shared,
      version: version.version ?? (previous === undefined ? POLICY_DEFAULTS.version : previous.version + 1),
      owner,
      terms,
      combine,
      ...(preset === undefined ? {} : { preset }),
      ...(start === undefined ? {} : { start }),
      ...(calendar === undefined ? {} : { calendar }),
      ...(effectiveAt === undefined ? {} : { effectiveAt }),
      ...(previous === undefined ? {} : { previous }),
    };
  };
  const previous = history.reduceRight<WrittenPolicy | undefined>(
    (older, version) => versionOf(version, older),
    undefined,
  );
  return {
    name,
    repositories: patterns,
    sla: versionOf(rest, previous),
    propose: { ...DEFAULT_CLASS_RULES, ...propose },
    weekly,
    pulls: pullRulesOf(fields, baseBranch),
  };
}

function termsOf(
  sla: Fields["sla"],
): Pick<WrittenPolicy, "preset"> & { readonly terms: TermsLayer["terms"] } {
  if (sla === undefined) return { terms: {} };
  const { preset, ...terms } = sla;
  return preset === undefined ? { terms } : { preset, terms };
}

/** Versions that do not follow one another. */
function historyFaults(
  { version, effectiveAt, previous = [] }: Fields,
  path: readonly string[],
): readonly Fault[] {
  if (previous.length === 0) return [];
  const faults: Fault[] = [];
  const add = (at: readonly PropertyKey[], reason: string): void => {
    faults.push({ path: renderPath([...path, ...at]), reason });
  };
  if (effectiveAt === undefined) {
    add(["effectiveAt"], "is missing: it says from when this version holds and no longer the one before");
  }
  const chain = [{ version, effectiveAt }, ...previous];
  for (const [index, older] of previous.entries()) {
    const newer = chain[index];
    if (newer === undefined) continue;
    const at = index === 0 ? [] : ["previous", index - 1];
    if (newer.version !== undefined && newer.version <= older.version) {
      add([...at, "version"], `must be greater than that of the version before (${older.version})`);
    }
    if (index > 0 && newer.effectiveAt === undefined) {
      add([...at, "effectiveAt"], "is missing: there is a version before it");
    }
    const isOutOfOrder =
      newer.effectiveAt !== undefined &&
      older.effectiveAt !== undefined &&
      newer.effectiveAt <= older.effectiveAt;
    if (isOutOfOrder) add([...at, "effectiveAt"], "must be later than that of the version before");
  }
  return faults;
}

function revokedWarnings({ sla }: Fields, path: readonly string[]): readonly string[] {
  const preset = sla?.preset;
  return preset?.revoked === undefined
    ? []
    : [`${renderPath([...path, "sla"])}: ${preset.id} is no longer in force: ${preset.revoked}`];
}

/** What is merged unseen and may break or weaken what runs it. */

function idleWarnings(
  patterns: readonly RegExp[],
  path: readonly string[],
  repositories: readonly RepositoryRule[],
): readonly string[] {
  const exact = namedExactly(repositories);
  // What a pattern lets in, the code host alone knows.
  if (exact === undefined) return [];
  const names = exact.map(({ owner, name }) => `${owner}/${name}`.toLowerCase());
  return patterns.flatMap((pattern, index) =>
    names.some((name) => pattern.test(name))
      ? []
      : [`${renderPath([...path, "repositories", index])}: names none of github.repositories`],
  );
}
