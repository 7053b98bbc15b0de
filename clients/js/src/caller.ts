import { MockUnreachable, type Problem, Refusal, WaitTimeout } from "./errors.js";

type Content<Message> = Message extends { content: { "application/json": infer Value } }
  ? Value
  : never;
type Success<Responses> = Responses extends { 200: infer R }
  ? R
  : Responses extends { 201: infer R }
    ? R
    : Responses extends { 202: infer R }
      ? R
      : never;

/** The JSON value that an operation takes, as its contract has it. */
export type Body<Operation> = Operation extends { requestBody?: infer Request }
  ? Content<NonNullable<Request>>
  : never;
/** The JSON value that it answers with when it succeeds. */
export type Answer<Operation> = Operation extends { responses: infer Responses }
  ? Content<Success<Responses>>
  : never;
/** The parameters of its query. */
export type Query<Operation> = Operation extends { parameters: { query?: infer Values } }
  ? NonNullable<Values>
  : never;

export type Headers = Readonly<Record<string, string>>;

interface Sent<Operation> {
  body?: Body<Operation>;
  query?: Query<Operation>;
}

/** Calls operations of one contract at one mock, with the same headers each time. */
export class Caller<Operations> {
  constructor(
    readonly url: string,
    readonly headers: Headers = {},
  ) {}

  /** The answer of an operation. Throws a Refusal with the mock's words, or MockUnreachable. */
  async call<Id extends keyof Operations>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    { body, query }: Sent<Operations[Id]> = {},
  ): Promise<Answer<Operations[Id]>> {
    const init: RequestInit = { method, headers: { ...this.headers } };
    if (body !== undefined) {
      init.headers = { ...this.headers, "Content-Type": "application/json" };
      init.body = JSON.stringify(body);
    }
    const response = await this.fetch(path + search(query), init);
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as Answer<Operations[Id]>;
  }

  /** A response that is not read yet. Throws like `call`. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.url + path, { headers: this.headers, ...init });
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw new MockUnreachable(this.url, cause);
    }
    if (response.ok) return response;
    const problem = await problemOf(response);
    const call = `${init.method ?? "GET"} ${path}`;
    throw problem.status === 408 ? new WaitTimeout(call, problem) : new Refusal(call, problem);
  }
}

function search(query: object | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  const pairs = given.map(([name, value]): [string, string] => [name, String(value)]);
  return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : "";
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  if (response.headers.get("Content-Type")?.includes("json")) return JSON.parse(text) as Problem;
  const detail = "This is no answer of a mock; is there one behind this address?";
  return { type: "about:blank", title: response.statusText, status: response.status, detail };
}
