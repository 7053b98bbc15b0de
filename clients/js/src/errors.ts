import type { MockEvent } from "./events.js";
import type { components } from "./generated/admin.js";

/** What the mock says when it refuses a call: RFC 9457, with every violation of its contract. */
export type Problem = components["schemas"]["Problem"];

/** Whatever goes wrong between a test and its mock. */
export class AdjournError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No mock could be started; the message holds what each command said. */
export class MockNotStarted extends AdjournError {}

/** Nothing answers at the mock's address. */
export class MockUnreachable extends AdjournError {
  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super(`no mock answers at ${url} (${reason(cause)}); start one, or mend ADJOURN_URL`, {
      cause,
    });
  }
}

/** The mock refused a call; `problem` holds its own words. */
export class Refusal extends AdjournError {
  readonly status: number;

  constructor(
    readonly call: string,
    readonly problem: Problem,
  ) {
    super(`${call}: ${inWords(problem)}`);
    this.status = problem.status;
  }

  /** The last part of the problem's type, such as "session-final". */
  get kind(): string {
    return this.problem.type.split("/").at(-1) ?? "";
  }
}

/** What was waited for did not happen in time; `seen` is what did. */
export class WaitTimeout extends Refusal {
  readonly seen: readonly MockEvent[];

  constructor(call: string, problem: Problem & { seen?: MockEvent[] }) {
    super(call, problem);
    this.seen = problem.seen ?? [];
    if (this.seen.length > 0) {
      this.message += ` Seen: ${this.seen.map((event) => event.type).join(", ")}.`;
    }
  }
}

function inWords(problem: Problem): string {
  const places = (problem.errors ?? []).map(
    ({ pointer, detail }) => `${pointer || "/"}: ${detail}`,
  );
  const told = [`${problem.status} ${problem.title}`, problem.detail].filter(Boolean).join(". ");
  return [told, ...places].join("\n  ");
}

function reason(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message || ("code" in inner ? String(inner.code) : inner.name);
}
