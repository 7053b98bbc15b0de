import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { COMMAND } from "./checkout.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MODULES = join(HERE, "../node_modules");
const EXAMPLE = join(HERE, "../../../examples/web");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const require = createRequire(import.meta.url);
/** The parts of the package, each with something that it gives. */
const PARTS = {
  adjourn: "Mock",
  "adjourn/playwright": "test",
  "adjourn/jest": "useSandbox",
  "adjourn/msw": "toSandbox",
  "adjourn/setup": "shareMock",
  "adjourn/teardown": "default",
};

/** A project that has the package installed. */
let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "adjourn-project-"));
  cpSync(join(HERE, "jest"), project, { recursive: true });
  mkdirSync(join(project, "node_modules"));
  symlinkSync(join(HERE, ".."), join(project, "node_modules/adjourn"));
});

afterAll(() => rmSync(project, { recursive: true }));

/** What a Node program prints. It may fail; then its exit code is not 0. */
async function run(args: string[], cwd: string, variables: NodeJS.ProcessEnv = {}) {
  const options = { cwd, env: { ...process.env, ...variables } };
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, args, options)) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

function program(name: string, file: string): string {
  return join(dirname(require.resolve(`${name}/package.json`)), file);
}

test("Jest's tests, as CommonJS, each have a sandbox on a mock that Jest has started", async () => {
  const own = { ADJOURN_URL: undefined, MOCK_COMMAND: JSON.stringify(COMMAND) };
  const { stderr } = await run([program("jest", "bin/jest.js"), "--ci", "-i"], project, own);
  expect(stderr).toMatch(/Tests: +3 passed, 3 total/);
});

test("each part of the package can be imported and required", async () => {
  const loop = (load: string) =>
    `for (const [part, name] of Object.entries(${JSON.stringify(PARTS)}))
       console.log(part, typeof ${load}[name]);`;
  const found = Object.keys(PARTS).map((part) => `${part} function`);
  const esm = await run(["--input-type=module", "-e", loop("(await import(part))")], project);
  expect(esm.stdout.trim().split("\n"), esm.stderr).toEqual(found);
  const cjs = await run(["--input-type=commonjs", "-e", loop("require(part)")], project);
  expect(cjs.stdout.trim().split("\n"), cjs.stderr).toEqual(found);
});

test("a Playwright test that fails brings its sandbox's journal along", async () => {
  const config = join(HERE, "failing/playwright.config.ts");
  const cli = program("@playwright/test", "cli.js");
  const { code, stdout } = await run([cli, "test", "-c", config, "-j", "1"], join(HERE, ".."));
  expect(code).toBe(1);
  const specs = JSON.parse(stdout).suites[0].specs as Spec[];
  const journals = specs.map((spec) =>
    (spec.tests[0]?.results[0]?.attachments ?? []).filter(({ name }) => name === "adjourn-journal"),
  );
  expect(specs.map((spec) => spec.ok)).toEqual([false, true]);
  expect(journals.map((found) => found.length)).toEqual([1, 0]);
  const asked = JSON.parse(Buffer.from(journals[0]![0]!.body, "base64").toString());
  expect(asked.map((entry: { operationId: string }) => entry.operationId)).toEqual([
    "listChats",
    "openChat",
  ]);
});

test("the README's code runs on the page of the example", async () => {
  const web = join(project, "web");
  const code = readFileSync(join(HERE, "../README.md"), "utf8");
  const port = await freePort();
  const filter = (file: string) => !/node_modules|tests/.test(file.slice(EXAMPLE.length));
  cpSync(EXAMPLE, web, { recursive: true, filter });
  mkdirSync(join(web, "node_modules"));
  mkdirSync(join(web, "tests"));
  for (const name of readdirSync(MODULES).filter((name) => !name.startsWith(".")))
    symlinkSync(join(MODULES, name), join(web, "node_modules", name));
  symlinkSync(join(HERE, ".."), join(web, "node_modules/adjourn"));
  for (const [, block = ""] of code.matchAll(/^```[jt]s\n(.*?)^```/gms))
    for (const part of block.split(/^(?=\/\/ \S+\.[jt]s$)/m)) {
      const name = /^\/\/ (\S+)$/m.exec(part)?.[1];
      if (!name) throw new Error(`no file is named by ${part}`);
      const folder = name.endsWith(".js") ? project : web;
      const chromium = `use: { launchOptions: { executablePath: "${CHROMIUM}" }, `;
      const own = existsSync(CHROMIUM) ? part.replace("use: { ", chromium) : part;
      writeFileSync(join(folder, name), own.replaceAll("5173", `${port}`));
    }
  writeFileSync(
    join(web, "story.test.ts"),
    'import { test } from "vitest"; test("a story", async () => void (await import("./story.ts")));',
  );
  const plain = { NO_COLOR: "1", FORCE_COLOR: undefined };
  const vitest = await run(
    [program("vitest", "vitest.mjs"), "run", "--root", web, ".test.ts"],
    web,
    plain,
  );
  expect(vitest.stdout, vitest.stderr).toMatch(/Tests +3 passed/);
  expect(vitest.stdout).toContain("Hello");
  const playwright = await run([program("@playwright/test", "cli.js"), "test"], web, plain);
  expect(playwright.stdout, playwright.stderr).toMatch(/2 passed/);
  const jest = await run([program("jest", "bin/jest.js"), "--ci", "-i", "list.test.js"], project);
  expect(jest.stderr).toMatch(/Tests: +1 passed, 1 total/);
}, 180_000);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "localhost", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

interface Spec {
  ok: boolean;
  tests: { results: { attachments: { name: string; body: string }[] }[] }[];
}
