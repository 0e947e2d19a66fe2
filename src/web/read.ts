import { type ImageLine, renderLine, type Repository } from "../image/reference.ts";
import type { HostGate } from "../ports/host-gate.ts";
import type { Store, VerdictRecord } from "../ports/store.ts";
import type { Instant } from "../time.ts";
import { affectedImages } from "../steps/affected.ts";
import { timersNow } from "../steps/clocks/timers.ts";
import { configuredDistrust, storedDistrust } from "../steps/distrust.ts";
import { joinedDistrust } from "../trust/distrust.ts";
import { endingOf } from "../vendor/lifecycle.ts";
import { type Profile, type ProfileMode, profileOf } from "../vendor/profile.ts";
import type { Policies } from "../vendor/policies.ts";
import { movementOf, type TagHistory } from "../watch/history.ts";
import { stepBackOf } from "../watch/step-back.ts";
import type { ConfigsData } from "./pages/image-configs.ts";
import type { LineData } from "./pages/line.ts";
import type { TrustData } from "./pages/trust.ts";
import type { OverviewData } from "./pages/overview.ts";

/** Events of the overview. */
const EVENTS_SHOWN = 40;

/** What pages are read from. */
export interface PageSources {
  readonly store: Store;
  readonly gate: Pick<HostGate, "states">;
  readonly profiles: readonly Profile[];
  readonly policies: Policies;
  readonly dueSoonMs: number;
}

/** What the overview shows, as it is in the store now; but for the trust roots, which each process holds by itself. */
export async function readOverview(
  { store, gate, profiles, policies, dueSoonMs }: PageSources,
  now: Instant,
): Promise<Omit<OverviewData, "trustRoots">> {
  const [timers, proposals, watches, scans, events, hosts, feeds, listing, branchListings] =
    await Promise.all([
      timersNow({ store, profiles, policies }, now),
      store.proposals(),
      store.watches(),
      store.scans(),
      store.events(EVENTS_SHOWN),
      gate.states(),
      store.feeds(),
      store.repositoryListing(),
      store.branchListings(),
    ]);
  const views = watches.map(async (watch) => ({
    watch,
    ...modeOf(profiles, watch.line.repository),
    ...(await currentVerdictOf(store, watch.line.repository, watch.history)),
  }));
  return {
    now,
    dueSoonMs,
    timers,
    proposals,
    watches: await Promise.all(views),
    scans,
    events,
    hosts,
    feeds,
    listing,
    branchListings,
  };
}

/** What the page about a line shows; undefined for a line that nobody subscribed to and nobody looked at. */
export async function readLine(
  { store, profiles, policies, dueSoonMs }: Omit<PageSources, "gate">,
  line: ImageLine,
  now: Instant,
): Promise<LineData | undefined> {
  const watch = await store.watch(line);
  if (watch.subscribers.length === 0 && watch.history.length === 0 && watch.failure === undefined) {
    return undefined;
  }
  const [timers, proposals, { poll }, history] = await Promise.all([
    timersNow({ store, profiles, policies }, now),
    store.proposals(),
    store.watched(line.repository),
    Promise.all(
      watch.history.map(async (observation, position) => ({
        observation,
        movement: movementOf(watch.history.slice(0, position + 1)),
        ...(await currentVerdictOf(store, line.repository, [observation])),
      })),
    ),
  ]);
  const trustedAt = new Map(
    history.flatMap(({ observation, verdict }) =>
      verdict?.verdict.kind === "verified" && verdict.verdict.trustedAt !== undefined
        ? [[observation.digest, verdict.verdict.trustedAt] as const]
        : [],
    ),
  );
  const current = watch.history.at(-1)?.digest;
  const stepBack =
    current === undefined ? undefined : stepBackOf({ history: watch.history, pinned: current, trustedAt });
  const approval = current === undefined ? undefined : await store.approval(line, current);
  const endOfLife = endingOf(line, profileOf(profiles, line.repository) ?? {}, now);
  const isThisLine = (other: ImageLine): boolean => renderLine(other) === renderLine(line);
  return {
    now,
    dueSoonMs,
    watch,
    ...modeOf(profiles, line.repository),
    next: poll.next,
    ...(poll.listing === undefined ? {} : { listing: poll.listing }),
    ...(endOfLife === undefined ? {} : { endOfLife }),
    history: history.toReversed(),
    configs: await configsOf(store, history.at(-1)?.verdict),
    ...(stepBack === undefined ? {} : { stepBack: stepBack.reason }),
    ...(approval === undefined ? {} : { approval }),
    timers: timers.filter((record) => isThisLine(record.line)),
    proposals: proposals.filter(({ updates }) => updates.some((update) => isThisLine(update.line))),
  };
}

/** What the page about the decisions of people shows. */
export async function readTrust(
  { store, profiles }: Pick<PageSources, "store" | "profiles">,
  now: Instant,
): Promise<TrustData> {
  const configured = configuredDistrust(profiles);
  const distrust = joinedDistrust(configured, await storedDistrust(store));
  const [distrusted, approvals, affected, proposals] = await Promise.all([
    store.distrusted(),
    store.approvals(),
    affectedImages(distrust, store),
    store.proposals(),
  ]);
  const declined = await store.declinedOf(proposals);
  const groups = proposals.map((proposal, position) => ({ proposal, declined: declined[position] ?? [] }));
  return { now, configured, distrusted, approvals, affected, declined: groups };
}

async function configsOf(store: Store, record: VerdictRecord | undefined): Promise<ConfigsData> {
  const { configs = [], configFaults = [] } = record ?? {};
  const kept = await store.configs(configs.map(({ digest }) => digest));
  return {
    configs: configs.flatMap(({ digest, platform = "" }) => {
      const config = kept.get(digest);
      return config === undefined ? [] : [{ platform, config }];
    }),
    faults: configFaults,
  };
}

function modeOf(profiles: readonly Profile[], repository: Repository): { readonly mode?: ProfileMode } {
  const mode = profileOf(profiles, repository)?.mode;
  return mode === undefined ? {} : { mode };
}

async function currentVerdictOf(
  store: Store,
  repository: Repository,
  history: TagHistory,
): Promise<{ readonly verdict?: VerdictRecord }> {
  const digest = history.at(-1)?.digest;
  const verdict = digest === undefined ? undefined : await store.verdict({ repository, digest });
  return verdict === undefined ? {} : { verdict };
}
