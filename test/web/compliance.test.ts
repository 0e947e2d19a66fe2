import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { UTC_CALENDAR } from "../../src/sla/calendar.ts";
import type { VendorEvaluation } from "../../src/sla/vendor.ts";
import { complianceOf, scorecardOf } from "../../src/sla/compliance.ts";
import type { Evaluation } from "../../src/sla/evaluation.ts";
import { DAY_MS, later } from "../../src/time.ts";
import { renderCompliancePage } from "../../src/web/pages/compliance.ts";
import { DEFAULT_POLICIES } from "../../src/vendor/policies.ts";
import { createFakeStore } from "../fakes/store.ts";
import { type Bench, MUSL, NOW, profileOf } from "../workers/bench.ts";
import { proposable } from "../workers/propose-bench.ts";
import { sla } from "../../workers/sla.ts";
import { pageOf, rowsOf, textOf, webOn } from "./web-under-test.ts";

const CRITICAL = { kind: "days", count: 7 } as const;
const PROFILE = {
  ...profileOf(),
  vendorPromise: {
    basis: "7 days critical",
    terms: { critical: CRITICAL },
    calendar: UTC_CALENDAR,
    startBasis: "disclosure",
    bestEffortPlatforms: [],
  },
} as const;

/** One target with one vulnerability and one update, a day on; watched since long before. */
async function running(): Promise<Bench> {
  const bench = await proposable();
  await bench.store.addLineFacts(MUSL, [{ kind: "onboarded", at: later(NOW, -30 * DAY_MS) }]);
  await bench.run(sla, {});
  bench.clock.advance(DAY_MS);
  return bench;
}

const optionsOf = (bench: Bench) => ({
  profiles: [PROFILE],
  policies: DEFAULT_POLICIES,
  clock: bench.clock,
});

async function exported(bench: Bench, path: string): Promise<Response> {
  return webOn(bench.store, optionsOf(bench)).request(path);
}

const ended = (state: "met" | "late"): Evaluation => ({
  id: "CVE-1",
  severity: "high",
  packages: [],
  state,
  startedAt: later(NOW, -2 * DAY_MS),
  endedAt: NOW,
  moves: [],
  relapses: [],
  notes: [],
});
const overdue: Evaluation = { ...ended("met"), state: "open", dueAt: later(NOW, -DAY_MS) };

const unavailable = () => Promise.reject(new CodedError("redis-unavailable", "asking: no answer"));

describe("the page about compliance", () => {
  test("says so where there is nothing", async () => {
    const text = textOf(await pageOf("/compliance", createFakeStore()));
    expect(text).toContain("No obligation was ever there.");
    expect(text).toContain("No vendor owes anything by its promise");
  });

  test("counts what runs, and gives no percentage of too few", async () => {
    const bench = await running();
    const page = await pageOf("/compliance", bench.store, optionsOf(bench));
    expect(rowsOf(page, "compliance")).toEqual([
      expect.stringMatching(/^acme\/shop nothing yet nothing yet none \d open 0/),
    ]);
    expect(rowsOf(page, "scorecard")).toEqual([
      expect.stringMatching(
        /^BellSoft Hardened Images critical too few to say 1 met, 0 missed, 0 inconclusive 0 overdue, 0 running .* 1 6 d 4 h 6 d 4 h$/,
      ),
    ]);
  });

  test.each([
    { title: "nine", met: 8, late: 1, over: 0, shown: "8 of 9 8 of 9 none" },
    { title: "ten", met: 9, late: 1, over: 0, shown: "90.0 % 9 of 10 90.0 % 9 of 10 none" },
    {
      title: "ten with what is overdue",
      met: 8,
      late: 1,
      over: 1,
      shown: "8 of 9 80.0 % 8 of 10 1 by 1 d at most",
    },
    { title: "one in a thousand late", met: 1_999, late: 1, over: 0, shown: "99.9 % 1999 of 2000" },
  ])("gives a percentage of ten and more: $title", async ({ met, late, over, shown }) => {
    const evaluations = [
      ...Array.from({ length: met }, () => ended("met")),
      ...Array.from({ length: late }, () => ended("late")),
      ...Array.from({ length: over }, () => overdue),
    ];
    const compliance = complianceOf(evaluations, NOW);
    const repositories = [{ repository: "acme/<b>shop", compliance }];
    const page = String(
      await renderCompliancePage({ now: NOW, all: compliance, repositories, scorecard: [] }),
    );
    expect(rowsOf(page, "compliance")[0]).toContain(shown);
    expect(rowsOf(page, "time-to-merge")).toEqual([`high ${met + late} 2 d 2 d`]);
    expect(page).not.toContain("<b>");
  });

  test("says how many promises of a vendor were kept, from ten on", async () => {
    const evaluation: VendorEvaluation = {
      id: "CVE-1",
      severity: "critical",
      state: "met",
      isApproximate: false,
      isFromFuture: false,
      tookMs: DAY_MS,
    };
    const scorecard = scorecardOf(
      Array.from({ length: 12 }, (_, index) => ({
        vendor: "<i>Acme",
        evaluation: { ...evaluation, state: index < 9 ? "met" : index < 10 ? "overdue" : "inconclusive" },
      })),
    );
    const all = complianceOf([], NOW);
    const page = String(await renderCompliancePage({ now: NOW, all, repositories: [], scorecard }));
    expect(rowsOf(page, "scorecard")[0]).toContain("critical 90.0 % of 10 9 met, 0 missed, 2 inconclusive");
    expect(page).not.toContain("<i>");
  });
});

