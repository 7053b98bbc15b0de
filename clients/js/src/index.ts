export type { Agent, Agents, Step } from "./agents.js";
export type { Chats, Message, Session, Turn } from "./chats.js";
export type { Clock, ClockState, Duration, Fired } from "./clock.js";
export {
  AdjournError,
  MockNotStarted,
  MockUnreachable,
  type Problem,
  Refusal,
  WaitTimeout,
} from "./errors.js";
export type { Events, EventType, Follow, MockEvent, Wait } from "./events.js";
export type { Fault, Faults, NewFault } from "./faults.js";
export type * as admin from "./generated/admin.js";
export type * as api from "./generated/api.js";
export type { Exchange, Journal, Pattern } from "./journal.js";
export { type Keys, Mock, type StartOptions } from "./mock.js";
export { type Coverage, SANDBOX_HEADER, Sandbox } from "./sandbox.js";
export { shareMock, stopMock } from "./setup.js";
export type { Seed, SeedSession, Snapshot, State, StateDocument } from "./state.js";
export type { Delivery, Received, Webhooks } from "./webhooks.js";
