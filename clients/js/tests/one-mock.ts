import { shareMock } from "../src/index.js";
import { COMMAND } from "./checkout.js";

/** One mock for all test files. */
export default () => shareMock({ command: COMMAND });
