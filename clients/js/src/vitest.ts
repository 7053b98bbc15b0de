import { test as base } from "vitest";
import { Mock } from "./mock.js";
import type { Sandbox } from "./sandbox.js";

interface Fixtures {
  /** The mock: that of ADJOURN_URL, else one of this worker's own. */
  mock: Mock;
  /** A sandbox for this test alone. */
  sandbox: Sandbox;
}

/** Vitest's `test`, with a mock and a sandbox. */
export const test = base.extend<Fixtures>({
  mock: [
    async ({}, use) => {
      await using mock = await Mock.obtain();
      await use(mock);
    },
    { scope: "worker" },
  ],

  sandbox: async ({ mock, task }, use) => {
    await using sandbox = await mock.sandbox(task.name);
    await use(sandbox);
  },
});

export const it = test;
