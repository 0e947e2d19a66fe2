import { expect, it } from "vitest";
import { instantOf } from "../../src/time.ts";
import { describeClockFacts } from "./clock-facts-contract.ts";
import { describeCodeEvents } from "./code-events-contract.ts";
import { describeHours, describeOpenings } from "./openings-contract.ts";
import { describeConfigs } from "./configs-contract.ts";
import { describeDeclined } from "./declined-contract.ts";
import { describeFeeds } from "./feeds-contract.ts";
import { describeOperators } from "./operators-contract.ts";
import { describeStore } from "./store-contract.ts";
import { createFakeStore } from "./store.ts";

describeStore("in memory", async () => createFakeStore());
describeClockFacts("in memory", async () => createFakeStore());
describeOperators("in memory", async () => createFakeStore());
describeCodeEvents("in memory", async () => createFakeStore());
describeOpenings("in memory", async () => createFakeStore());
describeHours("in memory", async () => createFakeStore());
describeConfigs("in memory", async () => createFakeStore());
describeFeeds("in memory", async () => createFakeStore());
describeDeclined("in memory", async () => createFakeStore());

it("shows when work is due", async () => {
  const store = createFakeStore();
  expect(store.dueAt({ kind: "sla" })).toBeUndefined();
  await store.schedule({ kind: "sla" }, instantOf(5), "set");
  expect(store.dueAt({ kind: "sla" })).toBe(5);
});
