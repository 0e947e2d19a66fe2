import { describe, expect, test } from "vitest";
import type { Findings } from "../../../src/cli/probe/findings.ts";
import { renderProbe, renderProbeJson } from "../../../src/cli/probe/render.ts";
import { reportOn } from "../../../src/cli/probe/report.ts";
import { parseTag } from "../../../src/image/reference.ts";
import { instantOf } from "../../../src/time.ts";
import {
  AMD64,
  attested,
  claimantOf,
  findingsOf,
  INDEX,
  places,
  REPOSITORY,
  seen,
  signed,
  STRANGER,
} from "./scene.ts";

const AT = instantOf(Date.UTC(2026, 10, 23, 12));
const HOSTILE = "\u001b[2J\u202e\r\nroot: `x`";
const render = (findings: Findings, claimant = claimantOf()): string =>
  renderProbe(reportOn(findings, claimant, AT));

describe("the text", () => {
  test("says what is, where it hangs, and what it means", () => {
    const answers = places({
      "referrers-api": { kind: "absent", status: 405 },
      "sig-tag": { kind: "tagged", digest: AMD64 },
    });
    const root = seen(INDEX, [signed(INDEX), attested(INDEX)], {
      places: [{ repository: REPOSITORY, seen: answers }],
    });
    const text = render(findingsOf([], [], { subjects: [root] }));
    expect(text).toContain("registry.example/acme/base:1, looked at");
    expect(text).toContain("of 2 platforms: linux/amd64, linux/arm64");
    expect(text).toContain("one of 2 tags, of which 1 hold evidence");
    expect(text).toContain(
      `  in registry.example/acme/base\n    list of referrers: none (405)\n    tag of referrers: none (404)\n    tag .sig: ${AMD64}\n`,
    );
    expect(text).toMatch(/ {2}✔ cosign-signature \(sig-tag, 0 bytes\)\n {6}by Acme: SHA256:/);
    expect(text).toContain("as document, verified\n      version 1.6: 3 packages: apk 2, npm 1");
    expect(text).toContain(
      "profile acme (Acme Hardened Images), built in, observed\n✔ accepted: signed by Acme, with a verified SBOM\n",
    );
    expect(text).not.toContain("draft");
  });

  test.each([
    { answer: { kind: "listed", count: 1, isCut: false } as const, says: "list of referrers: 1 entry\n" },
    {
      answer: { kind: "listed", count: 100, isCut: true } as const,
      says: "list of referrers: 100 entries on its first page\n",
    },
    { answer: { kind: "empty" } as const, says: "list of referrers: empty\n" },
    {
      answer: { kind: "strange", detail: "200 with no type" } as const,
      says: "list of referrers: no list: 200 with no type\n",
    },
    {
      answer: { kind: "failed", code: "registry-forbidden", message: "no" } as const,
      says: "list of referrers: ✖ no (registry-forbidden)\n",
    },
  ])("says $says", ({ answer, says }) => {
    const root = seen(INDEX, [], {
      places: [{ repository: REPOSITORY, seen: places({ "referrers-api": answer }) }],
    });
    expect(render(findingsOf([], [], { subjects: [root] }))).toContain(says);
  });

  test("tells a draft as it can be copied", () => {
    const text = render(findingsOf([signed(INDEX, STRANGER)]));
    expect(text).toMatch(
      /\ndraft\n# Unconfirmed.*\n(?:#.*\n)*vendors:\n {2}acme:\n {4}keys:\n {6}- file: keys\/base\.pub\n/,
    );
  });

  test("tells that a vendor has ended its service", () => {
    expect(render(findingsOf([]), claimantOf({}, { notice: "Service ended on 22 October." }))).toContain(
      "observed\n  Service ended on 22 October.\n",
    );
  });

  test("tells a tag that is not there", () => {
    expect(renderProbe({ kind: "absent", reference: "a/b:1", alike: [] })).toBe("✖ a/b:1 is not there\n");
    expect(renderProbe({ kind: "absent", reference: "a/b:1", alike: [parseTag("2")] })).toContain(
      "there are 2",
    );
  });
});

describe("hostile text", () => {
  const collected = {
    kind: "collected",
    evidence: {
      digest: INDEX,
      candidates: [attested(INDEX, STRANGER)],
      skipped: [{ place: "referrer", reason: "unknown-type", detail: HOSTILE }],
    },
    manifests: [
      {
        place: "att-tag",
        digest: attested(INDEX).source.manifest,
        artifactType: HOSTILE.repeat(1_000),
        createdAt: HOSTILE,
        layers: [],
      },
    ],
  } as const;
  const findings = findingsOf([], [], {
    subjects: [
      seen(INDEX, [], {
        collected: {
          ...collected,
          manifests: [
            { ...collected.manifests[0], digest: collected.evidence.candidates[0].source.manifest },
          ],
        },
      }),
    ],
    tags: { kind: "failed", code: "registry-protocol", message: HOSTILE },
  });

  test("moves no cursor, starts no line, and does not go on for ever", () => {
    const text = render(findings);
    expect(text).not.toMatch(/[\u001b\u202e\r]/);
    expect(text).not.toMatch(/^root:/m);
    expect(text).toContain("manifest �[2J");
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(300);
  });

  test("stands in JSON as data", () => {
    const document: unknown = JSON.parse(renderProbeJson(reportOn(findings, claimantOf(), AT)));
    expect(document).toMatchObject({
      accepted: false,
      kind: "seen",
      subjects: [{ skipped: [{ detail: HOSTILE }] }],
    });
    expect(JSON.parse(renderProbeJson({ kind: "absent", reference: "x", alike: [] }))).toMatchObject({
      accepted: false,
    });
  });
});

test("evidence by the hundred is counted, not listed", () => {
  const text = render(findingsOf(Array.from({ length: 200 }, () => signed(INDEX, STRANGER))));
  expect(text).toMatch(/… and \d+ more lines \(--json has all\)/);
  expect(text.split("\n").length).toBeLessThan(120);
});
