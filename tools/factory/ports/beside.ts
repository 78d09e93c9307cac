/** ble: units whose console is on the air, each laid beside the station's adapter in turn; ble:ADDRESS: the one named. */
import { FactoryFailure } from "../failure";
import type { Air } from "./air";
import { airHint, type OpenWire, type Port, type Tell } from "./port";
import { until } from "./wait";

const WORD = /^ble(?::((?:[0-9a-f]{2}:){5}[0-9a-f]{2}))?$/i;
/** Until whoever else lies there was heard as well. */
const SETTLE_MS = 2000;
/** What was near so long ago may be so no more. */
const NEAR_MS = 3000;

export const isBle = (word: string) => WORD.test(word);

/**
 * One for each word.
 * @param isUnfinished whether a unit whose connection told so much is locked, but not yet done
 * @throws FACTORY_PORT
 */
export function blePorts(words: string[], air: Air, isUnfinished: (hint: string) => boolean): Port[] {
  const addresses = words.map((word) => WORD.exec(word)?.[1]?.toLowerCase());
  if (new Set(addresses).size < words.length)
    throw new FactoryFailure(
      "FACTORY_PORT",
      "two slots would take the same unit: name ble once, and each ble:ADDRESS once. It is one because nobody could tell which of two units beside the adapter gets which label",
    );
  return addresses.map((address) => new Beside(air, isUnfinished, addresses, address).port());
}

class Beside {
  private served = "";

  constructor(
    private readonly air: Air,
    private readonly isUnfinished: (hint: string) => boolean,
    private readonly named: (string | undefined)[],
    private readonly address: string | undefined,
  ) {}

  port(): Port {
    return {
      name: this.address ? `ble:${this.address}` : "ble",
      waitForUnit: (signal, tell = () => {}) => until(() => this.look(tell), signal),
      waitForRemoval: async (signal) => {
        const ended = Date.now();
        // While it was connected it said nothing.
        await until(
          async () =>
            Date.now() - Math.max(ended, this.lastThere()) > this.air.consoles.staleMs ? true : undefined,
          signal,
        );
      },
    };
  }

  private async look(tell: Tell): Promise<OpenWire | undefined> {
    const there = this.there();
    if (there.length > 1)
      tell(
        `${there.length} units lie beside the adapter (${there.map(([one]) => one).join(", ")}): leave one`,
      );
    const [found] = there;
    if (!found || there.length > 1) return undefined;
    const [address, firstAt] = found;
    if (Date.now() - firstAt < SETTLE_MS) return undefined;
    this.served = address;
    if (!this.air.consoles.lately(address)) return silent(address);
    try {
      return await this.air.console(address);
    } catch (error) {
      tell(`${address}: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Units that this slot may take, and since when each is there. */
  private there(): [address: string, firstAt: number][] {
    const { consoles, handhelds } = this.air;
    const unfinished = handhelds.all().filter(([one]) => this.isUnfinished(airHint(one)));
    const since = Date.now() - NEAR_MS;
    return [...new Map([...unfinished, ...consoles.all()])]
      .filter(([one, { nearAt }]) =>
        this.address ? one === this.address : nearAt >= since && !this.named.includes(one),
      )
      .map(([one, { firstAt }]) => [one, firstAt]);
  }

  /** Unix ms. */
  private lastThere(): number {
    const heard = [this.air.consoles, this.air.handhelds].map((list) => list.lately(this.served));
    return Math.max(0, ...heard.map((one) => (this.address ? one?.at : one?.nearAt) ?? 0));
  }
}

/** To a locked unit there is no console: it is known by its address. */
function silent(address: string): OpenWire {
  return { address, hint: airHint(address), onData() {}, onGone() {}, write() {}, close: async () => {} };
}
