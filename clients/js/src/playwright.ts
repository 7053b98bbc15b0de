import { type BrowserContext, test as base, expect } from "@playwright/test";
import { Mock, type StartOptions } from "./mock.js";
import type { Sandbox } from "./sandbox.js";

export { expect };

interface TestFixtures {
  /** A sandbox for this test alone; the page's requests, and those of `request`, are in it. */
  sandbox: Sandbox;
}

interface WorkerFixtures {
  /** How a mock is started where ADJOURN_URL names none; set it under `use`. */
  mockOptions: StartOptions;
  /** The mock: that of ADJOURN_URL, else one of this worker's own. */
  mock: Mock;
}

/** Playwright's `test`, with a mock and a sandbox. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  mockOptions: [{}, { scope: "worker", option: true }],

  mock: [
    async ({ mockOptions }, use) => {
      await using mock = await Mock.obtain(mockOptions);
      await use(mock);
    },
    { scope: "worker" },
  ],

  sandbox: async ({ mock }, use, testInfo) => {
    await using sandbox = await mock.sandbox(testInfo.titlePath.slice(1).join("-"));
    await use(sandbox);
    if (testInfo.status !== testInfo.expectedStatus) {
      const body = JSON.stringify(await sandbox.journal.list(), null, 2);
      await testInfo.attach("adjourn-journal", { body, contentType: "application/json" });
    }
  },

  context: async ({ context, sandbox, baseURL }, use) => {
    await enterSandbox(context, sandbox, baseURL);
    await use(context);
  },

  request: async ({ playwright, extraHTTPHeaders, sandbox }, use) => {
    const headers = { ...extraHTTPHeaders, ...sandbox.headers };
    const request = await playwright.request.newContext({ extraHTTPHeaders: headers });
    await use(request);
    await request.dispose();
  },
});

/**
 * Put the requests of a context's pages into a sandbox; the fixtures do it for their own context.
 *
 * The header goes to the mock and to the pages' own server, which may pass it on. Others would have
 * to allow it first, as cross-origin requests with a header of one's own are asked for beforehand.
 */
export async function enterSandbox(
  context: BrowserContext,
  sandbox: Sandbox,
  baseURL?: string,
): Promise<void> {
  const origins = [sandbox.url, ...(baseURL ? [baseURL] : [])].map((url) => new URL(url).origin);
  await context.route(
    (url) => origins.includes(url.origin),
    (route) => route.fallback({ headers: { ...route.request().headers(), ...sandbox.headers } }),
  );
}
