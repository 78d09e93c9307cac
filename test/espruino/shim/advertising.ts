/** The bytes that the runtime puts on the air, by the rules of its own: what is not asked to be left out is in. */

/** Of one packet. */
const MAX_BYTES = 31;
const FLAGS = 1;
const UUIDS_16 = 3;
const UUIDS_128 = 7;
const SHORT_NAME = 8;
const NAME = 9;
const SERVICE_DATA = 0x16;
const MANUFACTURER = 0xff;
/** The maker of the runtime, named unless the caller says otherwise. */
const ESPRUINO = 0x0590;

interface Asked {
  showName?: boolean;
  name?: string;
  flags?: boolean;
  discoverable?: boolean;
  manufacturer?: number;
  manufacturerData?: string | number[];
}

function bytesOf(value: unknown): number[] {
  const out: number[] = [];
  const view = E.toUint8Array(value);
  for (let i = 0; i < view.length; i++) out.push(view[i]);
  return out;
}

/** Little-endian, as they go on the air. @throws for what is no UUID */
export function uuidBytes(text: string): number[] {
  let hex = text.split("-").join("");
  if (hex.substr(0, 2) === "0x") hex = hex.substr(2);
  // A number as a key of an object is written in decimal.
  else if (/^[0-9]+$/.test(text) && text.length !== 4)
    hex = ("000" + parseInt(text, 10).toString(16)).substr(-4);
  if (!/^[0-9a-fA-F]*$/.test(hex) || (hex.length !== 4 && text.length !== 36))
    throw new Error("Invalid UUID: " + text);
  const out: number[] = [];
  for (let i = hex.length - 2; i >= 0; i -= 2) out.push(parseInt(hex.substr(i, 2), 16));
  return out;
}

class Packet {
  bytes: number[] = [];

  add(type: number, data: number[], what: string): void {
    if (this.bytes.length + data.length + 2 > MAX_BYTES)
      throw new Error("Advertising data too long when adding " + what);
    this.bytes.push(data.length + 1);
    this.bytes.push(type);
    for (let i = 0; i < data.length; i++) this.bytes.push(data[i]);
  }
}

/** @param data as `NRF.setAdvertising` takes it; @param deviceName what stands where no other name is asked for */
export function advertisement(data: unknown, options: Asked | undefined, deviceName: string): number[] {
  const asked: Asked = options || {};
  if (Array.isArray(data) || data instanceof Uint8Array || data instanceof ArrayBuffer) return bytesOf(data);
  const packet = new Packet();
  if (asked.flags !== false) packet.add(FLAGS, [asked.discoverable === false ? 5 : 6], "flags");
  const services = (data || {}) as { [uuid: string]: unknown };
  let short: number[] = [];
  let long: number[] = [];
  for (const uuid in services) {
    const id = uuidBytes(uuid);
    const value = services[uuid];
    if (value !== undefined) packet.add(SERVICE_DATA, [id[0], id[1]].concat(bytesOf(value)), "Service");
    else if (id.length === 2) short = short.concat(id);
    else long = long.concat(id);
  }
  if (short.length > 0) packet.add(UUIDS_16, short, "16 bit Service");
  if (long.length > 0) packet.add(UUIDS_128, long, "128 bit Service");
  if (asked.manufacturer === undefined || asked.manufacturer) {
    const id = asked.manufacturer === undefined ? ESPRUINO : asked.manufacturer;
    const own = asked.manufacturerData ? bytesOf(asked.manufacturerData) : [];
    packet.add(MANUFACTURER, [id & 255, id >> 8].concat(own), "Manufacturer data");
  }
  const name = bytesOf(asked.name === undefined ? deviceName : asked.name);
  if (asked.showName !== false && name.length > 0) {
    const room = MAX_BYTES - 2 - packet.bytes.length;
    if (name.length <= room) packet.add(NAME, name, "Name");
    else packet.add(SHORT_NAME, name.slice(0, room), "Name");
  }
  return packet.bytes;
}

/** @param uuids of services that are advertised in the scan response */
export function scanResponse(uuids: string[]): number[] {
  const packet = new Packet();
  let short: number[] = [];
  let long: number[] = [];
  for (let i = 0; i < uuids.length; i++) {
    const id = uuidBytes(uuids[i]);
    if (id.length === 2) short = short.concat(id);
    else long = long.concat(id);
  }
  if (short.length > 0) packet.add(UUIDS_16, short, "16 bit Service");
  if (long.length > 0) packet.add(UUIDS_128, long, "128 bit Service");
  return packet.bytes;
}
