import { assert as assertProperty, property, string } from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import { BODY_LENGTH_MAX } from "../../src/proposal/body.ts";
import { commitMessageOf, isOwnCommit } from "../../src/proposal/commit-message.ts";
import { renderPinsBody } from "../../src/proposal/first-pins/body.ts";
import type { PinsPlan } from "../../src/proposal/first-pins/plan.ts";
import {
  pinsCheckOf,
  pinsMessageOf,
  pinsStatusesOf,
  pinsTitleOf,
} from "../../src/proposal/first-pins/words.ts";
import { parseMarker } from "../../src/proposal/marker.ts";
import { Secret } from "../../src/secret.ts";
import { builderUpdate, digest, examplePlan, KEY, runtimeUpdate } from "./example.ts";
import { examplePins, pinOf, pinsPlanOf } from "./pins-example.ts";

const render = (plan: PinsPlan): string => renderPinsBody(plan, { version: "0.1.0", markerKey: KEY });
const ONE = pinsPlanOf([pinOf(runtimeUpdate())]);
const LEFT = pinsPlanOf([{ ...pinOf(runtimeUpdate()), isLeft: true }, pinOf(builderUpdate())]);

describe("the body of first pins", () => {
  test("is what people were shown", () => {
    const golden = new URL("../fixtures/proposal/first-pins.md", import.meta.url);
    expect(render(examplePins())).toBe(readFileSync(golden, "utf8"));
  });

  test("is the same bytes for the same plan", () => {
    expect(render(examplePins())).toBe(render(examplePins()));
  });

  test("says nothing that depends on the moment it is read", () => {
    expect(render(examplePins())).not.toMatch(/\b(?:ago|today|tomorrow|overdue)\b/);
  });

  test.each([
    { title: "one tag", plan: ONE, text: "to **1 tag in 2 places**, and edits nothing else." },
    {
      title: "a digest that its tag has left",
      plan: LEFT,
      text: "> ⚠ 1 tag has moved on to what is not verified",
    },
    { title: "which it is", plan: LEFT, text: "verified before (`jre-25-nonroot-musl`)." },
    {
      title: "the same beside the tag",
      plan: LEFT,
      text: "| tag | `jre-25-nonroot-musl`: – has moved on since",
    },
    { title: "the places of each image", plan: ONE, text: "`Dockerfile:6`, `deploy/Dockerfile.batch:1`" },
    { title: "what stays unknown", plan: ONE, text: "- Provenance: who built the image" },
    {
      title: "what weakens the verification, before everything else",
      plan: pinsPlanOf([
        {
          ...pinOf(runtimeUpdate()),
          verdict: { ...runtimeUpdate().verdict, insecure: ["no log was asked for"] },
        },
      ]),
      text: "> **WEAKENED BY CONFIGURATION.",
    },
  ])("tells $title", ({ plan, text }) => {
    expect(render(plan)).toContain(text);
  });

  test.each([
    { title: "a section of places that stay, where none does", plan: ONE, text: "### Not pinned" },
    { title: "a warning, where no tag has moved on", plan: ONE, text: "⚠" },
    { title: "a deadline", plan: examplePins(), text: "Merge by" },
    { title: "a digest that there was before", plan: examplePins(), text: "→" },
  ])("has no $title", ({ plan, text }) => {
    expect(render(plan)).not.toContain(text);
  });
});

/** Pins with as much of everything as there may be. */
function largePins({ images = 1, places = 1, left = 0 }): PinsPlan {
  const long = "d/".repeat(60);
  return pinsPlanOf(
    Array.from({ length: images }, (_, number) => ({
      ...pinOf(runtimeUpdate()),
      line: {
        repository: parseRepository(`bellsoft/hardened-${number}-${"b".repeat(100)}`),
        tag: parseTag(`t${number}${"t".repeat(100)}`),
      },
      places: Array.from({ length: places }, (__, line) => ({ path: `${long}Dockerfile`, line: line + 1 })),
    })),
    Array.from({ length: left }, (_, line) => ({
      path: `${long}Dockerfile`,
      line: line + 1,
      raw: "r".repeat(512),
      reason: "its mirror does not have this digest yet",
    })),
  );
}

describe("a body that would be too long", () => {
  test.each([
    { title: "many images", plan: largePins({ images: 1_000 }) },
    { title: "many places", plan: largePins({ images: 30, places: 1_000 }) },
    { title: "many places that stay", plan: largePins({ left: 10_000 }) },
    { title: "everything at once", plan: largePins({ images: 300, places: 100, left: 1_000 }) },
  ])("keeps to its budget and its duties: $title", ({ plan }) => {
    const body = render(plan);
    expect(body.length).toBeLessThanOrEqual(BODY_LENGTH_MAX);
    for (const duty of [
      "> **No deadline",
      "| image | tag |",
      "### Who signed it",
      "### What happens afterwards",
      "### Not checked",
      "Closing this",
    ]) {
      expect(body).toContain(duty);
    }
    expect(parseMarker(body, plan, KEY).kind).toBe("read");
  });
});

/** Pins with this text wherever foreign text may stand. */
const hostile = (text: string): PinsPlan =>
  pinsPlanOf(
    [{ ...pinOf(runtimeUpdate()), places: [{ path: text, line: 1 }], platforms: [text] }],
    [{ path: text, line: 1, raw: text, reason: text }],
  );

