import { performance } from "node:perf_hooks";
import { Admissions } from "../../../src/adapters/registry/admissions.ts";
import { Agents } from "../../../src/adapters/registry/agents.ts";
import { Auth } from "../../../src/adapters/registry/auth.ts";
import { Content } from "../../../src/adapters/registry/content.ts";
import { Http } from "../../../src/adapters/registry/http.ts";
import { Logins } from "../../../src/adapters/registry/login/sources.ts";
import { Session } from "../../../src/adapters/registry/session.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type RegistryHostSettings,
} from "../../../src/adapters/registry/settings.ts";
import { Tags, type TagsOptions } from "../../../src/adapters/registry/tags.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { RecordedMetrics } from "../../fakes/registry/metrics.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";

/** What the client is made of, for what it does not show itself. */
export interface Parts {
  readonly session: Session;
  readonly content: Content;
  readonly tags: Tags;
  readonly close: () => Promise<void>;
}

function elapsedMs(): number {
  return performance.now();
}

/** Parts that may speak plain HTTP to these fakes; the settings are for the first one. */
export function partsFor(
  [first, ...others]: readonly [FakeRegistry, ...FakeRegistry[]],
  settings: RegistryHostSettings = {},
  tags: Partial<TagsOptions> = {},
): Parts {
  const open = { plainHttp: true, allowPrivate: true };
  const hosts = new Map([
    [first.host, { ...open, ...settings }],
    ...others.map(({ host }) => [host, open] as const),
  ]);
  return partsOf(hosts, tags);
}

export function partsOf(
  hosts: ReadonlyMap<string, RegistryHostSettings>,
  tags: Partial<TagsOptions> = {},
): Parts {
  const timeouts = { ...DEFAULT_TIMEOUTS, requestMs: 5_000 };
  const { requestMs } = timeouts;
  const closed = new AbortController().signal;
  const agents = new Agents({ hosts, timeouts, limits: DEFAULT_LIMITS, lookup: undefined });
  const metrics = new RecordedMetrics();
  const admissions = new Admissions({ gate: new OpenGate(), hosts, metrics });
  const http = new Http({ agents, admissions, userAgent: "hullkeeper-test", metrics });
  const source = new Logins({ hosts }, http, { elapsedMs, deadlineMs: requestMs, closed });
  const auth = new Auth({ http, source, requestMs, elapsedMs, closed });
  const session = new Session({ http, auth, hosts, redirectsMax: DEFAULT_LIMITS.redirects });
  return {
    session,
    content: new Content(session, timeouts, elapsedMs),
    tags: new Tags({ session, requestMs, ...tags }),
    close: () => agents.close(),
  };
}
