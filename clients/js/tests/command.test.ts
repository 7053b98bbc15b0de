import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { commands } from "../src/command.js";
import { Mock, MockNotStarted } from "../src/index.js";
import { COMMAND } from "./checkout.js";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "adjourn-"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function program(folder: string, name: string, script = "exit 9"): string {
  mkdirSync(join(root, folder), { recursive: true });
  const file = join(root, folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

function path(...folders: string[]): string {
  return folders.map((folder) => join(root, folder)).join(delimiter);
}

test("uvx comes first, then pipx, then a virtual environment, then the path", () => {
  const uvx = program("a", "uvx");
  const pipx = program("pipx", "adjourn-mock");
  const inside = program("venv/bin", "adjourn-mock");
  const plain = program("b", "adjourn-mock");
  const places = { PIPX_BIN_DIR: join(root, "pipx"), VIRTUAL_ENV: join(root, "venv") };
  expect(commands({ PATH: path("b", "a"), ...places })).toEqual([
    [uvx, "--offline", "--from", "adjourn", "adjourn-mock"], // fetches nothing
    [pipx],
    [inside],
    [plain],
  ]);
});

test("what is not there, or is no program, is passed over", () => {
  chmodSync(program("a", "uvx"), 0o644);
  expect(commands({ PATH: path("a", "nowhere"), PIPX_BIN_DIR: root })).toEqual([]);
});

test("a launcher that fails gives way to the next command", async () => {
  const asked = join(root, "asked");
  vi.stubEnv("PATH", `${path("a")}${delimiter}/usr/bin${delimiter}/bin`);
  program("a", "uvx", `echo "$@" > ${asked}; echo "no network" >&2; exit 1`);
  vi.stubEnv("PIPX_BIN_DIR", join(root, "pipx"));
  program("pipx", "adjourn-mock", `exec ${COMMAND.join(" ")} "$@"`);
  await using mock = await Mock.start();
  expect((await fetch(`${mock.url}/readyz`)).status).toBe(200);
  expect(readFileSync(asked, "utf8")).toMatch(/^--offline --from adjourn adjourn-mock /);
});

test("when all fail, each one's words are told", async () => {
  vi.stubEnv("PATH", `${path("a")}${delimiter}/usr/bin${delimiter}/bin`);
  vi.stubEnv("VIRTUAL_ENV", join(root, "venv"));
  vi.stubEnv("PIPX_BIN_DIR", root);
  program("a", "uvx", 'echo "no network" >&2; exit 1');
  program("venv/bin", "adjourn-mock", 'echo "no module named mock_server" >&2; exit 3');
  const failure = await Mock.start().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(MockNotStarted);
  expect(String(failure)).toMatch(/uvx .*exit code 1\nno network\n/);
  expect(String(failure)).toMatch(/adjourn-mock .*exit code 3\nno module named mock_server/);
});

test("where there is nothing to start, the message says what to do", async () => {
  vi.stubEnv("PATH", path("empty"));
  vi.stubEnv("VIRTUAL_ENV", undefined);
  vi.stubEnv("PIPX_BIN_DIR", root);
  await expect(Mock.start()).rejects.toThrow(/no adjourn-mock was found.*uv tool.*ADJOURN_URL/);
});