describe("the export of obligations", () => {
  test("as JSON holds them with all their facts", async () => {
    const bench = await running();
    const response = await exported(bench, "/obligations.json");
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="obligations.json"');
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({
      format: "hullkeeper-obligations",
      computedAt: later(NOW, DAY_MS),
      targets: [
        {
          codeRepository: { owner: "acme", name: "shop" },
          image: "docker.io/bellsoft/hardened-base:musl",
          policy: { id: "policy", version: 1 },
          places: [
            {
              obligations: expect.arrayContaining([
                expect.objectContaining({
                  id: "CVE-2026-31337",
                  state: "open",
                  dueAt: later(NOW, 7 * DAY_MS),
                }),
              ]),
            },
          ],
          facts: expect.arrayContaining([expect.objectContaining({ kind: "pinned" })]),
        },
      ],
      lines: [
        {
          image: "docker.io/bellsoft/hardened-base:musl",
          facts: expect.arrayContaining([expect.objectContaining({ kind: "onboarded" })]),
        },
      ],
    });
  });

  test("as comma-separated values has a row for each", async () => {
    const bench = await running();
    const response = await exported(bench, "/obligations.csv");
    expect(response.headers.get("content-type")).toMatch(/^text\/csv/);
    const [head = "", ...rows] = (await response.text()).trimEnd().split("\r\n");
    expect(head).toMatch(/^"repository","branch","image","path",/);
    const row = rows.find((candidate) => candidate.includes("CVE-2026-31337"));
    expect(row).toMatch(/^"acme\/shop","main","docker.io\/bellsoft\/hardened-base:musl","Dockerfile","0",/);
    expect(row).toContain('"critical P7D","policy","1"');
    expect(row?.match(/","/g)).toHaveLength(head.match(/","/g)?.length ?? 0);
  });

  test("of nothing is empty and whole", async () => {
    const app = webOn(createFakeStore());
    expect(await (await app.request("/obligations.json")).json()).toMatchObject({ targets: [], lines: [] });
    expect((await (await app.request("/obligations.csv")).text()).split("\r\n")).toHaveLength(2);
  });

  test.each(["/obligations.json", "/obligations.csv"])("%s changes nothing", async (path) => {
    const bench = await running();
    expect((await webOn(bench.store, optionsOf(bench)).request(path, { method: "POST" })).status).toBe(404);
    const before = await bench.store.targetFacts((await bench.store.targets())[0] ?? failing());
    await (await exported(bench, path)).text();
    expect(await bench.store.targetFacts((await bench.store.targets())[0] ?? failing())).toEqual(before);
  });

  test("that cannot begin says so", async () => {
    const store = { ...createFakeStore(), targets: unavailable };
    expect((await webOn(store).request("/obligations.csv")).status).toBe(503);
  });

  test("that fails on the way is cut, and told of", async () => {
    const bench = await running();
    const faults: string[] = [];
    const app = webOn(
      { ...bench.store, lineFacts: unavailable },
      { ...optionsOf(bench), onFault: (_, path) => void faults.push(path) },
    );
    await expect((await app.request("/obligations.json")).text()).rejects.toThrow("the export failed");
    expect(faults).toEqual(["/obligations.json"]);
  });
});

function failing(): never {
  throw new Error("no target");
}
