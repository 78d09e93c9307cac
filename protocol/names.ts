/** Names on the air and on the broker. */
import { fromHex, toHex } from "./bytes";
import { refusal } from "./refusal";
import { ALIAS_BYTES } from "./session";

/** GATT: one service; frames come by notification, receipts and commands go by write without response. */
export const Gatt = {
  service: "7a1c0001-5d2e-4c6b-9b57-1f0e6a3d94c8",
  uplink: "7a1c0002-5d2e-4c6b-9b57-1f0e6a3d94c8",
  downlink: "7a1c0003-5d2e-4c6b-9b57-1f0e6a3d94c8",
};

export const TopicKind = { frames: "frames", downlink: "downlink", status: "status" };
export const TOPIC_PREFIX = "avnode/v1/";
export const CHECKPOINT_TOPIC = "avnode/v1/checkpoint";
export const LIMITS_TOPIC = "avnode/v1/limits";
const MAX_TOPIC_LENGTH = TOPIC_PREFIX.length + 2 * ALIAS_BYTES + 1 + 8;

export function topic(alias: Uint8Array, kind: string): string {
  return TOPIC_PREFIX + toHex(alias) + "/" + kind;
}

/** @throws TOPIC_* */
export function parseTopic(text: string): { alias: Uint8Array; kind: string } {
  if (text.length > MAX_TOPIC_LENGTH || text.substr(0, TOPIC_PREFIX.length) !== TOPIC_PREFIX) {
    throw refusal("TOPIC_FORM", "a topic of " + text.length + " characters is not avnode/v1/<alias>/<kind>");
  }
  const parts = text.substr(TOPIC_PREFIX.length).split("/");
  if (parts.length !== 2 || parts[0].length !== 2 * ALIAS_BYTES || !/^[0-9a-f]*$/.test(parts[0])) {
    throw refusal("TOPIC_FORM", "the topic's alias is not 16 lower-case hexadecimal digits");
  }
  const kind = parts[1];
  if (kind !== TopicKind.frames && kind !== TopicKind.downlink && kind !== TopicKind.status) {
    throw refusal("TOPIC_KIND", "the topic's kind is not known");
  }
  return { alias: fromHex(parts[0]), kind };
}

/** The CBOR envelope: a map with exactly these keys. */
export const EnvelopeType = { frames: "avnode/frames", downlink: "avnode/downlink", status: "avnode/status" };
export const ENVELOPE_VERSION = 1;
export const MAX_ENVELOPE_BYTES = 131072;
export const MAX_ENVELOPE_MESSAGES = 64;
