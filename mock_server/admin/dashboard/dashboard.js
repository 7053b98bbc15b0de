// The dashboard. What can be asked stands in admin.yaml, what things are called in the contract:
// both are read first. Whatever a session holds becomes text, never markup.

const TOKEN = "adjourn-admin-token";
const SANDBOX = "X-Mock-Sandbox";
const SHOWN = 200;
const $ = (selector) => document.querySelector(selector);
const base = new URL("..", import.meta.url);
const json = async (url) => (await fetch(url)).json();

// Elements

const NAMESPACE = "http://www.w3.org/2000/svg";
const fill = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
};
const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const svg = (name, attributes = {}, ...children) => fill(document.createElementNS(NAMESPACE, name), attributes, children);
const tag = (text, title = null) => el("span", { class: "tag", title }, text);
const indented = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};
const pretty = (text) => el("pre", { class: "wrap" }, indented(text));
const facts = (pairs) => el("dl", {}, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
const table = (heads, rows) => el("table", {},
  el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
  el("tbody", {}, ...rows));

/** A part that is filled when it is opened, and stays open when its panel is drawn again. */
const fold = (key, line, body) => {
  const details = el("details", { "data-key": key },
    el("summary", { "data-key": `${key} line` }, el("span", { class: "line" }, ...line)),
    el("div", { class: "body" }));
  details.addEventListener("toggle", () => {
    if (details.open && !details.lastChild.hasChildNodes()) details.lastChild.append(...body());
  });
  return details;
};

const drawn = new WeakMap();
/** Fill a panel when what it shows has changed; what is open or has the focus keeps it. */
const draw = (panel, data, make) => {
  const place = $(`#${panel} .content`);
  const text = JSON.stringify(data);
  if (drawn.get(place) === text) return;
  drawn.set(place, text);
  const open = new Set([...place.querySelectorAll("details[open]")].map((node) => node.dataset.key));
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  place.replaceChildren(...make(data));
  for (const node of place.querySelectorAll("details")) {
    if (open.has(node.dataset.key)) {
      node.open = true;
      node.dispatchEvent(new Event("toggle"));
    }
  }
  if (focused) [...place.querySelectorAll("[data-key]")].find((node) => node.dataset.key === focused)?.focus();
};

// Calls

let plane;
let contract;
let operations;
let sandbox = new URLSearchParams(location.search).get("sandbox") ?? "";
let known = false; // whether the sandbox was seen to be there: then its absence says that it went

const resolve = (part) => part.$ref ? resolve(part.$ref.slice(2).split("/").reduce((at, name) => at[name], plane)) : part;
const has = (operation) => operations.has(operation);

const request = (operation, { path = {}, query = {}, body } = {}) => {
  const { method, template, within } = operations.get(operation);
  const filled = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]));
  const url = new URL(filled.slice(1), base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { method, url, body, within: within && sandbox };
};

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const curl = ({ method, url, body, within }) => {
  const words = ["curl", "-sS", "-X", method];
  if (sessionStorage.getItem(TOKEN)) words.push("-H", '"Authorization: Bearer $ADJOURN_ADMIN_TOKEN"');
  if (within) words.push("-H", quote(`${SANDBOX}: ${within}`));
  if (body) words.push("-H", "'Content-Type: application/json'", "--data-raw", quote(JSON.stringify(body)));
  return [...words, quote(url.href)].join(" ");
};

const send = async ({ method, url, body, within }, signal) => {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (within) headers[SANDBOX] = within;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal });
  if (response.status === 401) $("#entry").hidden = false;
  if (response.ok) return response;
  const problem = await response.json();
  const details = (problem.errors ?? []).map((error) => `${error.pointer}: ${error.detail}`);
  throw new Error([problem.detail ?? problem.title, ...details].join(" "));
};

const call = async (operation, given) => {
  const response = await send(request(operation, given));
  return response.status === 204 ? null : response.json();
};

const lines = new WeakMap(); // of each curl line, what says it anew
const sayLines = () => {
  for (const code of document.querySelectorAll(".control code")) code.textContent = curl(lines.get(code)());
};

