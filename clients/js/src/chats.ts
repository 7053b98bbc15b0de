import type { Answer, Body, Caller, Query } from "./caller.js";
import type { components, operations } from "./generated/api.js";

export type Session = components["schemas"]["Session"];
export type Turn = components["schemas"]["TurnResult"];
export type Message = components["schemas"]["Message"];

/** The API itself, for what a test arranges beforehand or looks at afterwards. */
export class Chats {
  constructor(private readonly caller: Caller<operations>) {}

  open(request: Body<operations["openChat"]>): Promise<Session> {
    return this.caller.call<"openChat">("POST", "/chats", { body: request });
  }

  get(id: string): Promise<Session> {
    return this.caller.call<"getChat">("GET", `/chats/${id}`);
  }

  list(query: Query<operations["listChats"]> = {}): Promise<Answer<operations["listChats"]>> {
    return this.caller.call<"listChats">("GET", "/chats", { query });
  }

  submit(id: string, turn: Body<operations["submitMessage"]> | string): Promise<Turn> {
    const body = typeof turn === "string" ? { content: turn } : turn;
    return this.caller.call<"submitMessage">("POST", `/chats/${id}/messages`, { body });
  }

  end(id: string, note?: string): Promise<Session> {
    const body = note === undefined ? {} : { note };
    return this.caller.call<"endChat">("POST", `/chats/${id}/end`, { body });
  }

  /** What the finish pipeline has persisted. */
  results(
    search: Body<operations["searchCallResults"]> = {},
  ): Promise<Answer<operations["searchCallResults"]>> {
    return this.caller.call<"searchCallResults">("POST", "/callresults/search", { body: search });
  }
}
