import { type Api, Refused, type Session, type Turn } from "./api.ts";
import { retrying } from "./retry.ts";

/** A line of the conversation. The user's own are shown before the API has them. */
export interface Line {
  role: string;
  text: string;
  state: "sent" | "sending" | "failed";
  /** The idempotency key, which stays the same when the line is sent again. */
  key: string;
  error?: string;
}

/** One conversation and what is known of it. Calls `changed` whenever that is something else. */
export class Chat {
  session: Session | undefined;
  lines: Line[] = [];
  error = "";
  /** When the session times out by this browser's clock, if nobody writes. */
  deadline: number | undefined;

  constructor(
    private readonly api: Api,
    private readonly changed: () => void,
  ) {}

  async open(agent: string, ttl: number): Promise<void> {
    await this.trying(async () => {
      this.session = undefined;
      this.take(await this.api.open(agent, ttl));
      this.restart();
    });
  }

  async send(text: string): Promise<void> {
    const line: Line = { role: "user", text, state: "sending", key: crypto.randomUUID() };
    this.lines.push(line);
    await this.deliver(line);
  }

  async resend(line: Line): Promise<void> {
    await this.deliver(line);
  }

  async end(): Promise<void> {
    const { session } = this;
    if (session)
      await this.trying(async () => this.take(await retrying(() => this.api.end(session.id))));
  }

  /** The time is up by this clock; the API's counts. A line on its way may have come before. */
  async expire(): Promise<void> {
    if (!this.lines.some((line) => line.state === "sending")) await this.refresh();
  }

  private async refresh(): Promise<void> {
    const { session } = this;
    if (!session) return;
    await this.trying(async () => this.take(await retrying(() => this.api.get(session.id))));
  }

  private async deliver(line: Line): Promise<void> {
    const { session } = this;
    if (!session) return;
    line.state = "sending";
    this.changed();
    try {
      this.reply(line, await retrying(() => this.api.submit(session.id, line.text, line.key)));
    } catch (error) {
      line.state = "failed";
      line.error = (error as Error).message;
      this.changed();
      if (error instanceof Refused && [400, 409, 410, 422].includes(error.status))
        await this.refresh();
      return;
    }
    if (this.session?.is_final) await this.refresh();
  }

  private reply(line: Line, turn: Turn): void {
    line.state = "sent";
    const at = this.lines.indexOf(line) + 1;
    const replies = turn.messages
      .filter((message) => message.content)
      .map((message) => sent(message.role, message.content ?? ""));
    this.lines.splice(at, 0, ...replies);
    this.restart();
    if (turn.is_final && this.session) {
      this.session = { ...this.session, is_final: true } as Session;
    }
    this.changed();
  }

  /** What the API says replaces what was known; lines that it does not have yet stay. */
  private take(session: Session): void {
    this.session = session;
    const known = session.messages.filter((message) => message.content);
    const pending = this.lines.filter((line) => line.state !== "sent");
    this.lines = [...known.map((message) => sent(message.role, message.content ?? "")), ...pending];
    if (session.is_final) this.deadline = undefined;
  }

  private restart(): void {
    const ttl = this.session?.ttl_seconds;
    this.deadline = ttl ? Date.now() + ttl * 1000 : undefined;
  }

  private async trying(action: () => Promise<void>): Promise<void> {
    this.error = "";
    try {
      await action();
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.changed();
  }
}

function sent(role: string, text: string): Line {
  return { role, text, state: "sent", key: "" };
}