const copy = async (code, button) => {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch { // not on this page's address, or not allowed
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
};

/** A button that makes a call, with the call as a line for a shell. */
const control = (label, operation, given = () => ({}), { of = "", after = () => {} } = {}) => {
  const key = `${operation} ${label} ${of}`;
  const named = of ? `${label} ${of}` : label;
  const told = el("span", { class: "bad", role: "alert" });
  const code = el("code");
  lines.set(code, () => request(operation, given()));
  const press = async () => {
    told.textContent = "";
    try {
      after(await call(operation, given()));
    } catch (error) {
      told.textContent = error.message;
    }
    wake();
  };
  const copied = el("button", { type: "button", onclick: () => copy(code, copied) }, "Copy");
  const details = el("details", { "data-key": `${key} curl` },
    el("summary", { "aria-label": `curl: ${named}`, "data-key": `${key} line` }, "curl"), el("pre", {}, code), copied);
  details.addEventListener("toggle", sayLines);
  const button = el("button", { type: "button", "aria-label": named, "data-key": key, onclick: press }, label);
  return el("span", { class: "control" }, button, details, told);
};

// Time

let clock = null;
const now = () => clock.now + (clock.frozen ? 0 : performance.now() - clock.read);
const inWords = (ms) => {
  const [d, h, m, s] = [864e5, 36e5, 6e4, 1e3].map((unit, i) => Math.floor(ms / unit) % [1e9, 24, 60, 60][i]);
  return `${d ? `${d} d ` : ""}${[h, m, s].map((part) => String(part).padStart(2, "0")).join(":")}`;
};
const tick = () => {
  if (!clock) return;
  $("#now").textContent = new Date(now()).toISOString().replace("T", " ").replace(/\.\d+/, "");
  for (const node of document.querySelectorAll("[data-deadline]")) {
    const left = Number(node.dataset.deadline) - now();
    node.textContent = left > 0 ? `${inWords(left)} left` : "due";
  }
};

// Panels

const idle = (seconds) => seconds < 60 ? "now" : `${Math.floor(seconds / 60)} min ago`;
const drawSandboxes = ({ sandboxes }) => draw("sandboxes", {
  shown: sandbox, rows: sandboxes.map(({ name, sessions, idle_seconds }) => [name, String(sessions), idle(idle_seconds)]),
}, ({ rows }) => [
  table(["Name", "Sessions", "Used", ""], rows.map(([name, sessions, used], place) => {
    const shown = place === 0 ? sandbox === "" : sandbox === name; // the default one comes first
    const show = el("button", {
      type: "button", "aria-label": `Show ${name}`, "aria-pressed": String(shown), "data-key": `show ${name}`,
      onclick: () => visit(place === 0 ? "" : name),
    }, "Show");
    const leave = () => { if (shown) visit(""); };
    return el("tr", {}, el("td", {}, name), el("td", { class: "count" }, sessions), el("td", { class: "count" }, used),
      el("td", {}, el("span", { class: "controls" }, show,
        place === 0 ? null : control("Delete", "deleteSandbox", () => ({ path: { name } }), { of: name, after: leave }))));
  })),
]);

const drawClock = (document) => {
  clock = { now: Date.parse(document.now), frozen: document.frozen_time !== null, read: performance.now() };
  $("#mode").textContent = [document.mode, document.offset].filter((part) => part && part !== "PT0S").join(" ");
  tick();
};

/** States in a column; each edge turns at its own place between the two, where its events stand. */
const drawLifecycle = ({ transitions }) => draw("lifecycle", transitions, () => {
  const { states, transitions: rows } = contract["x-lifecycle"];
  const names = Object.keys(states);
  const edges = new Map();
  for (const step of transitions) {
    const key = JSON.stringify([step.state, step.to]);
    if (!edges.has(key)) edges.set(key, { from: names.indexOf(step.state), to: names.indexOf(step.to), steps: [] });
    edges.get(key).steps.push(step);
  }
  const places = names.map(() => []); // the edges that turn at a state, and then those below it
  for (const edge of edges.values()) {
    const back = edge.to < edge.from;
    places[edge.from - (back ? 1 : 0)][edge.from === edge.to ? "unshift" : "push"](edge);
  }
  let y = 10;
  const middle = names.map((_, state) => {
    const own = places[state].find((edge) => edge.from === edge.to);
    const at = y + Math.max(20, (own ? own.steps.length : 0) * 8);
    y = at;
    for (const edge of places[state]) {
      const half = edge.steps.length * 8;
      edge.y = edge === own ? at : y + 16 + half;
      y = edge.y + half;
    }
    y = Math.max(y, at + 20) + 16;
    return at;
  });
  const parts = [...edges.values()].map(({ from, to, steps, y: turn }, number) => {
    const x = 120 + (number % 5) * 13;
    const side = Math.sign(to - from); // which an edge leaves; it arrives at the other
    const [start, end] = side ? [middle[from] + 12 * side, middle[to] - 12 * side] : [turn - 4, turn + 4];
    const walked = steps.some((step) => step.count) ? "walked" : "";
    return svg("g", { "data-edge": `${names[from]} ${names[to]}` },
      svg("path", { class: walked, d: `M100 ${start} Q${x} ${start} ${x} ${turn} Q${x} ${end} 102 ${end}` }),
      svg("path", { class: `head ${walked}`, d: `M100 ${end} l8 -4 v8 z` }),
      ...steps.map((step, line) => {
        const refused = rows.find((row) => row.state === step.state && row.event === step.event)?.refusal;
        return svg("text", { x: 184, y: turn + 4 + (line - (steps.length - 1) / 2) * 16, class: step.count ? "walked" : "" },
          `${step.event}${refused ? " (refused)" : ""}${step.count ? ` · ${step.count}` : ""}`);
      }));
  });
  const longest = Math.max(...parts.flatMap((part) => [...part.querySelectorAll("text")].map((text) => text.textContent.length)));
  const boxes = names.map((name, state) => svg("g", {}, svg("title", {}, states[name]),
    svg("rect", { x: 6, y: middle[state] - 17, width: 94, height: 34, rx: 8 }),
    svg("text", { class: "state", x: 53, y: middle[state] + 5 }, name)));
  const count = transitions.filter((step) => step.count).length;
  const label = `Lifecycle of ${names.join(", ")}: ${count} of ${transitions.length} edges were walked; client coverage lists them`;
  return [svg("svg", { viewBox: `0 0 ${184 + 8 * longest} ${y}`, role: "img", "aria-label": label }, ...parts, ...boxes)];
});

const turn = ({ role, content, time, tool_calls }) => el("li", { class: "turn" },
  el("span", { class: "soft" }, `${role} · `, el("time", {}, time)),
  content === null || content === undefined ? null : el("p", {}, content),
  ...(tool_calls ?? []).map((called) => el("div", { class: "call" }, el("span", { class: "soft" }, "tool call"),
    facts(Object.entries(called).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])))));

