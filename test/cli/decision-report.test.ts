import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  renderAffected,
  renderApprovals,
  renderApproved,
  renderDistrusted,
  renderForConfiguration,
} from "../../src/cli/decision-report.ts";
import { parseDigest } from "../../src/image/digest.ts";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import type { ApprovalRecord, DistrustRecord } from "../../src/ports/operators.ts";
import type { WatchState } from "../../src/ports/store.ts";
import { instantOf } from "../../src/time.ts";
import { NO_DISTRUST } from "../../src/trust/policy.ts";

const AT = instantOf(Date.UTC(2026, 10, 24, 12));
const DIGEST = parseDigest(`sha256:${"ab".repeat(32)}`);
const LINE = { repository: parseRepository("acme/base"), tag: parseTag("1") };
const NASTY = 'it "leaked": # {x}\u202e - [y]';
const decided = { by: "alice\u001b[2J", reason: NASTY, at: AT };
const RECORDS: readonly DistrustRecord[] = [
  { subject: { kind: "certificate", root: "acme", subject: "CN=a, O='b'" }, ...decided },
  { subject: { kind: "digest", digest: DIGEST }, ...decided },
  { subject: { kind: "identity", issuer: "https://a.example", subject: "b: {c} \u2028" }, ...decided },
  { subject: { kind: "key", fingerprint: "00".repeat(32) }, ...decided },
];

describe("what the configuration is to say", () => {
  test("reads back as what is distrusted, whatever is written in it", () => {
    expect(parse(renderForConfiguration(RECORDS).replace(/^[\s\S]*?(?=^distrust:)/m, ""))).toEqual({
      distrust: {
        keys: [{ fingerprint: `SHA256:${"A".repeat(43)}`, reason: NASTY }],
        identities: [{ issuer: "https://a.example", subject: "b: {c} \u2028", reason: NASTY }],
        certificates: [{ root: "acme", subject: "CN=a, O='b'", reason: NASTY }],
        digests: [{ digest: DIGEST, reason: NASTY }],
      },
    });
  });

  test("is nothing for nothing", () => {
    expect(renderForConfiguration([])).toBe("");
  });
});

describe("what is distrusted", () => {
  test("with who said so, and what the configuration says beside", () => {
    const text = renderDistrusted(RECORDS, { signers: ["key 11"], digests: [DIGEST] });
    expect(text).toContain("(alice�[2J, ");
    expect(text).toContain("key 11\n  by the configuration\n");
    expect(text.split(DIGEST)).toHaveLength(2);
    for (const unseen of ["\u001b", "\u202e", "\u2028"]) expect(text).not.toContain(unseen);
  });

  test("is said to be nothing", () => {
    expect(renderDistrusted([], NO_DISTRUST)).toBe("Nothing is distrusted.\n");
    expect(renderAffected([])).toMatch(/^Affected: nothing that is in use/);
    expect(renderApprovals([])).toBe("No step backwards was approved.\n");
  });
});

describe("what came of an approval", () => {
  const watch = (more: Partial<WatchState> = {}): WatchState => ({
    line: LINE,
    subscribers: [{ codeRepository: { owner: "acme", name: "shop" }, branch: "main" }],
    history: [{ digest: DIGEST, firstSeenAt: AT, lastSeenAt: AT }],
    ...more,
  });
  const other = parseDigest(`sha256:${"c".repeat(64)}`);

  test.each([
    { title: "where the tag is", kind: "approve", outcome: "done", state: watch(), says: "is approved now" },
    { title: "again", kind: "approve", outcome: "already", state: watch(), says: "is approved already" },
    {
      title: "of what nobody uses",
      kind: "approve",
      outcome: "done",
      state: watch({ subscribers: [] }),
      says: "No code repository uses this line",
    },
    {
      title: "of another digest",
      kind: "approve",
      outcome: "done",
      state: watch({ history: [{ digest: other, firstSeenAt: AT, lastSeenAt: AT }] }),
      says: "points at cccccccccccc: nothing is proposed",
    },
    {
      title: "before the tag was seen",
      kind: "approve",
      outcome: "done",
      state: watch({ history: [] }),
      says: "has not been seen yet",
    },
    { title: "taken back", kind: "withdraw", outcome: "done", state: watch(), says: "no longer approved" },
    {
      title: "that was none",
      kind: "withdraw",
      outcome: "already",
      state: watch(),
      says: "was not approved",
    },
  ] as const)("$title", ({ kind, outcome, state, says }) => {
    expect(renderApproved({ kind, line: LINE, digest: DIGEST, outcome, watch: state })).toContain(says);
  });

  test("is listed with who, when and why", () => {
    const record: ApprovalRecord = { line: LINE, digest: DIGEST, by: "alice", reason: "broken", at: AT };
    expect(renderApprovals([record])).toBe(
      `docker.io/acme/base:1@${DIGEST}\n  broken (alice, 24 Nov 2026, 12:00 UTC)\n`,
    );
  });
});
