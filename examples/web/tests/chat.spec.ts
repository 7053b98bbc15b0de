import { test as base, expect } from "adjourn/playwright";
import { ChatPage } from "./chat-page.ts";

const test = base.extend<{ chat: ChatPage }>({
  chat: async ({ page, sandbox }, use) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await use(new ChatPage(page, sandbox.url));
    expect(errors).toEqual([]);
  },
});

const SECOND = "You said: Hello. Say bye to finish.";

test("a user chats until the agent finishes", async ({ chat, sandbox }) => {
  await chat.start();
  await chat.say("Hello");
  await expect(chat.lines).toHaveText(["Hello", SECOND]);
  await chat.say("bye");
  await expect(chat.lines).toHaveText(["Hello", SECOND, "bye", "Goodbye."]);
  await expect(chat.status).toHaveText("The agent finished the chat.");
  await expect(chat.text).toBeHidden();
  await expect(chat.timer).toBeHidden();
  expect((await sandbox.webhooks.wait())[0]?.body).toMatchObject({ agentId: "agent-closer" });
});

test("a user ends the chat, and starts a new one", async ({ chat, sandbox }) => {
  await chat.start({ agent: "agent-greeter" });
  await expect(chat.lines).toHaveText(["Hello, how can I help you?"]);
  await chat.button("End chat").click();
  await expect(chat.status).toHaveText("You ended the chat.");
  await chat.button("Start a new chat").click();
  await expect(chat.status).toHaveText("Online");
  const sessions = await sandbox.chats.list({ state: "all" });
  expect(sessions.items.map((session) => session.final_reason).sort()).toEqual([null, "user_end"]);
});

test("nothing can be sent before a chat is open, nor what is blank", async ({ chat, sandbox }) => {
  await chat.visit();
  await expect(chat.text).toBeHidden();
  await chat.start();
  await chat.say("   ");
  await expect(chat.lines).toHaveCount(0);
  expect(await sandbox.journal.count({ operationId: "submitMessage" })).toBe(0);
});

test("a line is shown at once, and as sent when the API has it", async ({ chat, sandbox }) => {
  await sandbox.clock.freeze();
  const slow = { reply: "At last.", delay: 5 };
  await sandbox.agents.define("agent-thinker", { script: [slow] });
  await chat.start({ agent: "agent-thinker" });
  await chat.say("Hello");
  await expect(chat.lines).toHaveText([/^Hello.*Sending…$/]);
  await expect(async () => {
    await sandbox.clock.advance("PT5S"); // the agent begins to think only when the line has arrived
    await expect(chat.lines).toHaveText(["Hello", "At last."], { timeout: 1000 });
  }).toPass();
});

for (const fault of ["COMMIT_THEN_DROP", "TRUNCATED_BODY"] as const) {
  test(`a line whose answer is lost to ${fault} is said once`, async ({ chat, sandbox }) => {
    await chat.start();
    await sandbox.faults.add({ operation: "submitMessage", fault, times: 2 });
    await chat.say("Hello");
    await expect(chat.lines).toHaveText(["Hello", SECOND]);
    const asked = await sandbox.journal.find({ operationId: "submitMessage" });
    const keys = asked.map((entry) => JSON.parse(entry.request.body).idempotency_key);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
    const [session] = (await sandbox.chats.list()).items;
    expect((await sandbox.chats.get(session!.id)).messages).toHaveLength(2);
  });
}

test("a line that cannot be sent waits for the user, under its key", async ({ chat, sandbox }) => {
  await chat.start();
  const { id } = await sandbox.faults.add({ operation: "submitMessage", fault: "SERVER_ERROR" });
  await chat.say("Hello");
  await expect(chat.lines).toHaveText([/^Hello.*Not sent\. 500 /]);
  await sandbox.faults.remove(id);
  await chat.button("Try again").click();
  await expect(chat.lines).toHaveText(["Hello", SECOND]);
  const asked = await sandbox.journal.find({ operationId: "submitMessage" });
  const keys = asked.map((entry) => JSON.parse(entry.request.body).idempotency_key);
  expect([keys.length, new Set(keys).size]).toEqual([4, 1]);
});

