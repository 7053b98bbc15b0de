import { Agents } from "./agents.js";
import { type Answer, Caller, type Headers } from "./caller.js";
import { Chats } from "./chats.js";
import { Clock } from "./clock.js";
import { Events } from "./events.js";
import { Faults } from "./faults.js";
import type { operations as Admin } from "./generated/admin.js";
import type { operations as Api } from "./generated/api.js";
import { Journal } from "./journal.js";
import { State } from "./state.js";
import { Webhooks } from "./webhooks.js";

export const SANDBOX_HEADER = "X-Mock-Sandbox";

/** Which operations, statuses and transitions the clients have exercised. */
export type Coverage = Answer<Admin["showCoverage"]>;

/** Where a sandbox is and who may use it. */
export interface Place {
  url: string;
  name: string;
  token: string;
  adminToken: string | undefined;
}

/** A client's own state on a mock: requests are in it that carry `headers`. */
export class Sandbox {
  readonly url: string;
  readonly name: string;
  /** To be sent with every request that is to meet this sandbox. */
  readonly headers: Headers;
  readonly chats: Chats;
  readonly clock: Clock;
  readonly events: Events;
  readonly webhooks: Webhooks;
  readonly faults: Faults;
  readonly state: State;
  readonly agents: Agents;
  readonly journal: Journal;
  private readonly admin: Caller<Admin>;
  private readonly outside: Caller<Admin>;
  private closed = false;

  constructor({ url, name, token, adminToken }: Place) {
    this.url = url;
    this.name = name;
    this.headers = { [SANDBOX_HEADER]: name };
    this.outside = new Caller(`${url}/__admin`, bearer(adminToken));
    this.admin = new Caller(this.outside.url, { ...this.headers, ...this.outside.headers });
    this.chats = new Chats(new Caller<Api>(`${url}/api/v1`, { ...this.headers, ...bearer(token) }));
    this.clock = new Clock(this.admin);
    this.events = new Events(this.admin);
    this.webhooks = new Webhooks(this.admin, this.events);
    this.faults = new Faults(this.admin);
    this.state = new State(this.admin);
    this.agents = new Agents(this.state);
    this.journal = new Journal(this.admin);
  }

  coverage(): Promise<Coverage> {
    return this.admin.call<"showCoverage">("GET", "/coverage");
  }

  /** Delete it with all that it holds; a second call does nothing. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.outside.call<"deleteSandbox">("DELETE", `/sandboxes/${this.name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export function bearer(token: string | undefined): Headers {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/** A name that no other sandbox has, and that begins with what can be read of a label. */
export function uniqueName(label: string): string {
  const words = label.match(/[A-Za-z0-9_-]+/g)?.join("-") ?? "test";
  const chance = crypto.getRandomValues(new Uint32Array(2));
  return `${words.slice(-47)}-${[...chance].map((n) => n.toString(16).padStart(8, "0")).join("")}`;
}
