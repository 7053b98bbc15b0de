import type { Body, Caller } from "./caller.js";
import type { components, operations } from "./generated/admin.js";

type Match = Body<operations["waitForEvents"]>["match"];

export type EventType = components["schemas"]["EventType"];
/** Something that happened, with the facts of its type, such as the `reason` of `session.final`. */
export type MockEvent = components["schemas"]["Event"] & Omit<Match, "type" | "session_id">;

export interface Wait {
  /** How many; 1 unless told. */
  count?: number;
  /** Only after the event with this id. What has happened already counts unless told. */
  after?: number;
  /** In milliseconds; 5000 unless told. */
  timeout?: number;
}

export interface Follow {
  /** Begin after the event with this id; 0 is for all that are kept. */
  after?: number;
  signal?: AbortSignal;
}

/** What happens in the sandbox: awaited, or followed as it happens. */
export class Events {
  constructor(private readonly caller: Caller<operations>) {}

  /** The first event that matches, as soon as there is one. Throws WaitTimeout in vain. */
  async wait(match: Match | EventType, wait: Wait = {}): Promise<MockEvent> {
    return (await this.waitAll(match, { ...wait, count: 1 }))[0]!;
  }

  /** The first `count` events that match. */
  async waitAll(match: Match | EventType, wait: Wait = {}): Promise<MockEvent[]> {
    const { count = 1, after = 0, timeout = 5000 } = wait;
    const wanted = typeof match === "string" ? { type: match } : match;
    const body = { match: wanted, count, after, timeout_ms: timeout };
    return (await this.caller.call<"waitForEvents">("POST", "/events/wait-for", { body })).events;
  }

  /** Each event as it happens (server-sent events), until the loop is left or the signal comes. */
  async *follow({ after, signal }: Follow = {}): AsyncGenerator<MockEvent, void, undefined> {
    const path = after === undefined ? "/events" : `/events?after=${after}`;
    const response = await this.caller.fetch(path, signal ? { signal } : {});
    for await (const block of blocks(response.body!)) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length)) as MockEvent;
    }
  }
}

/** The parts of a stream that an empty line ends. */
async function* blocks(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
