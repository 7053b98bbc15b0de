import type { components } from "adjourn/api";

type Schemas = components["schemas"];
export type Session = Schemas["Session"];
export type Turn = Schemas["TurnResult"];

/** The API answered, but not with what was asked for. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfter: number | undefined,
  ) {
    super(message);
  }
}

/** No answer came, or half of one: whether the request was carried out is not known. */
export class Unanswered extends Error {}

/** The Chats API, as far as this page needs it. */
export class Api {
  constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  open(agent: string, ttl: number): Promise<Session> {
    return this.call("POST", "", { agent_id: agent, ttl_seconds: ttl });
  }

  get(id: string): Promise<Session> {
    return this.call("GET", `/${id}`);
  }

  /** One turn. With the same key it is said once, however often it is sent. */
  submit(id: string, content: string, key: string): Promise<Turn> {
    return this.call("POST", `/${id}/messages`, { content, idempotency_key: key });
  }

  end(id: string): Promise<Session> {
    return this.call("POST", `/${id}/end`, {});
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const { response, answer } = await this.fetch(method, path, body);
    if (response.ok) return answer as T;
    const { title, detail } = answer as Schemas["Problem"];
    const wait = response.headers.get("Retry-After");
    const message = [`${response.status} ${title}`, detail].filter(Boolean).join(": ");
    throw new Refused(response.status, message, wait ? Number(wait) : undefined);
  }

  private async fetch(method: string, path: string, body?: object) {
    try {
      const response = await fetch(`${this.base}/api/v1/chats${path}`, {
        method,
        headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
      });
      const answer: unknown = await response.json(); // the connection may break in the middle
      return { response, answer };
    } catch (error) {
      throw new Unanswered(`No answer: ${(error as Error).message}`);
    }
  }
}
