import { Api } from "./api.ts";
import { Chat } from "./chat.ts";
import { Countdown } from "./countdown.ts";
import { elements, render } from "./view.ts";

const query = new URLSearchParams(location.search);
const api = new Api(query.get("api") ?? "http://127.0.0.1:4010", query.get("token") ?? "any");
const agent = query.get("agent") ?? "agent-closer";
const ttl = Number(query.get("ttl") ?? 1800);

const chat = new Chat(api, () => {
  render(chat);
  countdown.show();
});
const countdown = new Countdown(
  elements.countdown,
  () => chat.deadline,
  () => chat.expire(),
);

elements.start.onclick = async () => {
  chat.lines = [];
  await chat.open(agent, ttl);
  elements.text.focus();
};
elements.end.onclick = () => chat.end();
elements.composer.onsubmit = (event) => {
  event.preventDefault();
  const text = elements.text.value;
  elements.text.value = "";
  chat.send(text);
};
render(chat);
