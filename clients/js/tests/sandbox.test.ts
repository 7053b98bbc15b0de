import { expect } from "vitest";
import { MockUnreachable, Refusal, WaitTimeout } from "../src/index.js";
import { uniqueName } from "../src/sandbox.js";
import { test } from "../src/vitest.js";

const OPENING = { agent_id: "agent-echo", external_id: { from: "+15550100" }, ttl_seconds: 1800 };

test("two sandboxes of one mock never meet", async ({ mock }) => {
  await using one = await mock.sandbox("one");
  await using other = await mock.sandbox("one");
  expect(one.name).not.toBe(other.name);
  await one.clock.freeze("2040-01-01T00:00:00Z");
  await one.chats.open(OPENING);
  await one.faults.add({ fault: "SERVER_ERROR", operation: "getChat" });
  expect((await other.chats.list({ state: "all" })).total_count).toBe(0);
  expect(await other.faults.list()).toEqual([]);
  expect((await other.clock.show()).mode).toBe("wall");
  expect((await one.chats.list()).total_count).toBe(1);
});

test("a closed sandbox is gone with all that it held", async ({ mock }) => {
  const sandbox = await mock.sandbox();
  const names = async () => {
    const response = await fetch(`${mock.url}/__admin/sandboxes`);
    return ((await response.json()) as { sandboxes: { name: string }[] }).sandboxes.map(
      ({ name }) => name,
    );
  };
  expect(await names()).toContain(sandbox.name);
  await sandbox.close();
  expect(await names()).not.toContain(sandbox.name);
  await sandbox.close();
});

test("a name holds what can be read of the label, and is taken by the mock", async ({ mock }) => {
  expect(uniqueName("sends a turn · twice")).toMatch(/^sends-a-turn-twice-[0-9a-f]{16}$/);
  expect(uniqueName("…")).toMatch(/^test-[0-9a-f]{16}$/);
  await using sandbox = await mock.sandbox("é".repeat(10) + "long ".repeat(40));
  expect(sandbox.name.length).toBeLessThanOrEqual(64);
});

test("a session lives until the clock passes its timeout", async ({ sandbox }) => {
  await sandbox.clock.freeze("2030-01-05T09:00:00Z");
  const { id, created_time } = await sandbox.chats.open(OPENING);
  expect(new Date(created_time)).toEqual(await sandbox.clock.now());
  expect(await sandbox.clock.advance("PT29M")).toEqual([]);
  const fired = await sandbox.clock.advance("PT2M");
  expect(fired[0]).toMatchObject({ kind: "session.final", session_id: id });
  expect(await sandbox.chats.get(id)).toMatchObject({ status: "final", final_reason: "ttl" });
  await sandbox.clock.resume();
  expect((await sandbox.clock.show()).mode).toBe("offset");
});

test("an agent of one's own answers in turn", async ({ sandbox }) => {
  const shop = await sandbox.agents.add("shop", "Hello!", { reply: "Bye.", finish: true });
  const { id } = await sandbox.chats.open({ agent_id: shop });
  expect((await sandbox.chats.submit(id, "Hi")).messages.at(-1)?.content).toBe("Hello!");
  expect((await sandbox.chats.submit(id, "Well")).status).toBe("final");
  await sandbox.agents.define("greeter", { greeting: "Welcome.", script: [{ reply: "Yes." }] });
  const greeted = await sandbox.chats.open({ agent_id: "greeter" });
  expect(greeted.messages[0]?.content).toBe("Welcome.");
});

test("the end comes in as a webhook, which can be sent again", async ({ sandbox }) => {
  const { id } = await sandbox.chats.open(OPENING);
  await sandbox.chats.end(id);
  const [received] = await sandbox.webhooks.wait();
  expect(received?.body).toMatchObject({ callId: id });
  const [delivery] = await sandbox.webhooks.deliveries();
  expect(delivery?.outcome).toBe("delivered");
  await sandbox.webhooks.redeliver(delivery!.id);
  const twice = await sandbox.webhooks.wait({ count: 2 });
  expect(twice.map(({ headers }) => headers["webhook-id"])).toEqual([delivery!.id, delivery!.id]);
  await sandbox.webhooks.trigger({ agentId: "agent-mine" });
  const last = (await sandbox.webhooks.wait({ count: 3 })).at(-1);
  expect(last?.body).toMatchObject({ agentId: "agent-mine" });
});

test("webhooks can be sent elsewhere, or nowhere", async ({ sandbox }) => {
  await sandbox.webhooks.sendTo(null);
  const { id } = await sandbox.chats.open(OPENING);
  await sandbox.chats.end(id);
  await sandbox.events.wait("session.final");
  expect(await sandbox.webhooks.deliveries()).toEqual([]);
});

