import { Refused, Unanswered } from "./api.ts";

const ATTEMPTS = 3;
const PAUSE_SECONDS = 0.3;

/** Try again what may work the next time; it must be safe to repeat. */
export async function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === ATTEMPTS || !isPassing(error)) throw error;
      const asked = error instanceof Refused ? error.retryAfter : undefined;
      await seconds(asked ?? PAUSE_SECONDS * 2 ** (tries - 1));
    }
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof Unanswered) return true;
  return error instanceof Refused && (error.status === 429 || error.status >= 500);
}

function seconds(count: number): Promise<void> {
  return new Promise((passed) => setTimeout(passed, count * 1000));
}
