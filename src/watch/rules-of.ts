import type { EditOptions } from "../edit/format.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import { joinEdit, joinPulls } from "../vendor/own-settings.ts";
import { type Policies, type PolicyRule, ruleFor } from "../vendor/policies.ts";
import type { Scan } from "./scan.ts";

/** What holds for a code repository: what the operator says, and on top of it what its owners say. */
export interface RepositoryRules extends PolicyRule {
  /** Whether there are pull requests at all. Clocks run in any case. */
  readonly isEnabled: boolean;
}

/** The rules of a code repository. @param scan its last one, with what its owners say */
export function rulesOf(
  policies: Policies,
  codeRepository: CodeRepository,
  scan: Pick<Scan, "own"> | undefined,
): RepositoryRules {
  const rule = ruleFor(policies, codeRepository);
  const own = scan?.own?.settings;
  return { ...rule, pulls: joinPulls(rule.pulls, own), isEnabled: own?.enabled !== false };
}

/** What is edited in a code repository. @param scan its last one, with what its owners say */
export function editOf(edit: EditOptions, scan: Pick<Scan, "own"> | undefined): EditOptions {
  return joinEdit(edit, scan?.own?.settings);
}
