import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import type { Sandbox } from "../src/index.js";
import { toSandbox } from "../src/msw.js";
import { test as base } from "../src/vitest.js";

const API = "https://chats.example.com/api/v1/chats";
const HEADERS = { Authorization: "Bearer any", "Content-Type": "application/json" };

let current: Sandbox;
const server = setupServer(
  http.get("https://chats.example.com/flags", () => HttpResponse.json({ beta: true })),
  toSandbox(() => current),
);

const test = base.extend<{ current: undefined }>({
  current: [
    async ({ sandbox }, use) => {
      current = sandbox;
      await use(undefined);
    },
    { auto: true },
  ],
});

beforeAll(() => server.listen({ onUnhandledRequest: "bypass" }));
beforeEach(() => server.resetHandlers());
afterAll(() => server.close());

async function post(path: string, body: unknown) {
  const init = { method: "POST", headers: HEADERS, body: JSON.stringify(body) };
  const response = await fetch(API + path, init);
  return { status: response.status, body: await json(response), headers: response.headers };
}

// biome-ignore lint/suspicious/noExplicitAny: An application's code would know what it reads.
async function json(response: Response): Promise<any> {
  return response.json();
}

test("requests to the real host reach the sandbox, and its state stays", async ({ sandbox }) => {
  const opened = await post("", { agent_id: "agent-echo" });
  expect(opened.status).toBe(201);
  await post(`/${opened.body.id}/messages`, { content: "Hello" });
  const read = await fetch(`${API}/${opened.body.id}?x=1`, { headers: HEADERS });
  expect((await json(read)).messages).toHaveLength(2);
  expect((await sandbox.chats.list()).total_count).toBe(1);
  expect(await sandbox.journal.count({ url: `/api/v1/chats/${opened.body.id}?x=1` })).toBe(1);
});

test("each test has a sandbox of its own behind the same handler", async ({ sandbox }) => {
  const listed = await fetch(API, { headers: HEADERS });
  expect((await json(listed)).total_count).toBe(0);
  expect(current).toBe(sandbox);
});

test("problems, statuses and headers of the mock come through", async ({ sandbox }) => {
  await sandbox.faults.add({ operation: "openChat", fault: "RATE_LIMIT", retry_after: 7 });
  const refused = await post("", { agent_id: "agent-echo" });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("Retry-After")).toBe("7");
  expect(refused.body.title).toBe("Too many requests");
});

test.for(["COMMIT_THEN_DROP", "TRUNCATED_BODY"] as const)(
  "an answer lost to %s is a network error, and the write has happened",
  async (fault, { sandbox }) => {
    await sandbox.faults.add({ operation: "openChat", fault, times: 1 });
    await expect(post("", { agent_id: "agent-echo" })).rejects.toThrow(TypeError);
    expect((await sandbox.chats.list()).total_count).toBe(1);
  },
);

test("other handlers are left alone", async () => {
  const flags = await fetch("https://chats.example.com/flags");
  expect(await flags.json()).toEqual({ beta: true });
});

test("a pattern of one's own, and a sandbox as JSON, will do", async ({ sandbox }) => {
  const place = JSON.parse(JSON.stringify({ url: sandbox.url, headers: sandbox.headers }));
  server.use(toSandbox(place, "https://other.example.com/api/v1/chats"));
  const listed = await fetch("https://other.example.com/api/v1/chats", { headers: HEADERS });
  expect(listed.status).toBe(200);
  expect(await sandbox.journal.count({ operationId: "listChats" })).toBe(1);
});
