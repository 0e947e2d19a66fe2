import { CodedError } from "../../../errors.ts";
import type { ImageLine, Repository } from "../../../image/reference.ts";
import type { TagState } from "../../../ports/registry.ts";
import type { LoginOutcome, RegistryLogins } from "../../../ports/registry-logins.ts";
import { endpointOf, type RegistryOptions, settingsFor } from "../settings.ts";
import type { CredentialSource, Place } from "./credentials.ts";
import { adviceOn, loginReport } from "./report.ts";

export interface LoginDeskOptions {
  readonly hosts: RegistryOptions["hosts"];
  readonly source: CredentialSource;
  /** Asks the registry where a tag points. */
  readonly resolve: (line: ImageLine, signal: AbortSignal) => Promise<TagState>;
}

/** Reports on log-ins, and tries them. */
export function loginsOf({ hosts, source, resolve }: LoginDeskOptions): RegistryLogins {
  const placeOf = (repository: Repository): Place => ({
    endpoint: endpointOf(repository.registry, settingsFor(hosts, repository.registry)),
    repository,
  });
  const outcomeOf = async (line: ImageLine, signal: AbortSignal): Promise<LoginOutcome> => {
    try {
      const state = await resolve(line, signal);
      return state.kind === "found" ? { kind: "readable" } : state;
    } catch (thrown) {
      if (!(thrown instanceof CodedError) || !REFUSALS.has(thrown.code)) throw thrown;
      const place = placeOf(line.repository);
      const credentials = await source.credentialsFor(place, { signal });
      const advice = adviceOn(line.repository.registry, credentials, thrown.status);
      return { kind: "refused", message: advice ?? thrown.message };
    }
  };
  return {
    reportOn: async (repository, now, signal) => loginReport(source, placeOf(repository), now, signal),
    probe: async (line, now, signal) => ({
      report: await loginReport(source, placeOf(line.repository), now, signal),
      outcome: await outcomeOf(line, signal),
    }),
  };
}

const REFUSALS: ReadonlySet<string> = new Set(["registry-unauthorized", "registry-forbidden"]);
