/** Recipients and the outbox: what somebody asks of them. What leaves, the hub's carrier carries. */
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import { addRecipient, cameBack, type Note, sendRecording, sendTest, setRule } from "../delivery/sending";
import { addressOf, isReadable } from "../delivery/way";
import * as schema from "../schema/delivery";
import type { Delivery, Recipient } from "../store/outbox/outbox";
import { type ApiParts, isDemo } from "./parts";
import { addRoute } from "./route";

export function addDelivery(app: FastifyInstance, { hub, outbox, clock, egress }: ApiParts): void {
  const demo = isDemo({ hub });
  const note: Note = (left) => egress.tell(left);
  const known = (id: number) => {
    const recipient = outbox.recipient(id);
    if (recipient) return recipient;
    throw new Refused(404, "OUTBOX_RECIPIENT", "there is no such recipient; it may have been removed");
  };
  const told = (deliveries: Delivery[]) => {
    const recipients = new Map(outbox.recipients().map((one) => [one.id, one]));
    return deliveries.map((delivery) => toldOf(delivery, recipients.get(delivery.recipient)));
  };

  addRoute(app, schema.recipients, () => ({ recipients: outbox.recipients().map(recipientOf) }));
  addRoute(app, schema.addRecipient, ({ body }) =>
    recipientOf(saidWhy(() => addRecipient(hub.reader, outbox, body, clock.now(), note))),
  );
  addRoute(app, schema.changeRule, ({ params, body }) =>
    recipientOf(setRule(outbox, known(params.id).id, body, clock.now(), note)),
  );
  addRoute(app, schema.removeRecipient, ({ params }) => {
    outbox.remove(known(params.id).id);
    return {};
  });
  addRoute(app, schema.testRecipient, async ({ params }) => {
    const { way } = known(params.id);
    try {
      await sendTest(way, demo);
      return { accepted: true };
    } catch (error) {
      return { accepted: false, reason: (error as Error).message };
    }
  });
  addRoute(app, schema.send, ({ params, body }) => {
    const { id } = known(body.recipient);
    return told([saidWhy(() => sendRecording(hub.reader, outbox, params.id, id))])[0]!;
  });
  addRoute(app, schema.deliveries, ({ query }) => {
    const recording = query.recording === undefined ? undefined : hub.reader.recording(query.recording).id;
    return { deliveries: told(outbox.list(recording)) };
  });
  addRoute(app, schema.withdraw, ({ params }) => {
    if (!outbox.delivery(params.id)) throw new Refused(404, "OUTBOX_DELIVERY", "there is no such delivery");
    outbox.end(params.id, "withdrawn", "its owner took it back");
    return told([outbox.delivery(params.id)!])[0]!;
  });
  addRoute(
    app,
    schema.cameBack,
    ({ params }) => told([saidWhy(() => cameBack(outbox, params.id, note))])[0]!,
  );
}

/** @throws Refused for what the outbox does not take */
function saidWhy<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const { code = "", message } = error as Error & { code?: string };
    if (code.startsWith("OUTBOX_")) throw new Refused(409, code, message);
    throw error;
  }
}

function recipientOf({ way, ...recipient }: Recipient<schema.Way>) {
  return { ...recipient, way: { kind: way.kind, address: addressOf(way), readable: isReadable(way) } };
}

function toldOf(delivery: Delivery, recipient: Recipient<schema.Way> | undefined) {
  const { id = delivery.recipient, name = "a removed recipient" } = recipient ?? {};
  return { ...delivery, recipient: { id, name, kind: recipient?.way.kind ?? ("folder" as const) } };
}
