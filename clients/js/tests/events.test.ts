import { expect } from "vitest";
import type { MockEvent } from "../src/index.js";
import { test } from "../src/vitest.js";

test("events are followed as they happen, in order, with their facts", async ({ sandbox }) => {
  const seen: MockEvent[] = [];
  const following = (async () => {
    for await (const event of sandbox.events.follow({ after: 0 })) {
      seen.push(event);
      if (event.type === "session.final") break;
    }
  })();
  const { id } = await sandbox.chats.open({ agent_id: "agent-closer" });
  await sandbox.chats.submit(id, "bye");
  await following;
  expect(seen.map((event) => event.type)).toEqual([
    "session.opened",
    "session.turn",
    "session.final",
  ]);
  expect(seen.at(-1)).toMatchObject({ session_id: id, reason: "agent_finish" });
});

test("a stream is left by a signal", async ({ sandbox }) => {
  const leaving = new AbortController();
  await sandbox.chats.open({ agent_id: "agent-echo" });
  const stream = sandbox.events.follow({ after: 0, signal: leaving.signal });
  expect((await stream.next()).value).toMatchObject({ type: "session.opened" });
  leaving.abort();
  await expect(stream.next()).rejects.toThrow(/abort/);
});

test("one begins after an event that is known", async ({ sandbox }) => {
  await sandbox.chats.open({ agent_id: "agent-echo" });
  const first = await sandbox.events.wait("session.opened");
  await sandbox.chats.open({ agent_id: "agent-greeter" });
  for await (const event of sandbox.events.follow({ after: first.id })) {
    expect(event).toMatchObject({ type: "session.opened", agent_id: "agent-greeter" });
    break;
  }
});

test("so many events are awaited", async ({ sandbox }) => {
  const waiting = sandbox.events.waitAll("session.opened", { count: 2 });
  await sandbox.chats.open({ agent_id: "agent-echo" });
  await sandbox.chats.open({ agent_id: "agent-echo" });
  expect(await waiting).toHaveLength(2);
});
