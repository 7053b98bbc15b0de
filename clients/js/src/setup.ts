import { Mock, type StartOptions } from "./mock.js";

const KEPT = Symbol.for("adjourn.mock");
const held = globalThis as { [KEPT]?: Mock };

/**
 * Start one mock for all workers, unless ADJOURN_URL names one; give the way to stop it.
 *
 * As it stands this is the `globalSetup` of Playwright, Vitest and Jest.
 */
export async function shareMock(options: StartOptions = {}): Promise<() => Promise<void>> {
  if (process.env.ADJOURN_URL) return async () => {};
  const mock = await Mock.start(options);
  held[KEPT] = mock;
  process.env.ADJOURN_URL = mock.url;
  return stopMock;
}

/** Stop the mock that `shareMock` has started; Jest wants it as its `globalTeardown`. */
export async function stopMock(): Promise<void> {
  const mock = held[KEPT];
  if (!mock) return;
  delete held[KEPT];
  delete process.env.ADJOURN_URL;
  await mock.close();
}

/** The setup without options; the runner's own argument is not for us. */
export default (): Promise<() => Promise<void>> => shareMock();