const drawSessions = ({ sessions }) => {
  const { states, events, transitions } = contract["x-lifecycle"];
  const final = new Set(contract["x-resource"].state.final);
  const timed = new Set(transitions.filter((row) => row.to !== row.state && events[row.event].operation === null).map((row) => row.state));
  const newest = [...sessions].sort((a, b) => b.created_time.localeCompare(a.created_time));
  draw("sessions", newest.slice(0, SHOWN), (shown) => [
    ...shown.map((session) => {
      const { id, agent_id, channel, state, ttl_seconds, last_activity, final_reason, created_time, messages } = session;
      const timeout = timed.has(state) && ttl_seconds !== null ? Date.parse(last_activity) + ttl_seconds * 1000 : null;
      const line = [
        el("span", { class: final.has(state) ? "soft" : "good" }, tag(state, states[state])),
        el("span", {}, agent_id), el("span", { class: "id" }, id),
        final_reason === null ? null : el("span", { class: "soft" }, final_reason),
        timeout === null ? null : el("time", { "data-deadline": timeout }),
      ];
      return fold(id, line, () => [
        facts(Object.entries({ channel, created_time, last_activity, ttl_seconds, additional_data: session.additional_data, ...session.members })
          .filter(([, value]) => value !== null && value !== undefined)
          .map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)])),
        timeout === null ? null : el("div", { class: "controls" },
          control("Let it time out", "advanceClock", () => ({ body: { frozen_time: new Date(timeout + 1).toISOString() } }), { of: id, after: tellFired })),
        el("ol", { "aria-label": "Transcript" }, ...messages.map(turn)),
      ].filter(Boolean));
    }),
    el("p", { class: "soft" }, sessions.length > shown.length ? `The latest ${SHOWN} of ${sessions.length}.` : `${sessions.length} in all.`),
  ]);
  tick();
};

const drawDeliveries = ({ deliveries }) => draw("deliveries", deliveries, () => deliveries.length === 0
  ? [el("p", { class: "soft" }, "None yet.")]
  : deliveries.map(({ id, session_id, url, outcome, next_attempt, attempts, payload }) => el("div", { class: "row" },
    fold(id, [tag(outcome), el("span", {}, url), el("span", { class: "soft" }, `${attempts.length} attempt${attempts.length === 1 ? "" : "s"}`)], () => [
      facts([["id", id], ["session", session_id], ["next attempt", next_attempt ?? "none"],
        ...attempts.map((tried) => [tried.at, [tried.status, tried.outcome, tried.reason].filter(Boolean).join(" ")])]),
      pretty(JSON.stringify(payload)),
    ]),
    control("Redeliver", "redeliver", () => ({ path: { id } }), { of: id }))));

