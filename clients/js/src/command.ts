import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const WINDOWS = process.platform === "win32";
const NAME = "adjourn-mock";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The commands that may start a mock here, in the order in which they are tried.
 *
 * Each runs what the user has installed. None fetches: a registry gives the name to whoever takes it.
 */
export function commands(environment: Environment = process.env): string[][] {
  const path = (environment.PATH ?? environment.Path ?? "").split(delimiter);
  const bin = WINDOWS ? "Scripts" : "bin";
  const environments = [environment.VIRTUAL_ENV, join(process.cwd(), ".venv")];
  const pipx = environment.PIPX_BIN_DIR ?? join(homedir(), ".local", "bin");
  const found = [
    ["uvx", path, "--offline", "--from", "adjourn", NAME],
    [NAME, [pipx]],
    ...environments.filter((root) => root !== undefined).map((root) => [NAME, [join(root, bin)]]),
    [NAME, path],
  ] as [string, string[], ...string[]][];
  return found.flatMap(([name, folders, ...rest]) => {
    const program = programIn(folders, name);
    return program ? [[program, ...rest]] : [];
  });
}

function programIn(folders: string[], name: string): string | undefined {
  const names = WINDOWS ? [`${name}.exe`] : [name];
  return folders
    .filter((folder) => folder !== "")
    .flatMap((folder) => names.map((file) => join(folder, file)))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
