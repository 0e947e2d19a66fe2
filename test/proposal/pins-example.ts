import { parseRepository, parseTag } from "../../src/image/reference.ts";
import type { FirstPin, PinsPlan } from "../../src/proposal/first-pins/plan.ts";
import { PINS_GROUP } from "../../src/proposal/group.ts";
import type { Update } from "../../src/proposal/plan.ts";
import { builderUpdate, runtimeUpdate } from "./example.ts";

/** First pins of the example's images. */

/** An update as the first pin of the same image. */
export function pinOf(update: Update): FirstPin {
  const { line, to, places, platforms, verdict, verifiedAt, observedAt, profile } = update;
  return { line, to, places, platforms, verdict, verifiedAt, observedAt, profile };
}

/** A plan of these pins. */
export function pinsPlanOf(updates: readonly FirstPin[], notPinned: PinsPlan["notPinned"] = []): PinsPlan {
  return {
    codeRepository: { owner: "acme", name: "shop" },
    baseBranch: "main",
    group: PINS_GROUP,
    updates,
    notPinned,
  };
}

/** Builder and runtime, and another image; one place is left out. */
export function examplePins(): PinsPlan {
  const base = { repository: parseRepository("bellsoft/hardened-base"), tag: parseTag("musl") };
  const other = { ...pinOf(builderUpdate()), line: base, platforms: [] };
  return pinsPlanOf(
    [
      { ...other, places: [{ path: "chart/values.yaml", line: 4 }] },
      pinOf(builderUpdate()),
      pinOf(runtimeUpdate()),
    ],
    [
      {
        path: "tools/Dockerfile",
        line: 3,
        raw: "bellsoft/hardened-base:glibc",
        reason: "its digest is not verified: no signature that can be checked is there",
      },
    ],
  );
}
