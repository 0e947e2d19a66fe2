import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const shared: TestProjectInlineConfiguration["test"] = {
  environment: "node",
  pool: "forks",
  // Titles of rows are sentences that say what a row is about: they are not cut short.
  taskTitleValueFormatTruncate: 300,
  setupFiles: ["test/tools/same-examples.ts"],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["test/**/*.test.ts", "test/scripts/*.test.mjs"],
          exclude: ["test/{contract,integration,e2e}/**"],
          testTimeout: 20_000,
        },
      },
      { test: { ...shared, name: "contract", include: ["test/contract/**/*.test.ts"], testTimeout: 20_000 } },
      {
        test: {
          ...shared,
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...shared,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          // Most of their time they wait for clocks.
          maxConcurrency: 8,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
