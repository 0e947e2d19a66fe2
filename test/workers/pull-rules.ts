import { type ClassRules, DEFAULT_CLASS_RULES } from "../../src/assess/class-rules.ts";
import { DEFAULT_POLICIES, type Policies } from "../../src/vendor/policies.ts";
import type { PullRules } from "../../src/vendor/pull-rules.ts";

/** Policies whose pull requests are made by these rules, and whose updates are proposed so. */
export function pullRules(pulls: Partial<PullRules>, propose: Partial<ClassRules> = {}): Policies {
  const { otherwise } = DEFAULT_POLICIES;
  return {
    ...DEFAULT_POLICIES,
    otherwise: {
      ...otherwise,
      propose: { ...DEFAULT_CLASS_RULES, ...propose },
      pulls: { ...otherwise.pulls, ...pulls },
    },
  };
}
