import type { Agent } from "./agents.js";
import type { Caller } from "./caller.js";
import type { components, operations } from "./generated/admin.js";

/** Sessions, call results, audit entries and deliveries. */
export type StateDocument = components["schemas"]["State"];
export type Snapshot = components["schemas"]["Snapshot"];

/** What a seed file holds. */
export interface Seed {
  agents?: Record<string, Agent>;
  sessions?: SeedSession[];
}

export interface SeedSession {
  agent_id: string;
  channel?: string;
  external_id?: Record<string, unknown>;
  ttl_seconds?: number;
  additional_data?: Record<string, unknown>;
  /** What the user says, turn by turn. */
  turns?: string[];
  /** Whether the session is ended. */
  end?: boolean;
}

/** The sandbox's whole state. */
export class State {
  constructor(private readonly caller: Caller<operations>) {}

  read(): Promise<StateDocument> {
    return this.caller.call<"showState">("GET", "/state");
  }

  /** Put a document in the place of all that there is. */
  async replace(document: StateDocument): Promise<void> {
    await this.caller.call<"replaceState">("PUT", "/state", { body: document });
  }

  /** Load agents, and open, speak to and end sessions; the ids of those. All of it or nothing. */
  async seed(seed: Seed): Promise<string[]> {
    const body = { ...seed };
    return (await this.caller.call<"seed">("POST", "/seed", { body })).opened;
  }

  /** Forget state, journal, events and faults, but for what is to be kept. */
  async reset(...keep: ("state" | "clock" | "journal" | "faults")[]): Promise<void> {
    const query = keep.length > 0 ? { keep: keep.join(",") } : {};
    await this.caller.call<"reset">("POST", "/reset", { query });
  }

  /** Keep state and clock under a name. */
  save(name: string): Promise<Snapshot> {
    return this.caller.call<"saveSnapshot">("POST", `/snapshots/${encodeURIComponent(name)}`);
  }

  /** Go back to what was kept. */
  restore(name: string): Promise<Snapshot> {
    const path = `/snapshots/${encodeURIComponent(name)}/restore`;
    return this.caller.call<"restoreSnapshot">("POST", path);
  }
}
