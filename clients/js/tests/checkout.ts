import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { commands } from "../src/command.js";

const FOLDER = process.platform === "win32" ? "Scripts" : "bin";
const OWN = fileURLToPath(new URL(`../../../.nox/adjourn/${FOLDER}/adjourn-mock`, import.meta.url));

/** The mock of this very checkout, where nox has installed it; else what a user would get. */
export const COMMAND = existsSync(OWN) ? [OWN] : (commands()[0] ?? []);
