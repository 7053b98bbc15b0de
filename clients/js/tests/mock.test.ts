import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { Mock, MockNotStarted, MockUnreachable, Refusal } from "../src/index.js";
import { COMMAND } from "./checkout.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a mock is started with its keys, and gone when it is closed", async () => {
  const mock = await Mock.start({ command: COMMAND, token: "key-1", adminToken: "key-2" });
  const sandbox = await mock.sandbox();
  expect((await sandbox.chats.list()).total_count).toBe(0);
  expect((await fetch(`${mock.url}/__admin/clock`)).status).toBe(401);
  const stranger = await Mock.connect(mock.url, { token: "wrong", adminToken: "key-2" });
  const refused = await (await stranger.sandbox()).chats.list().catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 401, kind: "unauthorized" });
  await mock.close();
  await expect(Mock.connect(mock.url)).rejects.toThrow(MockUnreachable);
  await mock.close();
});

test("a wrong option is told in the mock's own words", async () => {
  const start = Mock.start({ command: COMMAND, args: ["--choice", "taste=sweet"] });
  const failure = await start.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(MockNotStarted);
  expect(String(failure)).toMatch(/exit code 2/);
  expect(String(failure)).toMatch(/taste/);
});

test("a command that announces nothing is given up", async () => {
  const silent = ["node", "-e", "setInterval(() => {}, 1000)", "--"];
  const start = Mock.start({ command: silent, timeout: 300 });
  await expect(start).rejects.toThrow(/announced nothing within 0.3 s/);
});

test("a command that is none, and one that says something else, are told", async () => {
  await expect(Mock.start({ command: ["no-such-program"] })).rejects.toThrow(/ENOENT/);
  const chatty = ["node", "-e", "console.log('hello')", "--"];
  await expect(Mock.start({ command: chatty })).rejects.toThrow(/no address but "hello"/);
});

test("ADJOURN_URL wins over starting one", async () => {
  const url = process.env.ADJOURN_URL;
  await using mock = await Mock.obtain({ command: ["no-such-program"] });
  expect(mock.url).toBe(url);
});

test("a mock that was only connected to stays when it is closed", async () => {
  const mock = await Mock.obtain();
  await mock.close();
  expect((await fetch(`${mock.url}/readyz`)).status).toBe(200);
});

test("nothing at ADJOURN_URL is told with the address", async () => {
  vi.stubEnv("ADJOURN_URL", "http://127.0.0.1:9");
  await expect(Mock.obtain()).rejects.toThrow(/no mock answers at http:\/\/127\.0\.0\.1:9/);
});

test("another server at ADJOURN_URL is told from a mock", async () => {
  const server = createServer((_, response) => response.writeHead(404).end("<h1>Not Found</h1>"));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const failure = await Mock.connect(`http://127.0.0.1:${port}`).catch((error: unknown) => error);
  server.close();
  expect(failure).toBeInstanceOf(Refusal);
  expect(String(failure)).toMatch(/GET \/health: 404 Not Found.*is there one behind this address/);
});

test("what all clients have exercised is told for the whole run", async () => {
  const mock = await Mock.obtain();
  await using sandbox = await mock.sandbox();
  await sandbox.chats.list();
  const listed = (await mock.coverage()).operations.find((one) => one.operation === "listChats");
  expect(listed?.count).toBeGreaterThan(0);
});
