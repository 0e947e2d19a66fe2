import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/advisory/finding.ts";
import type { Assessment } from "../../src/assess/assessment.ts";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import { BODY_LENGTH_MAX, renderBody } from "../../src/proposal/body.ts";
import { renderControls } from "../../src/proposal/commands.ts";
import { parseMarker } from "../../src/proposal/marker.ts";
import type { Plan, Update } from "../../src/proposal/plan.ts";
import { timerFor } from "./timer.ts";
import { DAY_MS, later } from "../../src/time.ts";
import type { CandidateResult } from "../../src/trust/verdict.ts";
import {
  KEY,
  builderUpdate,
  component,
  digest,
  examplePlan,
  finding,
  planOf,
  runtimeUpdate,
  TERMS,
} from "./example.ts";
import { upgraded } from "../fixtures/deltas.ts";
import { feedOf } from "../fixtures/feeds.ts";
import { comparedWith, notCompared } from "../fixtures/diffs.ts";

function render(plan: Plan): string {
  return renderBody(plan, { version: "0.1.0", markerKey: KEY });
}

/** The runtime image, assessed like this. */
function assessed(assessment: Partial<Assessment>): Update {
  const update = runtimeUpdate();
  const isUnknown = assessment.vulnerabilities?.kind === "not-assessed";
  return {
    ...update,
    assessment: { ...update.assessment, ...assessment },
    vendorClocks: isUnknown ? [] : update.vendorClocks,
  };
}

function withoutPromise(): Plan {
  const plan = examplePlan();
  const updates = plan.updates.map((update) => {
    const { vendorPromise: _, ...profile } = update.profile;
    return { ...update, profile };
  });
  return { ...plan, updates };
}

function asReferrer(result: CandidateResult): CandidateResult {
  return { ...result, source: { ...result.source, place: "referrer" } };
}

/** The runtime image with these findings. */
function withDelta(delta: {
  readonly fixed?: readonly Finding[];
  readonly introduced?: readonly Finding[];
  readonly remaining?: readonly Finding[];
}): Update {
  const update = runtimeUpdate();
  const { vulnerabilities } = update.assessment;
  if (vulnerabilities.kind !== "assessed") throw new Error("must be assessed");
  const whole = {
    ...vulnerabilities.delta,
    ...delta,
    fixed: upgraded(delta.fixed ?? vulnerabilities.delta.fixed),
  };
  const timer = timerFor({
    fixed: whole.fixed,
    startedAt: update.verifiedAt,
    assessedAt: update.verifiedAt,
    terms: TERMS,
  });
  const kind = whole.fixed.length > 0 ? "fixes" : update.assessment.class;
  return {
    ...update,
    timer,
    assessment: { ...update.assessment, class: kind, vulnerabilities: { kind: "assessed", delta: whole } },
  };
}

/** The lines of a body that are quoted at its top. */
function verdictOf(body: string): string {
  return body.split("\n\n", 1)[0] ?? "";
}

describe("the whole body", () => {
  test("of builder and runtime of one vendor is what people were shown", () => {
    const golden = new URL("../fixtures/proposal/bellsoft-two-lines.md", import.meta.url);
    expect(render(examplePlan())).toBe(readFileSync(golden, "utf8"));
  });

  test("is the same bytes for the same plan", () => {
    expect(render(examplePlan())).toBe(render(examplePlan()));
  });

  test("carries a marker that can be read back", () => {
    expect(parseMarker(render(examplePlan()), examplePlan(), KEY).kind).toBe("read");
  });

  test("says nothing that depends on the moment it is read", () => {
    expect(render(examplePlan())).not.toMatch(/\b(?:ago|left|today|tomorrow|overdue)\b/);
  });
});

