const { useSandbox } = require("adjourn/jest");
const { Refusal } = require("adjourn");

const adjourn = useSandbox();

test("a test has a sandbox", async () => {
  const { sandbox } = adjourn;
  await sandbox.chats.open({ agent_id: "agent-echo" });
  expect(sandbox.name).toMatch(/^a-test-has-a-sandbox-/);
  expect((await sandbox.chats.list()).total_count).toBe(1);
});

test("the next one has another", async () => {
  expect((await adjourn.sandbox.chats.list({ state: "all" })).total_count).toBe(0);
});

test("refusals are of the classes that the package exports", async () => {
  const refused = adjourn.sandbox.chats.open({ agent_id: "agent-nobody" });
  await expect(refused).rejects.toBeInstanceOf(Refusal);
  await expect(refused).rejects.toThrow(/No agent has the id "agent-nobody"/);
});
