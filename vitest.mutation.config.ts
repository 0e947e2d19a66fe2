import { defineConfig } from "vitest/config";

/** The tests of the folders that are being changed, as `npm run mutation` names them. */
const folders = (process.env["MUTATION_TESTS"] ?? "versions").split(",");

export default defineConfig({
  test: {
    environment: "node",
    include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
    testTimeout: 20_000,
  },
});
