/** What a recipient's rule sends by itself. */

import type { SendingRule, Way } from "../schema/delivery";
import type { RecordingInfo } from "../store/infos";
import type { Outbox, Recipient } from "../store/outbox/outbox";
import type { StoreReader } from "../store/reader";
import { versionOf } from "./version";

/**
 * Queues what has ended, is somebody's and was analysed to its end, once for each recipient: a later version is sent when
 * somebody presses send.
 */
export function queueByRules(reader: StoreReader, outbox: Outbox<Way>): void {
  const recipients = outbox.recipients().filter(({ rule, paused }) => rule !== "press" && !paused);
  if (recipients.length === 0) return;
  for (const info of reader.recordings())
    for (const recipient of recipients)
      if (isDue(info, recipient, reader) && !outbox.knows(recipient.id, info.id))
        queue(info, recipient, reader, outbox);
}

/** Whether the rule still asks for it: one that was taken back or narrowed takes along what it had queued. */
export function isAsked(rule: SendingRule, id: string, reader: StoreReader): boolean {
  if (rule !== "af") return rule === "every";
  return reader.findings.telling(id)?.episodes.some(({ rhythm }) => rhythm === "af") ?? false;
}

function isDue(info: RecordingInfo, { rule, since }: Recipient<Way>, reader: StoreReader): boolean {
  const ended = info.state === "closed" || info.state === "truncated";
  if (!ended || info.holes > 0 || info.erasedAt !== undefined || info.person === undefined) return false;
  // An old one that was adopted today did not end today: it goes when somebody presses send.
  if (info.adopted || (info.lastAt ?? 0) < since) return false;
  return reader.findings.telling(info.id)?.ended === true && isAsked(rule, info.id, reader);
}

function queue(
  { id }: RecordingInfo,
  { id: recipient }: Recipient<Way>,
  reader: StoreReader,
  outbox: Outbox<Way>,
): void {
  const version = versionOf(reader, id);
  const person = reader.personOf(id);
  if (version !== undefined && person)
    outbox.queue({ recipient, recording: id, version, person: person.id, by: "rule" });
}
