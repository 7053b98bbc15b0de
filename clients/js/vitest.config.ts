import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: "tests/one-mock.ts",
    maxWorkers: 1, // the mock needs a core too
    testTimeout: 60_000, // they wait for events; a machine may be loaded
    hookTimeout: 60_000,
  },
});
