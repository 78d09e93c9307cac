/** What somebody asks of the outbox, the same from the page and from a command. */
import type { Left } from "../access/egress";
import type { RecipientDetails, SendingRule, Way } from "../schema/delivery";
import { StoreError } from "../store/errors";
import type { Delivery, Outbox, Recipient } from "../store/outbox/outbox";
import type { StoreReader } from "../store/reader";
import { DeliveryError } from "./error";
import { putInFolder } from "./folder";
import { versionOf } from "./version";
import { addressOf, requireAllowed } from "./way";

/** Writes into the ledger of what left the house, where the owner reads who agreed to what. */
export type Note = (left: Left) => void;

/** @throws OUTBOX_NAME, OUTBOX_MANY, OUTBOX_PLAIN, OUTBOX_DEMO */
export function addRecipient(
  reader: Pick<StoreReader, "kind">,
  outbox: Outbox<Way>,
  { consent, ...details }: RecipientDetails,
  now: number,
  note: Note,
): Recipient<Way> {
  requireAllowed(details.way, reader.kind !== "home");
  const way = answerable(details.way);
  const added = outbox.add({ ...details, way, consent: { ...consent, at: now } });
  noteConsent(added, note);
  return added;
}

/** On a form, unless something else was said. */
function answerable(way: Way): Way {
  return way.kind === "mail" || way.kind === "folder" ? { ...way, answers: way.answers ?? "form" } : way;
}

export function setRule(
  outbox: Outbox<Way>,
  id: number,
  said: { rule: SendingRule; consent: RecipientDetails["consent"] },
  now: number,
  note: Note,
): Recipient<Way> {
  const changed = outbox.setRule(id, { rule: said.rule, consent: { ...said.consent, at: now } });
  noteConsent(changed, note);
  return changed;
}

function noteConsent({ name, way, rule, consent }: Recipient<Way>, note: Note): void {
  note({ kind: "consent", to: name, address: addressOf(way), detail: `${consent.who}: ${rule}` });
}

/** @param id whole, or its first characters; @throws OUTBOX_UNASSIGNED, OUTBOX_EARLY, OUTBOX_*, STORE_* */
export function sendRecording(
  reader: StoreReader,
  outbox: Outbox<Way>,
  id: string,
  recipient: number,
): Delivery {
  const { id: recording, erasedAt } = reader.recording(id);
  if (erasedAt !== undefined)
    throw new StoreError("STORE_ERASED", `recording ${recording} was erased: nothing is left to send`);
  const person = reader.personOf(recording);
  if (!person)
    throw new StoreError(
      "OUTBOX_UNASSIGNED",
      "this recording is nobody's yet, and such a one is sent to nobody: say whose it is first, under 'Belongs to'",
    );
  const version = versionOf(reader, recording);
  if (version === undefined)
    throw new StoreError(
      "OUTBOX_EARLY",
      "not all of this recording is here yet: send it once it has ended and is in the log",
    );
  return outbox.queue({ recipient, recording, version, person: person.id, by: "owner" });
}

/** What its server cannot deliver comes back to the sender's own mailbox, where nobody here reads it: she says so. */
export function cameBack(outbox: Outbox<Way>, id: number, note: Note): Delivery {
  const delivery = outbox.cameBack(id);
  const recipient = outbox.recipient(delivery.recipient);
  const to = recipient?.name ?? "a removed recipient";
  note({
    ...{ kind: "return", to, address: recipient ? addressOf(recipient.way) : to },
    recording: delivery.recording,
  });
  return delivery;
}

/** Without any recording. @throws DeliveryError */
export async function sendTest(way: Way, isDemo: boolean): Promise<void> {
  requireAllowed(way, isDemo);
  if (way.kind === "mail") {
    const { mailTest } = require("./mail") as typeof import("./mail");
    return mailTest(way, isDemo);
  }
  if (way.kind === "folder")
    return putInFolder(way.dir, "avnode-test.txt", Buffer.from("A test from a home ECG hub: remove it.\n"));
  throw new DeliveryError(
    "DELIVERY_TEST",
    "an archive keeps whatever it is sent, so there is no test for it: send a recording and see what it says",
    false,
  );
}
