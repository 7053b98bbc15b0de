import type { State } from "./state.js";

/** What an agent does when it is spoken to. */
export interface Step {
  /** `{text}` is what the user said, `{name}` any value of additional_data. */
  reply?: string;
  /** In seconds of the sandbox's clock. */
  delay?: number;
  finish?: boolean;
  fail?: boolean;
  tools?: { name: string; arguments?: unknown; response?: unknown }[];
}

/** A scripted agent, as a seed file has it. */
export interface Agent {
  description?: string;
  enabled?: boolean;
  greeting?: string;
  texts?: ({ text: string } & Step)[];
  words?: ({ word: string } & Step)[];
  script: [Step, ...Step[]];
  additional_data?: Record<string, unknown>;
  post_call_analysis?: Record<string, unknown>;
  webhook?: { url: string; headers?: Record<string, string> };
}

/** The sandbox's own agents, beside those that every mock knows. */
export class Agents {
  constructor(private readonly state: State) {}

  /** Add an agent that gives these replies in turn, the last again and again; its id. */
  async add(id: string, ...replies: (string | Step)[]): Promise<string> {
    const script = replies.map((step) => (typeof step === "string" ? { reply: step } : step));
    const [first = { reply: "" }, ...others] = script;
    return this.define(id, { script: [first, ...others] });
  }

  /** Add an agent with greeting, words, webhook and so on; its id. */
  async define(id: string, agent: Agent): Promise<string> {
    await this.state.seed({ agents: { [id]: agent } });
    return id;
  }
}
