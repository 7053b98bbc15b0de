import { Caller } from "./caller.js";
import { commands } from "./command.js";
import { MockNotStarted } from "./errors.js";
import type { operations } from "./generated/admin.js";
import { MockProcess } from "./process.js";
import { bearer, type Coverage, Sandbox, uniqueName } from "./sandbox.js";

const START_MILLISECONDS = 60_000;

/** The keys of a mock. */
export interface Keys {
  /** The API's bearer token; by default ADJOURN_TOKEN, else any. */
  token?: string;
  /** The control plane's; by default ADJOURN_ADMIN_TOKEN, else none. */
  adminToken?: string;
}

export interface StartOptions extends Keys {
  /** The program and its first arguments, in place of the one that is found. */
  command?: readonly string[];
  /** Options of `adjourn-mock`, such as `["--choice", "duplicate_open=conflict"]`. */
  args?: readonly string[];
  /** How long a command may take until it listens, in milliseconds; 60 000 unless told. */
  timeout?: number;
}

/** A mock that runs. */
export class Mock {
  private readonly keys: { token: string; adminToken: string | undefined };

  private constructor(
    readonly url: string,
    keys: Keys,
    private readonly process?: MockProcess,
  ) {
    this.keys = {
      token: keys.token ?? globalThis.process.env.ADJOURN_TOKEN ?? "any",
      adminToken: keys.adminToken ?? globalThis.process.env.ADJOURN_ADMIN_TOKEN,
    };
  }

  /** The mock at ADJOURN_URL, where that is set, or one that is started. */
  static async obtain(options: StartOptions = {}): Promise<Mock> {
    const url = globalThis.process.env.ADJOURN_URL;
    return url ? Mock.connect(url, options) : Mock.start(options);
  }

  /** The mock at a URL. Throws when none answers there. */
  static async connect(url: string, keys: Keys = {}): Promise<Mock> {
    const mock = new Mock(url.replace(/\/+$/, ""), keys);
    await mock.admin().call<"showHealth">("GET", "/health");
    return mock;
  }

  /** A mock on a free port, by the first command that works. */
  static async start(options: StartOptions = {}): Promise<Mock> {
    const { command, args = [], timeout = START_MILLISECONDS } = options;
    const ways = command ? [command] : commands();
    const failures: string[] = [];
    for (const way of ways) {
      const line = [...way, "--port", "0", "--json", "--seed-number", "1", ...args];
      try {
        const process = await MockProcess.start(line, environment(options), timeout);
        return new Mock(process.url, options, process);
      } catch (error) {
        if (!(error instanceof MockNotStarted)) throw error;
        failures.push(error.message);
      }
    }
    throw new MockNotStarted(failures.length > 0 ? failures.join("\n") : NOTHING_FOUND);
  }

  /** A new sandbox that nobody else has, empty but for the mock's seed. */
  async sandbox(label = "test"): Promise<Sandbox> {
    const sandbox = new Sandbox({ url: this.url, name: uniqueName(label), ...this.keys });
    await sandbox.webhooks.sendTo(sandbox.webhooks.url);
    return sandbox;
  }

  /** What all clients have exercised since the mock was started. */
  coverage(): Promise<Coverage> {
    return this.admin().call<"showCoverage">("GET", "/coverage", { query: { of: "run" } });
  }

  /** Stop it, if this process has started it. */
  async close(): Promise<void> {
    await this.process?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private admin(): Caller<operations> {
    return new Caller(`${this.url}/__admin`, bearer(this.keys.adminToken));
  }
}

const NOTHING_FOUND =
  "no adjourn-mock was found: looked for what uv and pipx have installed, in $VIRTUAL_ENV, .venv and " +
  "PATH; install it from a checkout (`uv tool install .`, `pipx install .` or `pip install .`), or set " +
  "ADJOURN_URL to a mock that runs";

function environment({ token, adminToken }: Keys): NodeJS.ProcessEnv {
  const keys = { ADJOURN_TOKEN: token, ADJOURN_ADMIN_TOKEN: adminToken };
  const given = Object.entries(keys).filter(([, value]) => value !== undefined);
  return { ...process.env, ...Object.fromEntries(given) };
}