test("a backend that is busy is asked again when it says", async ({ chat, sandbox }) => {
  await chat.start();
  const busy = {
    operation: "submitMessage",
    fault: "RATE_LIMIT",
    retry_after: 1,
    times: 1,
  } as const;
  await sandbox.faults.add(busy);
  await chat.say("Hello");
  await expect(chat.lines).toHaveText(["Hello", SECOND]);
  const [later, first] = await sandbox.journal.find({ operationId: "submitMessage" });
  expect(later!.request.loggedDate - first!.request.loggedDate).toBeGreaterThanOrEqual(900);
});

test("the time that is left runs down, anew after each line", async ({ chat, page }) => {
  await page.clock.install();
  await chat.start({ ttl: "600" });
  await expect(chat.timer).toHaveText(/^Ends in (10:00|9:5\d) /);
  await page.clock.fastForward("09:15");
  await expect(chat.timer).toHaveText(/^Ends in 0:[34]\d /);
  await expect(chat.timer).toHaveClass("soon");
  await chat.say("Hello");
  await expect(chat.timer).toHaveText(/^Ends in (10:00|9:5\d) /);
  await expect(chat.timer).not.toHaveClass("soon");
});

test("a chat that times out is over when the API says so", async ({ chat, page, sandbox }) => {
  await page.clock.install();
  await chat.start({ ttl: "600" });
  await page.clock.fastForward("10:01");
  await expect(chat.timer).toHaveText(/^Ends in 0:00 /);
  await expect(chat.status).toHaveText("Online");
  const [fired] = await sandbox.clock.advance("PT11M");
  expect(fired?.kind).toBe("session.final");
  await page.clock.runFor(2000);
  await expect(chat.status).toHaveText("The chat timed out.");
  await expect(chat.text).toBeHidden();
});

test("a chat that was ended elsewhere is over, and the line is not lost", async ({
  chat,
  sandbox,
}) => {
  await chat.start();
  const { session_id } = await sandbox.events.wait("session.opened");
  await sandbox.chats.end(session_id);
  await chat.say("Hello?");
  await expect(chat.status).toHaveText("You ended the chat.");
  await expect(chat.lines).toHaveText([/^Hello\?Not sent\. 409 Session final/]);
});

test("problems are told in the API's words", async ({ chat }) => {
  await chat.visit({ agent: "agent-nobody" });
  await chat.button("Start a chat").click();
  await expect(chat.error).toHaveText(/404 Unknown agent: No agent has the id "agent-nobody"/);
  await expect(chat.status).toHaveText("Not connected");
});

test("a wrong key and no answer are told", async ({ chat }) => {
  const start = chat.button("Start a chat");
  await chat.visit({ token: "wrong" });
  await start.click();
  await expect(chat.error).toHaveText(/401 Unauthorized/);
  await chat.visit({ api: "http://127.0.0.1:9" });
  await start.click();
  await expect(chat.error).toHaveText(/No answer/);
});

test("the page leaves no error in the console", async ({ chat, page }) => {
  const said: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") said.push(message.text());
  });
  await chat.start();
  await chat.say("bye");
  await expect(chat.status).toHaveText("The agent finished the chat.");
  expect(said).toEqual([]);
});

for (const width of [1280, 390]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`it fits ${width} pixels, ${colorScheme}`, async ({ chat, page, sandbox }, testInfo) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await chat.start({ ttl: "60" });
      await chat.say("Hello, where is my order? I have been waiting for it since last week.");
      await expect(chat.lines).toHaveCount(2);
      await sandbox.faults.add({ operation: "submitMessage", fault: "SERVER_ERROR" });
      await chat.say("A-very-long-word-".repeat(12));
      await expect(chat.button("Try again")).toBeVisible();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(width);
      await expect(chat.button("Send")).toBeInViewport({ ratio: 1 });
      await page.screenshot({ path: testInfo.outputPath(`chat-${width}-${colorScheme}.png`) });
    });
  }
}
