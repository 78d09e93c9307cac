/** Espruino's console over the air: the Nordic UART Service. */
import { setTimeout as pause } from "node:timers/promises";
import type { Adapter } from "../../../gateway/radio/adapter";
import { CentralError, type CentralLink, type Served } from "../../../gateway/radio/central";
import { DIAL_LIMITS } from "../../../gateway/radio/dial";
import { UnitFailure } from "../steps";
import { airHint, type OpenWire } from "./port";

/** It notifies from TX and is written to RX. */
export const UART: Served = {
  service: "6e400001-b5a3-f393-e0a9-e50e24dcca9e",
  uplink: "6e400003-b5a3-f393-e0a9-e50e24dcca9e",
  downlink: "6e400002-b5a3-f393-e0a9-e50e24dcca9e",
};
const TRIES = 3;
const AGAIN_MS = 500;

export class UartDialler {
  /** Connects go one after another. */
  private connects: Promise<unknown> = Promise.resolve();

  constructor(private readonly adapter: Adapter) {}

  /** @returns undefined where it offers no console; @throws UnitFailure E09 where it lets nobody look */
  async dial(address: string): Promise<OpenWire | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.look(address);
      } catch (error) {
        if (tries === TRIES)
          throw new UnitFailure(
            "E09",
            `heard, but its console over the air could not be looked for: ${(error as Error).message}`,
          );
        await pause(AGAIN_MS);
      }
    }
  }

  private async look(address: string): Promise<OpenWire | undefined> {
    const connecting = this.connects.then(() => this.connect(address));
    this.connects = connecting.catch(() => {});
    const link = await connecting;
    try {
      await within(DIAL_LIMITS.mtuMs, link.exchangeMtu());
      await within(DIAL_LIMITS.discoveryMs, link.discover(UART));
      await within(DIAL_LIMITS.subscribeMs, link.subscribe());
    } catch (error) {
      const code = error instanceof CentralError ? error.code : "";
      // Half a console is one, too.
      if (code === "NO_CHARACTERISTIC" || code === "ATT") return wireOver(link);
      link.disconnect();
      if (code === "NO_SERVICE") return undefined;
      throw error;
    }
    return wireOver(link);
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
