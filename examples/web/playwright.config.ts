import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";
import type { StartOptions } from "adjourn";
import { PAGE, TOKEN } from "./tests/settings.ts";

const DEBIAN = "/usr/bin/chromium";
const chromium = process.env.CHROMIUM ?? (existsSync(DEBIAN) ? DEBIAN : undefined);

export default defineConfig<object, { mockOptions: StartOptions }>({
  testDir: "tests",
  globalSetup: "./tests/one-mock.ts",
  webServer: {
    command: `npx vite --host 127.0.0.1 --port ${new URL(PAGE).port} --strictPort`,
    url: PAGE,
    reuseExistingServer: !process.env.CI,
    timeout: 120_000,
  },
  workers: 1,
  timeout: 120_000, // the machine may be loaded
  expect: { timeout: 30_000 },
  reporter: process.env.CI ? "dot" : "list",
  use: {
    baseURL: PAGE,
    mockOptions: { token: TOKEN },
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
});
