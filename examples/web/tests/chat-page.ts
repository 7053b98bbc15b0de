import type { Locator, Page } from "@playwright/test";
import { expect } from "adjourn/playwright";
import { TOKEN } from "./settings.ts";

/** The page as a user works with it. */
export class ChatPage {
  readonly status: Locator;
  readonly lines: Locator;
  readonly error: Locator;
  readonly timer: Locator;
  readonly text: Locator;

  constructor(
    private readonly page: Page,
    private readonly api: string,
  ) {
    this.status = page.getByRole("status");
    this.lines = page.getByRole("log").getByRole("listitem");
    this.error = page.getByRole("alert");
    this.timer = page.getByRole("timer");
    this.text = page.getByLabel("Your message");
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name });
  }

  async visit(query: Record<string, string> = {}): Promise<void> {
    const all = new URLSearchParams({ api: this.api, token: TOKEN, ...query });
    await this.page.goto(`/?${all}`);
  }

  async start(query: Record<string, string> = {}): Promise<void> {
    await this.visit(query);
    await this.button("Start a chat").click();
    await expect(this.status).toHaveText("Online");
  }

  async say(text: string): Promise<void> {
    await this.text.fill(text);
    await this.text.press("Enter");
  }
}
