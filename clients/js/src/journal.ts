import type { Caller, Query } from "./caller.js";
import type { components, operations } from "./generated/admin.js";

/** One exchange; a status of 0 stands for no answer. */
export type Exchange = components["schemas"]["Entry"];
/** Which exchanges, in WireMock's words and with `operationId` and `status`. */
export type Pattern = components["schemas"]["RequestPattern"];

/** What was asked in the sandbox and what was answered, the latest first. */
export class Journal {
  constructor(private readonly caller: Caller<operations>) {}

  async list(query: Query<operations["listRequests"]> = {}): Promise<Exchange[]> {
    return (await this.caller.call<"listRequests">("GET", "/requests", { query })).requests;
  }

  async find(pattern: Pattern): Promise<Exchange[]> {
    const found = await this.caller.call<"findRequests">("POST", "/requests/find", {
      body: pattern,
    });
    return found.requests;
  }

  async count(pattern: Pattern = {}): Promise<number> {
    const counted = await this.caller.call<"countRequests">("POST", "/requests/count", {
      body: pattern,
    });
    return counted.count;
  }

  /** The requests that no operation was there for. */
  async unmatched(): Promise<Exchange[]> {
    return (await this.caller.call<"listUnmatched">("GET", "/requests/unmatched")).requests;
  }

  async clear(): Promise<void> {
    await this.caller.call<"forgetRequests">("DELETE", "/requests");
  }
}
