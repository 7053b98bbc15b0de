import { shareMock } from "adjourn";
import { COMMAND, PAGE, TOKEN } from "./settings.ts";

/** One mock for all workers, which lets the page watch its events. */
export default () =>
  shareMock({ command: COMMAND, token: TOKEN, args: ["--admin-cors-origin", PAGE] });
