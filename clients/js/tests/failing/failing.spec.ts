import { expect, test } from "../../src/playwright.js";

test("fails", async ({ sandbox }) => {
  await sandbox.chats.open({ agent_id: "agent-echo" });
  expect((await sandbox.chats.list()).total_count).toBe(2);
});

test("passes", async ({ sandbox }) => {
  await sandbox.chats.open({ agent_id: "agent-echo" });
});