const faultWords = ({ id, operation, fault, delay_ms, every, probability, times, matched, injected }) => {
  const when = [
    operation ?? "any call",
    every > 1 && `one in ${every}`,
    (probability ?? 1) < 1 && `probability ${probability}`,
    times && `at most ${times}×`,
  ];
  const what = fault ?? `${delay_ms} ms later`;
  return `${id}: ${what}, ${when.filter(Boolean).join(", ")}; given to ${injected} of ${matched} calls`;
};

const drawFaults = ({ faults }) => draw("faults", faults, () => faults.length === 0
  ? [el("p", { class: "soft" }, "Nothing goes wrong.")]
  : [...faults.map((rule) => el("div", { class: "row" },
    el("span", {}, faultWords(rule)),
    control("Delete", "deleteFault", () => ({ path: { id: rule.id } }), { of: rule.id }))),
  el("div", { class: "controls" }, control("Delete all", "deleteFaults"))]);

/** What breaks the contract: as a proxy has found it, or as the mock itself has answered. */
const violationsOf = ({ violations, response }) => {
  if (violations) return violations;
  try {
    return JSON.parse(response.body).errors ?? [];
  } catch {
    return [];
  }
};

const drawJournal = ({ requests }) => draw("journal", [requests, $("#broken").checked], () => requests
  .map((entry) => ({ entry, found: violationsOf(entry) }))
  .filter(({ found }) => found.length || !$("#broken").checked)
  .map(({ entry: { id, wasMatched, operationId, request: asked, response, timing }, found }) => fold(id, [
    tag(String(response.status || "no answer")), el("span", {}, `${asked.method} ${asked.url}`),
    el("span", { class: "soft" }, `${wasMatched ? operationId : "no operation"}, ${Math.round(timing.totalTime)} ms`),
    found.length ? el("span", { class: "bad" }, `${found.length} violation${found.length > 1 ? "s" : ""}`) : null,
  ], () => [
    ...found.map((one) => el("p", { class: "bad" }, `${one.in} ${one.pointer}: ${one.detail}`)),
    facts([["at", asked.loggedDateString], ...Object.entries(asked.headers)]), pretty(asked.body),
    facts(Object.entries(response.headers)), pretty(response.body),
  ])));

const drawCoverage = ({ summary, operations: rows, transitions }) => draw("coverage", [rows, transitions], () => [
  el("p", {}, Object.entries(summary).map(([name, share]) => `${share.exercised} of ${share.all} ${name}`).join(", ")),
  table(["Operation", "Calls", "Statuses"], rows.map(({ operation, count, statuses }) => el("tr", {},
    el("td", {}, operation), el("td", { class: "count" }, String(count)),
    el("td", {}, ...statuses.map((told) => el("span", { class: told.count ? (told.in_contract ? "good" : "bad") : "soft" },
      `${told.status}${told.count ? `×${told.count}` : ""} `)))))),
  table(["State", "Event", "To", "Times"], transitions.map((step) => el("tr", { class: step.count ? "good" : null },
    ...[step.state, step.event, step.to, String(step.count)].map((text) => el("td", {}, text))))),
]);

const tellFired = ({ fired }) => {
  const told = fired.map((event) => `${event.kind} ${event.session_id}`);
  $("#fired").replaceChildren(...[`${fired.length} fired`, ...told].map((text) => el("p", { class: "soft" }, text)));
};

const tellEvent = ({ id, type, at, session_id, ...rest }) => {
  const list = $("#events ol");
  const more = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  list.prepend(el("li", {}, tag(type), ` ${session_id} `, el("span", { class: "soft" }, [...more, at].join(" · "))));
  while (list.children.length > 50) list.lastChild.remove();
};

// The loops: what happens wakes the one that reads

let wake = () => {};
let stream = null;
const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

const follow = async () => {
  stream = new AbortController();
  const { signal } = stream;
  try {
    const response = await send(request("streamEvents"), signal);
    let rest = "";
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + part).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data:"));
        if (data) tellEvent(JSON.parse(data.slice(5)));
      }
      wake();
    }
  } catch { // left, or broken off: the next reading follows again
  } finally {
    if (stream?.signal === signal) stream = null;
  }
};

const PANELS = [
  ["showClock", () => ({}), drawClock],
  ["showState", () => ({}), drawSessions],
  ["listDeliveries", () => ({}), drawDeliveries],
  ["listFaults", () => ({}), drawFaults],
  ["listRequests", () => ({ query: { limit: 100 } }), drawJournal],
  ["showCoverage", () => ({ query: { of: $("#of").value } }), (answer) => { drawCoverage(answer); drawLifecycle(answer); }],
];

