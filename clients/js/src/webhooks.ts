import type { Answer, Caller } from "./caller.js";
import type { Events, Wait } from "./events.js";
import type { components, operations } from "./generated/admin.js";

const SINK = "webhooks";

/** A delivery with its attempts. */
export type Delivery = components["schemas"]["Delivery"];
/** A webhook that came in, with headers and body. */
export type Received = Answer<operations["readSink"]>["received"][number];

/** The sandbox's webhooks. Those without a target of their own come in here. */
export class Webhooks {
  /** The address of the sandbox's own receiver. */
  readonly url: string;

  constructor(
    private readonly caller: Caller<operations>,
    private readonly events: Events,
  ) {
    this.url = `${caller.url}/sink/${SINK}`;
  }

  /** What came in, the oldest first. */
  async received(): Promise<Received[]> {
    return (await this.caller.call<"readSink">("GET", `/sink/${SINK}`)).received;
  }

  /** The same, as soon as `count` deliveries have succeeded. Throws WaitTimeout in vain. */
  async wait(wait: Wait = {}): Promise<Received[]> {
    await this.events.waitAll("delivery.succeeded", wait);
    return this.received();
  }

  /** The log, the newest first. */
  async deliveries(): Promise<Delivery[]> {
    return (await this.caller.call<"listDeliveries">("GET", "/webhooks/deliveries")).deliveries;
  }

  /** Send them to another address, or with null to none. */
  async sendTo(url: string | null): Promise<void> {
    await this.caller.call<"setWebhookTarget">("PUT", "/webhooks/target", { body: { url } });
  }

  /** Send one without a session, with these members of its payload. */
  trigger(payload: Record<string, unknown> = {}): Promise<Delivery> {
    return this.caller.call<"triggerWebhook">("POST", "/webhooks/trigger", { body: { payload } });
  }

  /** Send one again, under the same id. */
  redeliver(id: string): Promise<Delivery> {
    const path = `/webhooks/deliveries/${encodeURIComponent(id)}/redeliver`;
    return this.caller.call<"redeliver">("POST", path);
  }
}
