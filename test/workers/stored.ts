import {
  assessmentSchema,
  proposalRecordSchema,
  verdictRecordSchema,
} from "../../src/adapters/redis/records.ts";
import { createFakeStore, type FakeStore } from "../fakes/store.ts";

/**
 * A store in memory whose records went through JSON and their form, as those of Redis do: members come back in the order of the form,
 * not in that of the code that made them.
 */
export function createWrittenStore(): FakeStore {
  const store = createFakeStore();
  return {
    ...store,
    async assessment(repository, from, to) {
      const found = await store.assessment(repository, from, to);
      return found === undefined ? undefined : assessmentSchema.parse(JSON.parse(JSON.stringify(found)));
    },
    async verdict(image) {
      const found = await store.verdict(image);
      return found === undefined ? undefined : verdictRecordSchema.parse(JSON.parse(JSON.stringify(found)));
    },
    async proposal(key) {
      const found = await store.proposal(key);
      return found === undefined ? undefined : proposalRecordSchema.parse(JSON.parse(JSON.stringify(found)));
    },
  };
}