const refresh = async () => {
  const { version } = await call("showHealth");
  if (!contract && has("showContract")) { // a proxy has a journal alone
    contract = await call("showContract");
    furnish();
  }
  if (has("listSandboxes")) {
    const listed = await call("listSandboxes");
    const there = !sandbox || listed.sandboxes.some(({ name }) => name === sandbox);
    drawSandboxes(listed);
    if (known && !there) throw new Error(`The sandbox ${sandbox} is gone.`);
    known = true;
  }
  const place = sandbox;
  if (has("streamEvents") && !stream) follow();
  await Promise.all(PANELS.filter(([operation]) => has(operation)).map(async ([operation, given, show]) => {
    const answer = await call(operation, given());
    if (place === sandbox) show(answer);
  }));
  sayLines();
  return `Connected, version ${version}${sandbox ? `, sandbox ${sandbox}` : ""}`;
};

const say = (text) => {
  if ($("#connection").textContent !== text) $("#connection").textContent = text;
};

const run = async () => {
  for (;;) {
    const woken = new Promise((done) => { wake = done; });
    const begun = performance.now();
    try {
      say(await refresh());
    } catch (error) {
      say(error instanceof TypeError ? "The mock does not answer." : error.message);
    }
    const took = performance.now() - begun; // a large state is read less often
    await Promise.race([sleep(Math.max(2000, 10 * took)), woken.then(() => sleep(Math.max(50, took)))]);
    if (document.hidden) await new Promise((shown) => { document.addEventListener("visibilitychange", shown, { once: true }); });
  }
};

const visit = (name) => {
  sandbox = name;
  known = false;
  const url = new URL(location.href);
  url.search = name ? new URLSearchParams({ sandbox: name }) : "";
  history.replaceState(null, "", url);
  stream?.abort();
  stream = null;
  $("#events ol").replaceChildren();
  $("#fired").replaceChildren();
  wake();
};

// The controls that stay

const option = (value) => el("option", { value }, value);
const furnish = () => {
  const rule = () => ({
    ...($("#operation").value && { operation: $("#operation").value }), fault: $("#fault").value,
    ...($("#times").value && { times: $("#times").valueAsNumber }),
  });
  const { properties } = resolve(operations.get("addFault").requestBody.content["application/json"].schema);
  const items = [...Object.values(contract.paths), ...Object.values(contract["x-webhooks"] ?? {})];
  $("#operation").append(...items.flatMap(Object.values).map((one) => one.operationId).filter(Boolean).map(option));
  $("#fault").append(...properties.fault.enum.map(option));
  $("#of").append(...operations.get("showCoverage").parameters.find(({ name }) => name === "of").schema.enum.map(option));
  $("#plant").append(control("Add", "addFault", () => ({ body: rule() })));
  $("#reset").append(control("Reset", "reset"));
  $("#recount").append(control("Count from nothing", "clearCoverage"));
  const moved = { after: tellFired };
  $("#steer").append(
    control("Advance", "advanceClock", () => ({ body: { by: $("#span").value } }), moved),
    control("Freeze", "setClock", () => ({ body: { mode: "frozen" } }), moved),
    control("Run on", "setClock", () => ({ body: { mode: "offset" } }), moved),
    control("Use the real time", "releaseClock", undefined, moved));
};

const start = async () => {
  plane = await json(new URL("openapi.json", base));
  operations = new Map(Object.entries(plane.paths).flatMap(([template, item]) => Object.entries(item)
    .filter(([, operation]) => operation.operationId)
    .map(([method, operation]) => [operation.operationId, {
      ...operation, template, method: method.toUpperCase(),
      within: (item.parameters ?? []).some((parameter) => resolve(parameter).name === SANDBOX),
    }])));
  for (const panel of document.querySelectorAll("[data-needs]")) panel.hidden = !has(panel.dataset.needs);
  $("#forget").append(control("Forget", "forgetRequests"));
  $("#visit").addEventListener("submit", (event) => { event.preventDefault(); visit($("#sandbox").value); });
  $("#entry").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(TOKEN, $("#token").value);
    $("#entry").hidden = true;
    $("#token").value = "";
    wake();
  });
  document.addEventListener("input", sayLines);
  document.addEventListener("change", () => wake());
  setInterval(tick, 250);
  await run();
};

start().catch((error) => say(`The dashboard cannot start: ${error.message}`));
