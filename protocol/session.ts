/** The nonce exchange that begins every connection. It is clear: a forged one yields keys that open nothing. */
import { Reader, Writer } from "./bytes";
import { FrameType, VERSION } from "./header";
import { NONCE_BYTES, STORE_ID_BYTES } from "./keys";
import { refusal } from "./refusal";

export const ALIAS_BYTES = 8;

/** Handheld → store. */
export interface DeviceHello {
  /** Random name given at the claim; before it, one made at boot. */
  alias: Uint8Array;
  epoch: number;
  nonce: Uint8Array;
  /** Nobody owns it and its button was held within a minute: a claim may be tried. */
  claimable: boolean;
  /** It has an owner and its button was held within a minute: whoever tries to claim it may be told so. */
  held?: boolean;
}

/** Store → handheld. */
export interface StoreHello {
  alias: Uint8Array;
  storeId: Uint8Array;
  generation: Uint8Array;
  nonce: Uint8Array;
  /** The hello that this answers. */
  deviceNonce: Uint8Array;
}

function first(type: number): number {
  return (VERSION << 4) | type;
}

function begin(bytes: Uint8Array, type: number): Reader {
  const reader = new Reader(bytes, "HELLO");
  const byte = reader.uint(1);
  if (byte !== first(type))
    throw refusal("HELLO_TYPE", "expected a hello of type " + type + ", got byte " + byte);
  return reader;
}

export function encodeDeviceHello(hello: DeviceHello): Uint8Array {
  return new Writer(1 + ALIAS_BYTES + 2 + NONCE_BYTES + 1)
    .uint(first(FrameType.deviceHello), 1)
    .raw(hello.alias, ALIAS_BYTES)
    .uint(hello.epoch, 2)
    .raw(hello.nonce, NONCE_BYTES)
    .uint(hello.claimable ? 1 : hello.held ? 2 : 0, 1)
    .done();
}

/** @throws HELLO_* */
export function decodeDeviceHello(bytes: Uint8Array): DeviceHello {
  const reader = begin(bytes, FrameType.deviceHello);
  const alias = reader.raw(ALIAS_BYTES);
  const epoch = reader.uint(2);
  const nonce = reader.raw(NONCE_BYTES);
  const flag = reader.uint(1);
  if (flag > 2) throw refusal("HELLO_FLAG", "the button's flag is 0, 1 or 2, got " + flag);
  reader.end();
  return { alias, epoch, nonce, claimable: flag === 1, held: flag === 2 };
}

export function encodeStoreHello(hello: StoreHello): Uint8Array {
  return new Writer(1 + ALIAS_BYTES + STORE_ID_BYTES + 8 + 2 * NONCE_BYTES)
    .uint(first(FrameType.storeHello), 1)
    .raw(hello.alias, ALIAS_BYTES)
    .raw(hello.storeId, STORE_ID_BYTES)
    .raw(hello.generation, 8)
    .raw(hello.nonce, NONCE_BYTES)
    .raw(hello.deviceNonce, NONCE_BYTES)
    .done();
}

/** @throws HELLO_* */
export function decodeStoreHello(bytes: Uint8Array): StoreHello {
  const reader = begin(bytes, FrameType.storeHello);
  const hello: StoreHello = {
    alias: reader.raw(ALIAS_BYTES),
    storeId: reader.raw(STORE_ID_BYTES),
    generation: reader.raw(8),
    nonce: reader.raw(NONCE_BYTES),
    deviceNonce: reader.raw(NONCE_BYTES),
  };
  reader.end();
  return hello;
}

/** Store → handheld: "I know no session with you; say hello again." */
export function encodeHelloRequest(alias: Uint8Array): Uint8Array {
  return new Writer(1 + ALIAS_BYTES).uint(first(FrameType.helloRequest), 1).raw(alias, ALIAS_BYTES).done();
}

/** @throws HELLO_* @returns the alias that is asked */
export function decodeHelloRequest(bytes: Uint8Array): Uint8Array {
  const reader = begin(bytes, FrameType.helloRequest);
  const alias = reader.raw(ALIAS_BYTES);
  reader.end();
  return alias;
}

/** The type nibble of any message, sealed or clear; @throws MESSAGE_EMPTY, FRAME_VERSION */
export function messageType(bytes: Uint8Array): number {
  if (bytes.length === 0) throw refusal("MESSAGE_EMPTY", "a message without a byte");
  if (bytes[0] >> 4 !== VERSION)
    throw refusal("FRAME_VERSION", "version " + (bytes[0] >> 4) + " is not known");
  return bytes[0] & 15;
}
