import { Mock, type StartOptions } from "./mock.js";
import type { Sandbox } from "./sandbox.js";

type Hook = (run: () => Promise<void>) => void;
interface Runner {
  beforeAll: Hook;
  beforeEach: Hook;
  afterEach: Hook;
  afterAll: Hook;
  expect?: { getState(): { currentTestName?: string } };
}

/** What `useSandbox` gives; its members are there while a test runs. */
export interface InTest {
  readonly mock: Mock;
  readonly sandbox: Sandbox;
}

/**
 * Give each test of this file, or of this `describe`, a sandbox of its own.
 *
 * For Jest, and whatever else has `beforeEach` and its likes as globals.
 */
export function useSandbox(options: StartOptions = {}): InTest {
  const runner = globalThis as unknown as Runner;
  let mock: Mock | undefined;
  let sandbox: Sandbox | undefined;
  runner.beforeAll(async () => {
    mock = await Mock.obtain(options);
  });
  runner.beforeEach(async () => {
    sandbox = await mock!.sandbox(runner.expect?.getState().currentTestName);
  });
  runner.afterEach(async () => {
    await sandbox?.close();
    sandbox = undefined;
  });
  runner.afterAll(async () => {
    await mock?.close();
  });
  return {
    get mock() {
      return present(mock);
    },
    get sandbox() {
      return present(sandbox);
    },
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("useSandbox: there is a sandbox only while a test runs");
  return value;
}
