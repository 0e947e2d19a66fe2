import { renderSpan, SECOND_MS } from "../../src/time.ts";
import { columnsOf, renderTable, rounded, say } from "../table.ts";
import { HOSTS, PUBLISHED } from "./hosts.ts";
import { movesOfDay, population, type SimulatedRepository } from "./population.ts";
import { simulateSweeps } from "./sweeps.ts";
import type { Tally } from "./tally.ts";
import { budgetOf, simulateWatcher } from "./watcher.ts";

const HOUR_S = 3_600;

const repositories = population();
const tags = HOSTS.reduce((sum, plan) => sum + plan.repositories * plan.tagsPerRepository, 0);
say(`${tags} tags of ${repositories.length} repositories, one day on a clock of its own\n`);
const startedAt = performance.now();
report("hullkeeper", simulateWatcher(repositories));
report("every tag every 30 minutes", simulateSweeps(repositories));
say(`simulated in ${renderSpan(performance.now() - startedAt)}`);

/** Requests per host against what it may be asked, and the delays of its tags. */
function report(title: string, tally: Tally): void {
  const plans = new Map(HOSTS.map((plan) => [plan.host, plan]));
  const listHosts = HOSTS.flatMap(({ listsAt }) =>
    listsAt === undefined || plans.has(listsAt) ? [] : [listsAt],
  );
  const rows = [...plans.keys(), ...listHosts].map((host) => {
    const plan = plans.get(host);
    const { requestsByHour, refused } = tally.host(host);
    const published = PUBLISHED.get(host);
    const requests = requestsByHour.reduce((sum, count) => sum + count, 0);
    return [
      host,
      plan === undefined ? "" : String(plan.repositories * plan.tagsPerRepository),
      ...delayCells(tally, [host], ofHost(host)),
      rounded(requests / requestsByHour.length),
      rounded(Math.max(...requestsByHour)),
      rounded(budgetOf(host).perSecond * HOUR_S),
      published === undefined ? "" : rounded(published.perSecond * HOUR_S),
      published === undefined ? "" : rounded(refused),
    ];
  });
  const all = ["all", String(tags), ...delayCells(tally, [...plans.keys()], repositories)];
  const columns = columnsOf(
    title,
    "tags",
    "moves",
    "unnoticed",
    "delay p50",
    "p99",
    "max",
    "requests/h",
    "peak/h",
    "our budget/h",
    "published/h",
    "refused",
  );
  say(`${renderTable(columns, [...rows, all])}\n`);
}

function ofHost(host: string): readonly SimulatedRepository[] {
  return repositories.filter(({ plan }) => plan.host === host);
}

function delayCells(
  tally: Tally,
  hosts: readonly string[],
  watched: readonly SimulatedRepository[],
): readonly string[] {
  const happened = movesOfDay(watched);
  if (happened === 0) return ["", "", "", "", ""];
  const { moves, p50Ms, p99Ms, maxMs } = tally.delays(hosts);
  // Whole seconds: the simulation is no finer than its assumptions.
  const spans = [p50Ms, p99Ms, maxMs].map((ms) => renderSpan(Math.round(ms / SECOND_MS) * SECOND_MS));
  return [rounded(happened), rounded(happened - moves), ...spans];
}
