export { stopMock as default } from "./setup.js";
