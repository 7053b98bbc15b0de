import type { Caller } from "./caller.js";
import type { components, operations } from "./generated/admin.js";

export type NewFault = components["schemas"]["NewFaultRule"];
/** A rule in force, with how often it was asked and how often it struck. */
export type Fault = components["schemas"]["FaultRule"];

/** What goes wrong in the sandbox, by rules. */
export class Faults {
  constructor(private readonly caller: Caller<operations>) {}

  /** Let calls go wrong, such as `{ operation: "submitMessage", fault: "COMMIT_THEN_DROP" }`. */
  add(rule: NewFault): Promise<Fault> {
    return this.caller.call<"addFault">("POST", "/faults", { body: rule });
  }

  async list(): Promise<Fault[]> {
    return (await this.caller.call<"listFaults">("GET", "/faults")).faults;
  }

  async remove(id: string): Promise<void> {
    await this.caller.call<"deleteFault">("DELETE", `/faults/${encodeURIComponent(id)}`);
  }

  async clear(): Promise<void> {
    await this.caller.call<"deleteFaults">("DELETE", "/faults");
  }
}
