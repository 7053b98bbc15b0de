import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const DEBIAN = "/usr/bin/chromium";
const chromium = process.env.CHROMIUM ?? (existsSync(DEBIAN) ? DEBIAN : undefined);

export default defineConfig({
  testDir: "tests/playwright",
  globalSetup: "./tests/one-mock.ts",
  outputDir: "test-results",
  timeout: 120_000, // they wait for events; a machine may be loaded
  expect: { timeout: 30_000 },
  reporter: process.env.CI ? "dot" : "list",
  use: {
    launchOptions: {
      ...(chromium && { executablePath: chromium }),
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
      ],
    },
  },
  projects: [
    { name: "parallel", testMatch: "parallel.spec.ts", fullyParallel: true, workers: 4 },
    { name: "page", testIgnore: "parallel.spec.ts", dependencies: ["parallel"], workers: 1 },
  ],
  workers: 4,
});
