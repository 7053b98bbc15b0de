import type { Session } from "./api.ts";
import type { Chat, Line } from "./chat.ts";

const REASONS: Record<string, string> = {
  ttl: "The chat timed out.",
  user_end: "You ended the chat.",
  agent_finish: "The agent finished the chat.",
};

export const elements = {
  status: element("status"),
  log: element("log"),
  error: element("error"),
  countdown: element("countdown"),
  composer: element<HTMLFormElement>("composer"),
  text: element<HTMLInputElement>("text"),
  start: element<HTMLButtonElement>("start"),
  end: element<HTMLButtonElement>("end"),
};

/** Show a conversation as it stands. */
export function render(chat: Chat): void {
  const open = chat.session !== undefined && !chat.session.is_final;
  elements.status.textContent = status(chat.session);
  elements.error.textContent = chat.error;
  elements.composer.hidden = !open;
  elements.end.hidden = !open;
  elements.start.hidden = open;
  elements.start.textContent = chat.session ? "Start a new chat" : "Start a chat";
  elements.log.replaceChildren(...chat.lines.map((line) => bubble(line, open, chat)));
  elements.log.scrollTop = elements.log.scrollHeight;
}

function status(session: Session | undefined): string {
  if (!session) return "Not connected";
  if (!session.is_final) return "Online";
  return REASONS[session.final_reason ?? ""] ?? "The chat is over.";
}

function bubble(line: Line, open: boolean, chat: Chat): HTMLLIElement {
  const item = document.createElement("li");
  item.className = `${line.role} ${line.state}`;
  item.textContent = line.text;
  if (line.state === "sending") item.append(note("Sending…"));
  if (line.state === "failed") {
    item.append(note(`Not sent. ${line.error ?? ""}`));
    if (open) item.append(button("Try again", () => chat.resend(line)));
  }
  return item;
}

function note(text: string): HTMLElement {
  const small = document.createElement("small");
  small.textContent = text;
  return small;
}

function button(text: string, clicked: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.onclick = clicked;
  return made;
}

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}`);
  return found as T;
}
