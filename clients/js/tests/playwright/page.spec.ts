import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test as base, enterSandbox, expect } from "../../src/playwright.js";

/** A page's own server, which tells what it was sent; other origins may read it, without asking. */
interface Echo {
  url: string;
  headers: Record<string, string | string[] | undefined>[];
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const test = base.extend<object, { own: Echo; foreign: Echo }>({
  own: [async ({}, use) => echo(use), { scope: "worker" }],
  foreign: [async ({}, use) => echo(use), { scope: "worker" }],
  baseURL: async ({ own }, use) => use(own.url),
});

async function echo(use: (echo: Echo) => Promise<void>): Promise<void> {
  const headers: Echo["headers"] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers);
    const readable = { "Content-Type": "text/html", "Access-Control-Allow-Origin": "*" };
    response.writeHead(request.method === "GET" ? 200 : 405, readable).end("<title>App</title>");
  });
  await use({ url: await listen(server), headers });
  server.closeAllConnections();
  server.close();
}

const OPEN = async (url: string) => {
  const headers = { Authorization: "Bearer any", "Content-Type": "application/json" };
  const body = '{"agent_id": "agent-echo"}';
  const response = await fetch(`${url}/api/v1/chats`, { method: "POST", headers, body });
  return response.status;
};

test("what the page asks of the mock is in the test's sandbox", async ({ page, sandbox }) => {
  await page.goto("/");
  expect(await page.evaluate(OPEN, sandbox.url)).toBe(201);
  expect((await sandbox.chats.list()).total_count).toBe(1);
});

test("the next test begins with nothing", async ({ sandbox }) => {
  expect((await sandbox.chats.list({ state: "all" })).total_count).toBe(0);
  expect(await sandbox.journal.count({ operationId: "openChat" })).toBe(0);
});

test("the page's own server gets the header, to pass it on; others do not", async ({
  page,
  sandbox,
  own,
  foreign,
}) => {
  const before = own.headers.length;
  await page.goto("/");
  await page.evaluate(() => fetch("/api/v1/chats"));
  const sent = own.headers.slice(before).map((headers) => headers["x-mock-sandbox"]);
  expect(new Set(sent)).toEqual(new Set([sandbox.name]));
  const read = await page.evaluate((url) => fetch(url).then((r) => r.text()), foreign.url);
  expect(read).toContain("App");
  expect(foreign.headers.map((headers) => headers["x-mock-sandbox"])).toEqual([undefined]);
});

test("a second user's context can be put into the sandbox too", async ({
  browser,
  sandbox,
  own,
}) => {
  const context = await browser.newContext();
  await enterSandbox(context, sandbox);
  const page = await context.newPage();
  await page.goto(own.url);
  await page.evaluate(OPEN, sandbox.url);
  await context.close();
  expect((await sandbox.chats.list()).total_count).toBe(1);
});

test("calls of `request` are in the sandbox, and keep the other options", async ({
  request,
  sandbox,
  own,
}) => {
  await request.get("/", { headers: { "X-Own": "1" } });
  expect(own.headers.at(-1)).toMatchObject({ "x-mock-sandbox": sandbox.name, "x-own": "1" });
});
