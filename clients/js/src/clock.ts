import type { Answer, Caller } from "./caller.js";
import type { operations } from "./generated/admin.js";

/** An ISO 8601 duration, such as "PT30M". */
export type Duration = `P${string}`;
export type ClockState = Answer<operations["showClock"]>;
/** What happened while the clock moved. */
export type Fired = Answer<operations["advanceClock"]>["fired"];

/** The sandbox's clock, which every timestamp, timeout and webhook retry reads. */
export class Clock {
  constructor(private readonly caller: Caller<operations>) {}

  /** The mode and the present instant. */
  show(): Promise<ClockState> {
    return this.caller.call<"showClock">("GET", "/clock");
  }

  async now(): Promise<Date> {
    return new Date((await this.show()).now);
  }

  /** Stop time, where it is or at a later instant. */
  async freeze(at?: Date | string): Promise<Fired> {
    const place = at === undefined ? {} : { frozen_time: new Date(at).toISOString() };
    return this.set({ mode: "frozen", ...place });
  }

  /** Move time forward; what is due on the way happens first, in order, and is returned. */
  async advance(by: Duration): Promise<Fired> {
    const moved = await this.caller.call<"advanceClock">("POST", "/clock/advance", {
      body: { by },
    });
    return moved.fired;
  }

  /** Let time run again, from where it stands. */
  async resume(): Promise<Fired> {
    return this.set({ mode: "offset" });
  }

  private async set(body: { mode: "frozen" | "offset"; frozen_time?: string }): Promise<Fired> {
    return (await this.caller.call<"setClock">("PUT", "/clock", { body })).fired;
  }
}