describe("hostile text", () => {
  const HOSTILE = "`x` <img src=x> | @everyone #1 Fixes #2 [a](http://b) \u202e --> <!-- hullkeeper: {";

  test("does nothing in the body", () => {
    const body = render(hostile(HOSTILE));
    expect(body).not.toMatch(/\u202e/);
    expect(body.match(/<!-- hullkeeper: \{/g)).toHaveLength(1);
    const outside = body.replaceAll(/(`+)(?:(?!\1).|\n)*?\1/gu, "").replaceAll(/<!--.*-->/g, "");
    expect(outside).not.toMatch(/<img|@everyone|(?<!&)#[12]\b|\]\(/);
    for (const row of body.split("\n").filter((line) => line.startsWith("| `bellsoft"))) {
      expect(row.replaceAll(/[^|]/g, "")).toHaveLength(7);
    }
  });

  test("never ends its line, and the marker is always read back", () => {
    assertProperty(
      property(string({ unit: "binary", maxLength: 80 }), (text) => {
        const plan = hostile(text);
        const body = render(plan);
        expect(body.split("\n").length).toBe(render(hostile("x")).split("\n").length);
        const reading = parseMarker(body, plan, KEY);
        expect(reading).toMatchObject({ kind: "read", marker: { updates: [{ places: [{ line: 1 }] }] } });
      }),
    );
  });
});

describe("its marker", () => {
  const body = render(examplePins());

  test("remembers which digest was to be put where, and that there was none before", () => {
    expect(parseMarker(body, examplePins(), KEY)).toEqual({
      kind: "read",
      marker: {
        group: "_pins",
        updates: examplePins().updates.map(({ line, to, observedAt, places }) => ({
          line,
          to,
          observedAt,
          places,
          superseded: [],
          obligations: [],
        })),
      },
    });
  });

  test.each([
    { title: "of the vendor's pull request", scope: { ...examplePins(), group: "bellsoft" }, key: KEY },
    {
      title: "of another code repository",
      scope: { ...examplePins(), codeRepository: { owner: "eve", name: "shop" } },
      key: KEY,
    },
    { title: "of another base branch", scope: { ...examplePins(), baseBranch: "release" }, key: KEY },
    { title: "under another key", scope: examplePins(), key: new Secret("another key for tests, 32 bytes") },
  ])("proves nothing $title", ({ scope, key }) => {
    expect(parseMarker(body, scope, key)).toEqual({ kind: "forged" });
  });

  test("without room for places keeps every image", () => {
    const plan = largePins({ images: 30, places: 1_000 });
    const reading = parseMarker(render(plan), plan, KEY);
    if (reading.kind !== "read") throw new Error("must be read");
    expect(reading.marker.updates.map(({ line }) => line)).toEqual(plan.updates.map(({ line }) => line));
    expect(reading.marker.updates.every(({ places }) => places.length === 0)).toBe(true);
  });
});

describe("words of first pins", () => {
  const long = { repository: parseRepository(`a/${"b".repeat(200)}`), tag: parseTag("t".repeat(128)) };

  test.each([
    {
      title: "one image",
      plan: ONE,
      expected: "Pin hardened-liberica-runtime-con…:jre-25-nonroot-musl to a verified digest",
    },
    { title: "three images", plan: examplePins(), expected: "Pin 3 images to verified digests" },
  ])("the title of $title", ({ plan, expected }) => {
    expect(pinsTitleOf(plan)).toBe(expected);
  });

  test("a title, which is the commit's subject, stays short", () => {
    const title = pinsTitleOf(pinsPlanOf([{ ...pinOf(runtimeUpdate()), line: long }]));
    expect(title.length).toBeLessThanOrEqual(80);
  });

  test("the commit names each image and its digest, and is known as ours for this group alone", () => {
    const message = pinsMessageOf(examplePins());
    expect(message.split("\n", 1)[0]).toBe("Pin 3 images to verified digests");
    for (const { line, to } of examplePins().updates) {
      const { registry, path } = line.repository;
      expect(message).toContain(`Hullkeeper-Image: ${registry}/${path}:${line.tag}\nHullkeeper-To: ${to}\n`);
    }
    expect(message).toContain("\nHullkeeper-Due: never\nHullkeeper-Group: _pins\n");
    expect(message).toContain("Signed by BellSoft (key SHA256:");
    expect(isOwnCommit(message, "_pins")).toBe(true);
    expect(isOwnCommit(message, "bellsoft")).toBe(false);
    expect(isOwnCommit(commitMessageOf(examplePlan()), "_pins")).toBe(false);
  });

  test("other digests and other places are another commit", () => {
    const [pin = pinOf(runtimeUpdate())] = ONE.updates;
    const messages = [
      ONE,
      pinsPlanOf([{ ...pin, to: digest("07e6") }]),
      pinsPlanOf([{ ...pin, places: [{ path: "b/Dockerfile", line: 1 }] }]),
    ].map(pinsMessageOf);
    expect(new Set(messages).size).toBe(3);
  });

  test("two statuses, both well", () => {
    expect(pinsStatusesOf(examplePins())).toEqual([
      {
        context: "hullkeeper/verification",
        state: "success",
        description: expect.stringMatching(/^Verified: signed by BellSoft/),
      },
      { context: "hullkeeper/sla", state: "success", description: "No deadline: nothing changes" },
    ]);
  });

  test("a check with a word on each line that changes", () => {
    const { conclusion, title, summary, annotations } = pinsCheckOf(examplePins());
    expect({ conclusion, title }).toEqual({
      conclusion: "success",
      title: expect.stringMatching(/^Verified: signed by BellSoft/),
    });
    expect(summary).toContain("stands at exactly this digest");
    expect(annotations.map(({ path, line }) => `${path}:${line}`)).toEqual([
      "chart/values.yaml:4",
      "Dockerfile:1",
      "Dockerfile:6",
      "deploy/Dockerfile.batch:1",
    ]);
    expect(annotations[0]?.message).toBe(
      "docker.io/bellsoft/hardened-base:musl: pinned to 8a77d0c, signed by BellSoft",
    );
  });
});