test("what was searched for is there once the session is over", async ({ sandbox }) => {
  const { id } = await sandbox.chats.open(OPENING);
  await sandbox.chats.end(id, "a note");
  const { results } = await sandbox.chats.results({ callIds: [id] });
  expect(results.map((row) => row.callId)).toEqual([id]);
});

test("a fault strikes as often as it is told to, and counts", async ({ sandbox }) => {
  const rule = { operation: "listChats", fault: "RATE_LIMIT", times: 1 } as const;
  const { id } = await sandbox.faults.add(rule);
  await expect(sandbox.chats.list()).rejects.toMatchObject({ status: 429 });
  await sandbox.chats.list();
  expect(await sandbox.faults.list()).toMatchObject([{ id, injected: 1 }]);
  await sandbox.faults.remove(id);
  await sandbox.faults.add(rule);
  await sandbox.faults.clear();
  expect(await sandbox.faults.list()).toEqual([]);
});

test("a lost answer is told as such, and the write has happened", async ({ sandbox }) => {
  await sandbox.faults.add({ operation: "openChat", fault: "COMMIT_THEN_DROP", times: 1 });
  await expect(sandbox.chats.open(OPENING)).rejects.toThrow(MockUnreachable);
  expect((await sandbox.chats.list()).total_count).toBe(1);
});

test("the state can be read, replaced, seeded, kept and reset", async ({ sandbox }) => {
  const session = { agent_id: "agent-echo", turns: ["Hello"], end: true };
  const [id] = await sandbox.state.seed({ sessions: [session] });
  const kept = await sandbox.state.read();
  expect(kept.sessions.map((one) => one.id)).toEqual([id]);
  expect(await sandbox.state.save("one")).toMatchObject({ name: "one", sessions: 1 });
  await sandbox.state.reset();
  expect((await sandbox.state.read()).sessions).toEqual([]);
  await sandbox.state.replace(kept);
  expect((await sandbox.chats.get(id!)).messages).toHaveLength(2);
  await sandbox.state.reset("clock", "journal");
  await sandbox.state.restore("one");
  expect((await sandbox.chats.list({ state: "final" })).total_count).toBe(1);
});

test("the journal holds what was asked, and who asked for what is not there", async ({
  sandbox,
}) => {
  await sandbox.chats.list({ take: 5 });
  await fetch(`${sandbox.url}/api/v1/chat`, { headers: sandbox.headers });
  const [latest] = await sandbox.journal.list({ limit: 1 });
  expect(latest?.request.url).toBe("/api/v1/chat");
  expect((await sandbox.journal.unmatched()).map((entry) => entry.id)).toEqual([latest?.id]);
  const found = await sandbox.journal.find({ operationId: "listChats", status: 200 });
  expect(found.map((entry) => entry.request.url)).toEqual(["/api/v1/chats?take=5"]);
  expect(await sandbox.journal.count()).toBe(2);
  await sandbox.journal.clear();
  expect(await sandbox.journal.count()).toBe(0);
});

test("coverage tells what the test has exercised", async ({ sandbox }) => {
  expect((await sandbox.coverage()).summary.operations.exercised).toBe(0);
  await sandbox.chats.list();
  expect((await sandbox.coverage()).summary.operations.exercised).toBe(1);
});

test("a refusal carries every violation in the mock's own words", async ({ sandbox }) => {
  const wrong = { fault: "GREMLINS", times: 0 } as unknown as { fault: "TIMEOUT" };
  const refusal = await sandbox.faults.add(wrong).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ name: "Refusal", status: 400, kind: "invalid-request" });
  const { message, problem } = refusal as Refusal;
  expect(problem.errors?.map(({ pointer }) => pointer).sort()).toEqual(["/fault", "/times"]);
  expect(message).toMatch(/^POST \/faults: 400 Invalid request\. /);
  expect(message).toMatch(/\/fault: wanted one of .*GREMLINS/);
});

test("a wait in vain tells what did happen", async ({ sandbox }) => {
  await sandbox.chats.open(OPENING);
  const waiting = sandbox.events.wait({ type: "session.final" }, { timeout: 50 });
  const timeout = await waiting.catch((error: unknown) => error);
  expect(timeout).toBeInstanceOf(WaitTimeout);
  expect((timeout as WaitTimeout).seen.map((event) => event.type)).toEqual(["session.opened"]);
  expect(String(timeout)).toMatch(/^WaitTimeout: POST .* Seen: session\.opened\.$/s);
});