describe("the first lines", () => {
  const late = runtimeUpdate();
  test.each<{ title: string; update: Update; lines: RegExp[] }>([
    {
      title: "one vulnerability decides",
      update: withDelta({ fixed: [finding("CVE-1", ["high", 7], ["expat", "1", "2"])], remaining: [] }),
      lines: [
        /^> \*\*Merge by Mon 7 Dec 2026, 14:12 UTC\*\*, set by CVE-1 \(high\) in `expat`; your clock gives 14 d\.$/m,
        /^> Fixes \*\*1 vulnerability\*\* \(1 high\), introduces none, none remains\.$/m,
      ],
    },
    {
      title: "an older obligation that the new digest does not serve",
      update: {
        ...withDelta({ fixed: [] }),
        timer: timerFor({
          fixed: [finding("CVE-7", ["critical"], ["a", "1"])],
          startedAt: late.verifiedAt,
          assessedAt: late.verifiedAt,
          terms: TERMS,
        }),
      },
      lines: [/set by CVE-7 \(critical\), which these digests do not fix; your clock gives 7 d\.$/m],
    },
    {
      title: "something is introduced",
      update: withDelta({
        introduced: [finding("CVE-8", ["critical"], ["a", "1"]), finding("CVE-9", ["low"], ["a", "1"])],
      }),
      lines: [/⚠ \*\*introduces 2\*\* \(1 critical, 1 low\)/],
    },
    {
      title: "only packages changed",
      update: withDelta({ fixed: [], remaining: [] }),
      lines: [
        /your clock gives 30 d to an update that fixes no known vulnerability\.$/m,
        /^> No known vulnerability is fixed, introduces none, none remains\. The packages changed\.$/m,
      ],
    },
    {
      title: "a rebuild",
      update: assessed({
        class: "rebuild",
        components: comparedWith([], { equalCount: 9 }),
        vulnerabilities: { kind: "not-assessed", reason: "no advisories are configured" },
      }),
      lines: [
        /^> A rebuild: the same packages in the same versions\. What it fixes is not known, see "Not checked"\.$/m,
      ],
    },
    {
      title: "nothing could be compared",
      update: assessed({
        class: "unassessed",
        components: notCompared("no SBOM"),
        vulnerabilities: { kind: "not-assessed", reason: "no SBOM" },
      }),
      lines: [/^> What it fixes is not known, see "Not checked"\.$/m],
    },
    {
      title: "nobody knows what it fixes, and no deadline runs from before",
      update: {
        ...assessed({ vulnerabilities: { kind: "not-assessed", reason: "the feed is too old" } }),
        timer: timerFor({
          fixed: [],
          startedAt: late.verifiedAt,
          assessedAt: late.verifiedAt,
          terms: TERMS,
        }),
      },
      lines: [/your clock gives 30 d to an update whose fixes are not known\.$/m],
    },
    {
      title: "a tag that moved backwards looks like no ordinary update",
      update: assessed({ class: "moved-backwards", vulnerabilities: { kind: "not-assessed", reason: "x" } }),
      lines: [/⚠ \*\*The tag moved backwards\.\*\*/],
    },
  ])("when $title", ({ update, lines }) => {
    const verdict = verdictOf(render(planOf([update])));
    for (const line of lines) expect(verdict).toMatch(line);
    expect(verdict).toMatch(/^> \*\*Verified\*\*: signed by BellSoft, key `SHA256:kqvV/m);
    expect(verdict.split("\n")).toHaveLength(3);
  });

  test("when one of two images could not be assessed", () => {
    const unknown = assessed({
      vulnerabilities: { kind: "not-assessed", reason: "no advisories are configured" },
    });
    const body = render(planOf([builderUpdate(), unknown]));
    expect(verdictOf(body)).toContain('Not known for 1 image, see "Not checked".');
    expect(body).toContain(
      "- **Vulnerabilities not assessed** for `jre-25-nonroot-musl`: no advisories are configured.",
    );
  });
});

describe("what is shown when something is missing or odd", () => {
  const base = runtimeUpdate();
  test.each<{ title: string; plan: Plan; shown: (string | RegExp)[]; hidden?: (string | RegExp)[] }>([
    {
      title: "no SBOM",
      plan: planOf([
        {
          ...assessed({
            class: "unassessed",
            components: notCompared("no SBOM is attached"),
            vulnerabilities: { kind: "not-assessed", reason: "no SBOM is attached" },
          }),
          verdict: { ...base.verdict, sbom: { kind: "missing" } },
        },
      ]),
      shown: [
        "| SBOM | – no signed SBOM: packages were not compared |",
        "- **Packages not compared**: no SBOM is attached.",
        "- **Vulnerabilities not assessed**: no SBOM is attached.",
        "| vendor: BellSoft's commercial plan (7 days critical, 14 days other) | – | – | not known: what is fixed was not assessed |",
      ],
      hidden: ["### Vulnerabilities", "cosign verify-attestation", "<summary>Packages"],
    },
    {
      title: "packages read from the layers",
      plan: planOf([
        { ...base, verdict: { ...base.verdict, sbom: { kind: "missing" } }, packagesFrom: "layers" },
      ]),
      shown: [
        "| SBOM | – no signed SBOM: packages were read from the image's layers |",
        /<summary>Packages: .*removed \(read from the image's layers, not vendor-signed\)<\/summary>/,
        "- Packages: there is no signed SBOM; they were read from the image's layers, from the databases of its distribution alone.",
      ],
      hidden: ["packages were not compared", "cosign verify-attestation"],
    },
    {
      title: "packages of one image of two read from the layers",
      plan: planOf([
        base,
        { ...base, line: { ...base.line, tag: parseTag("other") }, packagesFrom: "layers" },
      ]),
      shown: [/built in were not looked for\. \(.*other.*\)/],
    },
    {
      title: "an SBOM that hangs on one platform",
      plan: planOf([{ ...base, sbomPlatform: { digest: digest("77aa"), platform: "linux/amd64" } }]),
      shown: [
        "about exactly its `linux/amd64` manifest",
        /cosign verify-attestation .*hardened-liberica-runtime-container@sha256:77aa/,
        /cosign verify --key .*hardened-liberica-runtime-container@sha256:e5f2/,
      ],
    },
    {
      title: "an SBOM of each platform",
      plan: planOf([
        {
          ...base,
          sbomPlatform: { digest: digest("77aa"), platform: "linux/amd64", others: ["linux/arm64"] },
        },
      ]),
      shown: ["about exactly its `linux/amd64` manifest; `linux/arm64` has one, verified the same way"],
    },
    {
      title: "a signature that refers to the image",
      plan: planOf([
        { ...base, verdict: { ...base.verdict, results: base.verdict.results.map(asReferrer) } },
      ]),
      shown: [/cosign verify --key \S+ --insecure-ignore-tlog --experimental-oci11 /],
    },
    {
      title: "no promise of the vendor",
      plan: withoutPromise(),
      shown: ["| vendor: no promise that applies to you | – | – | not running |"],
    },
    {
      title: "a clock that a superseded digest started",
      plan: planOf([{ ...base, verifiedAt: later(base.verifiedAt, DAY_MS) }]),
      shown: [
        "23 Nov 2026, 14:12 UTC, an earlier digest verified; newer ones do not start it again",
        "<summary>History: supersedes 1 digest</summary>",
        "`c0ffee91d2b4`, first seen 19 Nov 2026, 11:20 UTC",
      ],
    },
    {
      title: "evidence that proved nothing",
      plan: planOf([
        {
          ...base,
          verdict: {
            ...base.verdict,
            results: [
              ...base.verdict.results,
              {
                kind: "cosign-signature",
                source: { place: "sig-tag", manifest: digest("1"), layer: digest("2") },
                outcome: { kind: "refused", refusal: "signature-key-unknown", detail: "x" },
              },
            ],
            skipped: [{ place: "referrer", reason: "too-large", detail: "x" }],
          },
        },
      ]),
      shown: [
        "| not counted | 2 more signatures or attestations found: 1 × `signature-key-unknown`, 1 × `too-large` |",
      ],
    },
    {
      title: "an image without platforms and in one place only",
      plan: planOf([{ ...base, platforms: [] }]),
      shown: ["| single | 20 Nov 2026, 10:01 UTC |"],
      hidden: ["- Platforms:"],
    },
    {
      title: "lists of two tools, and a package that went back",
      plan: planOf([
        assessed({
          components: comparedWith(
            [
              {
                kind: "downgraded",
                from: component("zlib", "1.3.2-r0"),
                to: component("zlib", "1.3.1-r0"),
              },
              { kind: "added", component: component("a", "1") },
              { kind: "removed", component: component("b", "2") },
              { kind: "changed", from: component("c", "x"), to: component("c", "y") },
            ],
            { quality: "cross-tool", equalCount: 7 },
          ),
        }),
      ]),
      shown: [
        "<summary>Packages: ⚠ 1 downgraded, 0 upgraded, 1 changed, 1 added, 1 removed</summary>",
        "⚠ Downgraded: `zlib` `1.3.2-r0` → `1.3.1-r0`",
        "Added: `a` `1`",
        "Removed: `b` `2`",
        "⚠ The two lists were written by different tools",
      ],
    },
    {
      title: "images of two repositories",
      plan: planOf([
        builderUpdate(),
        {
          ...base,
          line: { repository: parseRepository("ghcr.io/acme/hardened-base"), tag: parseTag("musl") },
        },
      ]),
      shown: [
        "`bellsoft/hardened-liberica-runtime-container`",
        "| `ghcr.io/acme/hardened-base` |",
        "| read from | `hardened-liberica-runtime-container:jdk-25-musl`: `docker.io`",
        "| read from | `hardened-base:musl`: `ghcr.io`",
      ],
      hidden: ["| same |"],
    },
    {
      title: "nothing left unedited",
      plan: { ...examplePlan(), notEdited: [] },
      shown: ["### Not checked", "- Revocation:"],
      hidden: ["- Not edited"],
    },
  ])("$title", ({ plan, shown, hidden = [] }) => {
    const body = render(plan);
    for (const text of shown) expect(body).toMatch(text);
    for (const text of hidden) expect(body).not.toMatch(text);
  });

  test("always says what was not checked, and what closing means", () => {
    for (const plan of [examplePlan(), planOf([assessed({ class: "unassessed" })])]) {
      const body = render(plan);
      for (const topic of ["Provenance", "Transparency log", "Revocation", "Exploitation"]) {
        expect(body).toContain(`- ${topic}`);
      }
      expect(body).toContain("Closing this ignores these digests for a while, and nothing else");
    }
  });
});

/** A plan in which every text that others write is this one. */
function hostilePlan(text: string): Plan {
  const base = runtimeUpdate();
  const bad = finding(text, ["critical", 9.8], [text, text, text]);
  const { vulnerabilities } = base.assessment;
  if (vulnerabilities.kind !== "assessed") throw new Error("must be assessed");
  const signer = {
    ...base.verdict.signers[0],
    kind: "key" as const,
    fingerprint: "00".repeat(32),
    name: text,
  };
  const update: Update = {
    ...withDelta({ fixed: [bad], introduced: [bad], remaining: [bad] }),
    places: [{ path: text, line: 1 }],
    platforms: [text, text],
    verdict: {
      ...base.verdict,
      signers: [signer],
      sbom: {
        kind: "verified",
        predicateType: text,
        source: { place: "att-tag", manifest: digest("1"), layer: digest("2") },
      },
    },
  };
  const notAffected = { id: text, packageName: text, why: "vex", detail: text, saidBy: text } as const;
  const plan = planOf([
    {
      ...update,
      assessment: {
        ...update.assessment,
        components: comparedWith([{ kind: "added", component: component(text, text, text) }]),
        vulnerabilities: {
          kind: "assessed",
          delta: {
            ...vulnerabilities.delta,
            fixed: upgraded([bad]),
            reclassified: [{ ...bad, why: notAffected }],
            indeterminate: [{ ...bad, reason: text }],
            notAffected: [notAffected],
            regressions: [bad.id],
            introduced: [bad],
            remaining: [bad],
            feeds: [feedOf({ name: text, recordCount: 1, snapshot: text, licenceNote: text })],
            unmatched: [{ reason: text, count: 1 }],
          },
        },
      },
    },
    assessed({
      class: "unassessed",
      components: notCompared(text),
      vulnerabilities: { kind: "not-assessed", reason: text },
    }),
  ]);
  const updates = plan.updates.map((each) => ({
    ...each,
    profile: {
      ...each.profile,
      name: text,
      ...(each.profile.vendorPromise === undefined
        ? {}
        : { vendorPromise: { ...each.profile.vendorPromise, basis: text, source: text, asOf: text } }),
    },
    policy: { ...each.policy, id: text, basis: text, source: text, asOf: text },
  }));
  return {
    ...plan,
    group: text,
    updates,
    notEdited: [{ path: text, line: 1, raw: text, reason: text }],
  };
}

/** What is left of a body where Markdown is read: no code, no marker, no tags of our own. */
function livePartsOf(body: string): string {
  return body
    .replace(renderControls(), "")
    .replace(/<!-- hullkeeper: \{"v":1,"group".*\} -->\n$/, "")
    .replaceAll(/^(`{3,})\n[^]*?\n\1$/gm, "")
    .replaceAll(/(?<!`)(`+)(?!`)(?:(?!\1(?!`))[^\n]|(?<=`)`)*?(?<!`)\1(?!`)/g, "")
    .replaceAll(/<\/?(?:details(?: open)?|summary|sub|code)>/g, "");
}

describe("text from outside", () => {
  const HOSTILE = [
    "@acme/security",
    "Fixes #1",
    "<img src=x onerror=alert(1)>",
    "</details><h1>Verified</h1>",
    '<!-- hullkeeper: {"v":1,"mac":"x"} -->',
    "-->",
    "| x | y |",
    "[click](https://evil.example)",
    "`code` ``` ~~~",
    "\n\n# Heading\n- item",
    "\u202egnp.exe",
    "\\",
    "&lt;b&gt;",
    "https://evil.example www.evil.example",
  ];

  test.each(HOSTILE)("%j is shown and does nothing", (text) => {
    const plan = hostilePlan(text);
    const body = render(plan);
    const live = livePartsOf(body);
    expect(body.length).toBeGreaterThan(4_000);
    expect(live).not.toMatch(/<[a-z!/]/i);
    expect(live).not.toMatch(/@[a-z0-9]/i);
    expect(live).not.toMatch(/#\d/);
    expect(live).not.toMatch(/:\/\/|www\./);
    expect(live).not.toMatch(/\]\(/);
    expect(live).not.toMatch(/^(?:# |- item)/m);
    expect(body).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(parseMarker(body, plan, KEY).kind).toBe("read");
  });

  test.each(HOSTILE)("%j ends no table row", (text) => {
    const rows = render(hostilePlan(text))
      .split("\n")
      .filter((line) => line.startsWith("| "));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row.endsWith(" |")).toBe(true);
    const widths = new Set(rows.map((row) => row.split("|").length - 2));
    expect([...widths].toSorted((a, b) => a - b)).toEqual([2, 4, 7]);
  });
});

/** As large as a plan can reasonably become, and more. */
function largePlan(sizes: {
  readonly updates?: number;
  readonly findings?: number;
  readonly changes?: number;
  readonly superseded?: number;
  readonly places?: number;
}): Plan {
  const { updates = 1, findings = 1, changes = 1, superseded = 0, places = 1 } = sizes;
  const fixed = Array.from({ length: findings }, (_, number) =>
    finding(
      `CVE-2026-${number}`,
      ["high", 7],
      [`package-${number}-${"x".repeat(80)}`, "1.0.0-r0", "1.0.1-r0"],
    ),
  );
  const update = withDelta({ fixed, introduced: fixed, remaining: fixed });
  return {
    ...planOf(
      Array.from({ length: updates }, (_, number) => ({
        ...update,
        line: { ...update.line, tag: parseTag(`tag-${number}-${"t".repeat(100)}`) },
        places: Array.from({ length: places }, (__, line) => ({
          path: `${"d/".repeat(60)}Dockerfile`,
          line: line + 1,
        })),
        superseded: Array.from({ length: superseded }, (__, index) => ({
          digest: digest(index.toString(16)),
          observedAt: later(update.observedAt, index),
        })),
        assessment: {
          ...update.assessment,
          components: comparedWith(
            Array.from({ length: changes }, (__, index) => ({
              kind: "added" as const,
              component: component(`p${index}-${number}-${"y".repeat(90)}`, "1.2.3-r4"),
            })),
          ),
        },
      })),
    ),
    notEdited: Array.from({ length: places }, (_, line) => ({
      path: `${"d/".repeat(100)}Dockerfile`,
      line: line + 1,
      raw: "r".repeat(512),
      reason: "not pinned by digest",
    })),
  };
}

describe("a body that would be too long", () => {
  const DUTIES = [
    "> **Merge by",
    "| image | tag |",
    "### Who signed it",
    "### Clocks",
    "### Not checked",
    renderControls(),
    "Closing this",
  ];

  test.each([
    { title: "many packages", plan: largePlan({ changes: 5_000 }), lost: [] },
    {
      title: "history and packages of many images",
      plan: largePlan({ updates: 30, changes: 300, superseded: 40 }),
      lost: ["history", "packages"],
    },
    { title: "many vulnerabilities", plan: largePlan({ findings: 2_000 }), lost: [] },
    { title: "many images", plan: largePlan({ updates: 300 }), lost: [] },
    { title: "many places", plan: largePlan({ updates: 30, places: 400 }), lost: ["packages"] },
    {
      title: "everything at once",
      plan: largePlan({ updates: 100, findings: 100, changes: 100, superseded: 50, places: 100 }),
      lost: ["history", "packages"],
    },
  ])("keeps to its budget and its duties: $title", ({ plan, lost }) => {
    const body = render(plan);
    expect(body.length).toBeLessThanOrEqual(BODY_LENGTH_MAX);
    for (const duty of DUTIES) expect(body).toContain(duty);
    expect(parseMarker(body, plan, KEY).kind).toBe("read");
    for (const name of lost) expect(body).toMatch(new RegExp(`^- Left out here, .*${name}`, "m"));
  });

  test("vulnerabilities stop at 30 rows, with the total", () => {
    const body = render(largePlan({ findings: 100 }));
    expect(body.match(/^\| CVE-/gm)).toHaveLength(30);
    expect(body).toContain("… and 70 more rows (70 high).");
    expect(body).toContain("Fixes **100 vulnerabilities** (100 high)");
  });

  test("history goes before packages", () => {
    const sizes = [60, 80, 100, 120, 140, 160, 180, 200].map((changes) =>
      render(largePlan({ updates: 4, changes, superseded: 20 })),
    );
    const withHistory = sizes.filter((body) => body.includes("<summary>History"));
    const withPackages = sizes.filter((body) => body.includes("<summary>Packages"));
    expect(withPackages.length).toBeGreaterThan(withHistory.length);
    expect(withHistory.length).toBeGreaterThan(0);
  });
});

const firstLine = (plan: Plan) => render(plan).split("\n")[0];

describe("what a person declined before", () => {
  const at = later(runtimeUpdate().verifiedAt, -DAY_MS);
  const declined = { digest: digest("e5f2aa"), at, until: later(at, DAY_MS), by: "alex", fixed: [] };
  const back = (fixes: readonly string[]) => ({ ...declined, back: { at, fixes } });
  test("says who declined it when, and that its time was over", () => {
    const line = firstLine(planOf([{ ...runtimeUpdate(), returned: back([]) }]));
    expect(line).toMatch(
      /^> \*\*Declined before\*\* by alex on .* UTC: the time for that was over on .* UTC\.$/,
    );
  });

  test("names what it is known to fix since, five at most, escaped", () => {
    const fixes = ["CVE-2026-1", "CVE-2026-2", "CVE-2026-3", "@acme#1<b>", "CVE-2026-5", "CVE-2026-6"];
    expect(firstLine(planOf([{ ...runtimeUpdate(), returned: back(fixes) }]))).toContain(
      "it is now known to fix CVE-2026-1, CVE-2026-2, CVE-2026-3, `@acme#1<b>`, CVE-2026-5 and 1 more, critical",
    );
  });

  test("says of which images, where not of all", () => {
    const line = firstLine(planOf([builderUpdate(), { ...runtimeUpdate(), returned: back([]) }]));
    expect(line).toMatch(/ UTC\. \(`jre-25-nonroot-musl`\)$/);
  });

  test("of what was kept without a date", () => {
    const returned = { digest: declined.digest, back: { at, fixes: [] } };
    expect(firstLine(planOf([{ ...runtimeUpdate(), returned }]))).toBe(
      "> **Declined before**: the time for that is over.",
    );
  });
});
