/** Whom an address on the air belongs to, and Espruino's console there: the Nordic UART Service. */
import { setTimeout as pause } from "node:timers/promises";
import type { Adapter } from "../../../gateway/radio/adapter";
import type { CentralLink, Served } from "../../../gateway/radio/central";
import { DIAL_LIMITS } from "../../../gateway/radio/dial";
import { Reassembler } from "../../../protocol/fragments";
import { decodeDeviceHello } from "../../../protocol/session";
import { airHint, type OpenWire } from "./port";

/** It notifies from TX and is written to RX. */
export const UART: Served = {
  service: "6e400001-b5a3-f393-e0a9-e50e24dcca9e",
  uplink: "6e400003-b5a3-f393-e0a9-e50e24dcca9e",
  downlink: "6e400002-b5a3-f393-e0a9-e50e24dcca9e",
};
const TRIES = 3;
const HELLO_MS = 3000;
/** Messages in pieces, while it waits for a hello. */
const MAX_PARTIAL = 4;
const AGAIN_MS = 500;

export interface Who {
  hasConsole: boolean;
  /** From its hello, where it says one. */
  alias?: Uint8Array;
}

export class Dialler {
  /** Connects go one after another. */
  private connects: Promise<unknown> = Promise.resolve();

  constructor(private readonly adapter: Adapter) {}

  /** @throws CentralError, Error where it lets nobody look */
  who(address: string): Promise<Who> {
    return this.persist(async () => {
      const link = await this.open(address);
      try {
        return { hasConsole: await offersConsole(link), alias: await aliasOver(link) };
      } finally {
        link.disconnect();
      }
    });
  }

  /** @returns undefined where it offers no console; @throws as above */
  console(address: string): Promise<OpenWire | undefined> {
    return this.persist(async () => {
      const link = await this.open(address);
      try {
        if (await offersConsole(link)) {
          // Half a console, which lets nobody listen, is one, too.
          await within(DIAL_LIMITS.subscribeMs, link.subscribe()).catch(() => {});
          return wireOver(link);
        }
      } catch (error) {
        link.disconnect();
        throw error;
      }
      link.disconnect();
      return undefined;
    });
  }

  private async persist<T>(look: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await look();
      } catch (error) {
        if (tries === TRIES) throw error;
        await pause(AGAIN_MS);
      }
    }
  }

  private async open(address: string): Promise<CentralLink> {
    const connecting = this.connects.then(() => this.connect(address));
    this.connects = connecting.catch(() => {});
    const link = await connecting;
    try {
      await within(DIAL_LIMITS.mtuMs, link.exchangeMtu());
      return link;
    } catch (error) {
      link.disconnect();
      throw error;
    }
  }

  private async connect(address: string): Promise<CentralLink> {
    const connecting = this.adapter.connect(address);
    try {
      return await within(DIAL_LIMITS.connectMs, connecting);
    } catch (error) {
      connecting.then(
        (late) => late.disconnect(),
        () => {},
      );
      this.adapter.cancel(address);
      throw error;
    }
  }
}

async function offersConsole(link: CentralLink): Promise<boolean> {
  try {
    await within(DIAL_LIMITS.discoveryMs, link.discover(UART));
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "NO_SERVICE") return false;
    // Of a service without all that belongs to it.
    if (code === "NO_CHARACTERISTIC" || code === "ATT") return true;
    throw error;
  }
}

/** @returns undefined from whoever is no handheld, or says nothing */
async function aliasOver(link: CentralLink): Promise<Uint8Array | undefined> {
  const messages = new Reassembler(MAX_PARTIAL);
  try {
    await within(DIAL_LIMITS.discoveryMs, link.discover());
    const said = new Promise<Uint8Array>((resolve, reject) => {
      link.onClosed = () => reject(new Error("the connection ended"));
      link.onNotification = (bytes) => {
        try {
          const message = messages.add(bytes);
          if (message) resolve(decodeDeviceHello(message).alias);
        } catch {
          // No hello, or none of ours: the next one may be.
        }
      };
    });
    said.catch(() => {});
    // Whoever subscribes is greeted at once.
    await within(DIAL_LIMITS.subscribeMs, link.subscribe());
    return await within(HELLO_MS, said);
  } catch {
    return undefined;
  }
}

function wireOver(link: CentralLink): OpenWire {
  let last: Promise<void> = Promise.resolve();
  let isClosed = false;
  const wire: OpenWire = {
    ...{ address: link.address, hint: airHint(link.address) },
    onData: () => {},
    onGone: () => {},
    write(bytes) {
      for (let at = 0; at < bytes.length; at += link.payloadBytes) {
        const piece = bytes.subarray(at, at + link.payloadBytes);
        last = last.then(() => link.write(piece)).catch(() => {});
      }
    },
    close: async () => {
      isClosed = true;
      link.disconnect();
    },
  };
  link.onNotification = (bytes) => wire.onData(bytes);
  link.onClosed = () => {
    if (!isClosed) wire.onGone();
  };
  return wire;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
