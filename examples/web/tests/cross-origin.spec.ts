// What a mock allows a page of another origin, without Playwright between the two.
import { test as base, expect, type Page } from "@playwright/test";
import { Mock, type Sandbox } from "adjourn";
import { COMMAND, TOKEN } from "./settings.ts";

const FAULTS = ["EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER", "COMMIT_THEN_DROP"] as const;

const test = base.extend<{ sandbox: Sandbox }, { mock: Mock; strict: Mock }>({
  mock: [async ({}, use) => use(await Mock.obtain({ token: TOKEN })), { scope: "worker" }],
  /** A mock that lets no page call its control plane. */
  strict: [
    async ({}, use) => {
      await using mock = await Mock.start({ command: COMMAND, token: TOKEN });
      await use(mock);
    },
    { scope: "worker" },
  ],
  sandbox: async ({ mock, page }, use) => {
    await using sandbox = await mock.sandbox("cross-origin");
    await page.goto("/");
    await use(sandbox);
    await page.goto("about:blank");
  },
});

/** Open a session from within the page: the status, or "lost", and what a page can read of it. */
function open(page: Page, sandbox: Sandbox, headers: Record<string, string> = {}) {
  const own = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
  return page.evaluate(
    async ({ url, headers }) => {
      const body = '{"agent_id": "agent-echo"}';
      try {
        const response = await fetch(`${url}/api/v1/chats`, { method: "POST", headers, body });
        const answer = await response.json();
        return { status: response.status, origin: response.headers.get("X-Mock-Origin"), answer };
      } catch {
        return { status: "lost" };
      }
    },
    { url: sandbox.url, headers: { ...own, ...sandbox.headers, ...headers } },
  );
}

/** Follow the events from within the page; what it has seen so far. */
async function watch(page: Page, url: string, query = "") {
  await page.evaluate(
    ({ url, query }) => {
      const seen: { type: string; session_id: string }[] = [];
      const source = new EventSource(`${url}/__admin/events${query}`);
      const watched = { seen, source };
      for (const type of ["session.opened", "session.turn", "session.final"]) {
        source.addEventListener(type, (event) => seen.push(JSON.parse(event.data)));
      }
      Object.assign(window, { watched });
    },
    { url, query },
  );
  type Watched = { seen: { type: string; session_id: string }[]; source: EventSource };
  const read = <T>(of: (watched: Watched) => T) => page.evaluate<T>(`(${of})(window.watched)`);
  return {
    seen: () => read((watched) => watched.seen),
    state: () => read((watched) => watched.source.readyState),
  };
}

test("a page reads problems and the mock's own headers", async ({ page, sandbox }) => {
  const forced = await open(page, sandbox, { Prefer: "code=429" });
  expect(forced).toMatchObject({ status: 429, origin: "forced" });
  expect(forced.answer.title).toBe("Too many requests");
  const wrong = await open(page, sandbox, { Authorization: "Bearer wrong" });
  expect(wrong).toMatchObject({ status: 401, answer: { title: "Unauthorized" } });
});

for (const fault of FAULTS) {
  test(`a browser repeats what a kept connection lost to ${fault}`, async ({ page, sandbox }) => {
    expect(await open(page, sandbox)).toMatchObject({ status: 201 });
    await sandbox.faults.add({ operation: "openChat", fault, times: 1 });
    expect(await open(page, sandbox)).toMatchObject({ status: 201 });
    await sandbox.faults.add({ operation: "openChat", fault, times: 2 });
    expect(await open(page, sandbox)).toEqual({ status: "lost" });
    expect(await open(page, sandbox)).toMatchObject({ status: 201 });
    expect(await open(page, sandbox, { "X-Mock-Fault": fault })).toEqual({ status: "lost" });
  });
}

test("a page cannot reach the control plane", async ({ page, strict }) => {
  await page.goto("/");
  const read = (url: string) =>
    fetch(url).then(
      () => "read",
      () => "kept out",
    );
  expect(await page.evaluate(read, `${strict.url}/__admin/sandboxes`)).toBe("kept out");
});

test("a page is refused the events", async ({ page, strict }) => {
  await page.goto("/");
  const events = await watch(page, strict.url);
  await expect.poll(events.state).toBe(2);
  expect(await events.seen()).toEqual([]);
});

test("a page of an allowed origin sees the events of its sandbox alone", async ({
  mock,
  page,
  sandbox,
}) => {
  const events = await watch(page, sandbox.url, `?sandbox=${sandbox.name}`);
  await expect.poll(events.state).toBe(1);
  await using other = await mock.sandbox("other");
  await other.chats.open({ agent_id: "agent-echo" });
  const { id } = await sandbox.chats.open({ agent_id: "agent-closer" });
  await sandbox.chats.submit(id, "bye");
  await expect
    .poll(async () => (await events.seen()).map((event) => event.type))
    .toEqual(["session.opened", "session.turn", "session.final"]);
  expect(new Set((await events.seen()).map((event) => event.session_id))).toEqual(new Set([id]));
});
