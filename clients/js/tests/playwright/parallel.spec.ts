import { Sandbox } from "../../src/index.js";
import { expect, test } from "../../src/playwright.js";

const WORKERS = 4;

for (let worker = 1; worker <= WORKERS; worker += 1) {
  test(`worker ${worker} of ${WORKERS} on one mock meets nobody`, async ({ request, sandbox }) => {
    const shared = { url: sandbox.url, name: "meeting-place", token: "any", adminToken: undefined };
    const meeting = new Sandbox(shared);
    const arrive = async (channel: string) => {
      await meeting.chats.open({ agent_id: "agent-echo", channel });
      await meeting.events.waitAll({ channel }, { count: WORKERS, timeout: 60_000 });
    };

    await arrive("begin");
    const noon = new Date(Date.UTC(2040 + worker, 0, 1, 12));
    await sandbox.clock.freeze(noon);
    await sandbox.faults.add({ operation: "getChat", fault: "SERVER_ERROR", status: 500 + worker });
    // The same endpoint for all of them: in one state this would be one and the same session.
    const opening = { agent_id: "agent-echo", external_id: { from: "+15550100" } };
    const chats = `${sandbox.url}/api/v1/chats`;
    const headers = { Authorization: "Bearer any" };
    const opened = await request.post(chats, { data: opening, headers });
    expect(opened.status()).toBe(201);
    const { id, created_time } = await opened.json();
    await sandbox.chats.submit(id, `from ${worker}`);

    await arrive("look");
    expect(new Date(created_time)).toEqual(noon);
    expect(await sandbox.clock.now()).toEqual(noon);
    const { items, total_count } = await sandbox.chats.list({ state: "all" });
    expect(total_count).toBe(1);
    expect(items[0]?.messages?.map((message) => message.content)).toEqual([
      `from ${worker}`,
      `You said: from ${worker}`,
    ]);
    expect((await request.get(`${chats}/${id}`, { headers })).status()).toBe(500 + worker);
    expect(await sandbox.faults.list()).toMatchObject([{ injected: 1, matched: 1 }]);
    expect(await sandbox.events.waitAll({}, { count: 2 })).toHaveLength(2);
    expect(await sandbox.journal.count()).toBe(4);
    await arrive("leave");
  });
}
