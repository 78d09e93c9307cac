/** What a handheld's advertisement says: the service, and a name while it has no owner. */
import { Gatt } from "../../protocol/names";

/** Bluetooth Assigned Numbers 2.3, Common Data Types. */
const Type = { someLongUuids: 0x06, allLongUuids: 0x07, shortName: 0x08, name: 0x09 };
const UUID_BYTES = 16;

export interface AdvertisedData {
  /** Long UUIDs, as they are written. */
  services: string[];
  name?: string;
}

/** Reads advertising data as far as its lengths hold. */
export function readAdvertising(data: Buffer): AdvertisedData {
  const found: AdvertisedData = { services: [] };
  for (let at = 0; at + 1 < data.length; ) {
    const length = data[at];
    if (length === 0 || at + 1 + length > data.length) break;
    const type = data[at + 1];
    const value = data.subarray(at + 2, at + 1 + length);
    if (type === Type.someLongUuids || type === Type.allLongUuids) {
      for (let uuid = 0; uuid + UUID_BYTES <= value.length; uuid += UUID_BYTES) {
        found.services.push(written(value.subarray(uuid, uuid + UUID_BYTES)));
      }
    } else if (type === Type.shortName || type === Type.name) found.name = value.toString("utf8");
    at += 1 + length;
  }
  return found;
}

/** On the air the last byte comes first. */
function written(uuid: Buffer): string {
  const hex = Buffer.from(uuid).reverse().toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

interface Advertiser {
  addressType: string;
  service: string;
  connectable: boolean;
  name?: string;
}

/** Whoever says a service that is listened for, the last few: a scan response completes an advertisement. */
export class Advertisers {
  private readonly known = new Map<string, Advertiser>();

  /** @param services listened for, ours alone by default */
  constructor(
    private readonly services = [Gatt.service],
    private readonly capacity = 512,
  ) {}

  get size(): number {
    return this.known.size;
  }

  /**
   * @param connectable undefined in a scan response
   * @returns what is known of it now, undefined when it says none of the services
   */
  heard(
    address: string,
    addressType: string,
    connectable: boolean | undefined,
    data: Buffer,
  ): Advertiser | undefined {
    const { services, name } = readAdvertising(data);
    const before = this.known.get(address);
    const said = this.services.find((service) => services.includes(service));
    const service = said ?? (connectable === undefined ? before?.service : undefined);
    if (service === undefined) return undefined;
    const now = {
      ...{ addressType, service },
      connectable: connectable ?? before?.connectable ?? true,
      name: name ?? (connectable === undefined ? before?.name : undefined),
    };
    this.known.delete(address);
    this.known.set(address, now);
    if (this.known.size > this.capacity) this.known.delete(this.known.keys().next().value as string);
    return now;
  }

  addressType(address: string): string {
    // Handhelds change their addresses: random, unless it said otherwise.
    return this.known.get(address)?.addressType ?? "random";
  }
}
