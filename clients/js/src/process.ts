import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { MockNotStarted } from "./errors.js";

const STOP_MILLISECONDS = 10_000;
const MOST_SAID = 4_000;

/** A mock that runs as a child of this process. */
export class MockProcess {
  private readonly exited: Promise<unknown>;

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    this.exited = child.exitCode === null ? once(child, "exit") : Promise.resolve();
  }

  /** Run a command until it announces where it listens. Throws MockNotStarted with what it said. */
  static async start(
    command: readonly string[],
    environment: NodeJS.ProcessEnv,
    milliseconds: number,
  ): Promise<MockProcess> {
    const [program = "", ...rest] = command;
    const child = spawn(program, rest, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const killed = () => child.kill("SIGKILL");
    process.once("exit", killed);
    child.once("exit", () => process.off("exit", killed));
    let said = "";
    child.stderr.on("data", (text) => {
      said = (said + text).slice(-MOST_SAID);
    });
    try {
      const url = await announced(child, milliseconds);
      const running = new MockProcess(url, child);
      running.release();
      return running;
    } catch (error) {
      child.kill("SIGKILL");
      const why = error instanceof Error ? error.message : String(error);
      throw new MockNotStarted(`${command.join(" ")}: ${why}${said && `\n${said.trimEnd()}`}`);
    }
  }

  /** Stop it, at first kindly. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), STOP_MILLISECONDS);
    await this.exited;
    clearTimeout(late);
  }

  /** Do not keep the process of the tests alive for it. */
  private release(): void {
    this.child.unref();
    for (const pipe of [this.child.stdout, this.child.stderr]) {
      (pipe as unknown as { unref(): void }).unref();
    }
  }
}

/** The address in the first line that it prints. */
function announced(child: ChildProcess, milliseconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`it announced nothing within ${milliseconds / 1000} s`)),
      milliseconds,
    );
    const settled = () => clearTimeout(late);
    child.once("error", (error) => {
      settled();
      reject(error);
    });
    child.once("close", (code, signal) => {
      settled();
      reject(new Error(`it ended with ${signal ?? `exit code ${code}`}`));
    });
    createInterface({ input: child.stdout! }).once("line", (line) => {
      settled();
      try {
        resolve((JSON.parse(line) as { url: string }).url);
      } catch {
        reject(new Error(`it printed no address but ${JSON.stringify(line)}`));
      }
    });
  });
}
