import { describe, expect, test } from "vitest";
import { builtInProfiles } from "../../config/built-in.ts";
import { parseReference, parseTag } from "../../src/image/reference.ts";
import { endOfLifeOf } from "../../src/vendor/lifecycle.ts";
import { instantOf } from "../../src/time.ts";
import { profileOf } from "../../src/vendor/profile.ts";

const profiles = await builtInProfiles();

function stateOf(image: string, at: string): string {
  const { repository, tag = parseTag("latest") } = parseReference(image);
  return endOfLifeOf(repository, tag, profileOf(profiles, repository) ?? {}, instantOf(Date.parse(at))).kind;
}

describe("the end of Debian 12 in distroless", () => {
  test.each([
    { image: "gcr.io/distroless/static-debian12:nonroot", at: "2026-11-23T00:00:00Z", state: "ended" },
    { image: "gcr.io/distroless/static-debian12:nonroot", at: "2026-09-30T23:59:59Z", state: "ending" },
    { image: "gcr.io/distroless/static-debian12:nonroot", at: "2026-10-01T00:00:00Z", state: "ended" },
    { image: "gcr.io/distroless/base-nossl-debian12", at: "2026-10-01T00:00:00Z", state: "ended" },
    { image: "gcr.io/distroless/java21-debian12", at: "2026-02-01T00:00:00Z", state: "ended" },
    { image: "gcr.io/distroless/nodejs22-debian12:debug", at: "2026-01-31T12:00:00Z", state: "ending" },
    { image: "gcr.io/distroless/python3-debian12", at: "2026-05-01T00:00:00Z", state: "ended" },
    { image: "gcr.io/distroless/static-debian13", at: "2026-11-23T00:00:00Z", state: "unknown" },
    { image: "gcr.io/distroless/static", at: "2026-11-23T00:00:00Z", state: "unknown" },
    { image: "bellsoft/hardened-base:musl", at: "2026-11-23T00:00:00Z", state: "unknown" },
    { image: "redis:8", at: "2026-11-23T00:00:00Z", state: "unknown" },
  ])("$image at $at is $state", ({ image, at, state }) => {
    expect(stateOf(image, at)).toBe(state);
  });
});

describe("several statements", () => {
  const { repository } = parseReference("acme/base");
  const images = [/^docker\.io\/acme\/base$/];
  const lifecycle = [
    { images, endsAt: instantOf(Date.parse("2027-01-01T00:00:00Z")), notice: "late" },
    { images, word: "debian12", endsAt: instantOf(Date.parse("2026-06-01T00:00:00Z")), notice: "early" },
  ];
  const now = instantOf(Date.parse("2026-07-01T00:00:00Z"));

  test("the earliest that concerns the tag counts", () => {
    expect(endOfLifeOf(repository, parseTag("1-debian12"), { lifecycle }, now)).toMatchObject({
      kind: "ended",
      notice: "early",
    });
  });

  test("a word inside another word is none", () => {
    expect(endOfLifeOf(repository, parseTag("1-debian12x"), { lifecycle }, now)).toMatchObject({
      kind: "ending",
      notice: "late",
    });
  });
});
