/** ble: units whose console is on the air, each laid beside the station's adapter in turn; ble:ADDRESS: the one named. */
import { FactoryFailure } from "../failure";
import type { Air } from "./air";
import type { Heard } from "./onair";
import { airHint, type Likeness, type OpenWire, type Port, type Tell } from "./port";
import { until } from "./wait";

const WORD = /^ble(?::((?:[0-9a-f]{2}:){5}[0-9a-f]{2}))?$/i;
/** Until whoever else lies there was heard as well. */
const SETTLE_MS = 2000;
/** What was near so long ago may be so no more. */
const NEAR_MS = 3000;

export const isBle = (word: string) => WORD.test(word);

/** A unit that is locked, but not yet done. */
export interface Unfinished extends Likeness {
  chip: string;
  /** What its connection told of it, when it still had a console. */
  hint: string | null;
}

/**
 * One for each word.
 * @param unfinished asked again and again
 * @throws FACTORY_PORT
 */
export function blePorts(words: string[], air: Air, unfinished: () => Unfinished[]): Port[] {
  const addresses = words.map((word) => WORD.exec(word)?.[1]?.toLowerCase());
  if (new Set(addresses).size < words.length)
    throw new FactoryFailure(
      "FACTORY_PORT",
      "two slots would take the same unit: name ble once, and each ble:ADDRESS once. It is one because nobody could tell which of two units beside the adapter gets which label",
    );
  return addresses.map((address) => new Beside(air, unfinished, addresses, address).port());
}

/** Whom a slot may take, and since when it is there, Unix ms. */
interface There {
  address: string;
  firstAt: number;
  /** Of a locked one. */
  chip?: string;
}

class Beside {
  /** Addresses of the unit that was taken last: with a console, and locked. */
  private served: string[] = [];
  private told: string | undefined;

  constructor(
    private readonly air: Air,
    private readonly unfinished: () => Unfinished[],
    private readonly named: (string | undefined)[],
    private readonly address: string | undefined,
  ) {}

  port(): Port {
    const { air } = this;
    return {
      name: this.address ? `ble:${this.address}` : "ble",
      heardOver: "the air",
      waitForUnit: (signal, tell = () => {}) => until(() => this.look(tell), signal),
      waitForRemoval: async (signal) => {
        const ended = Date.now();
        // While it was connected it said nothing.
        const isGone = () => Date.now() - Math.max(ended, this.lastThere()) > air.consoles.staleMs;
        await until(async () => isGone() || undefined, signal);
      },
      meet: async (unit, patienceMs) => {
        const met = await air.meet(unit, patienceMs);
        if (met) this.served.push(met.address);
        return met;
      },
    };
  }

  private async look(tell: Tell): Promise<OpenWire | undefined> {
    const there = await this.there();
    const [found] = there;
    let why = this.air.trouble();
    let wire: OpenWire | undefined;
    if (there.length > 1)
      why = `${there.length} units lie beside the adapter (${there.map(({ address }) => address).join(", ")}): leave one`;
    else if (found && Date.now() - found.firstAt >= SETTLE_MS)
      try {
        wire = found.chip === undefined ? await this.air.console(found.address) : silent(found);
      } catch (error) {
        why = `${found.address}: ${(error as Error).message}`;
      }
    if (why !== this.told) tell(why);
    this.told = why;
    if (wire) this.served = [found!.address];
    return wire;
  }

  /** Units that this slot may take. */
  private async there(): Promise<There[]> {
    const { consoles } = this.air;
    const blank = consoles
      .all()
      .filter(([one, heard]) => (this.address ? one === this.address : this.isBeside(one, heard)))
      .map(([address, { firstAt }]) => ({ address, firstAt }));
    return [...blank, ...(await this.locked())];
  }

  private async locked(): Promise<There[]> {
    const found: There[] = [];
    const wanted = this.unfinished().filter(({ hint }) => !this.address || hint === airHint(this.address));
    if (wanted.length === 0) return found;
    const { consoles, handhelds } = this.air;
    for (const [address, heard] of handhelds.all()) {
      if (consoles.lately(address) || !(this.address || this.isBeside(address, heard))) continue;
      const { alias } = (await this.air.who(address)) ?? {};
      const unit = alias && wanted.find((one) => one.isOwn(alias));
      if (unit) found.push({ address, firstAt: heard.firstAt, chip: unit.chip });
    }
    return found;
  }

  private isBeside(address: string, { nearAt }: Heard): boolean {
    return Date.now() - nearAt <= NEAR_MS && !this.named.includes(address);
  }

  /** Unix ms. */
  private lastThere(): number {
    const { consoles, handhelds } = this.air;
    const heard = this.served.flatMap((address) => [consoles.lately(address), handhelds.lately(address)]);
    return Math.max(0, ...heard.map((one) => (this.address ? one?.at : one?.nearAt) ?? 0));
  }
}

/** To a locked unit there is no console: it is known by its alias. */
function silent({ address, chip }: There): OpenWire {
  return { address, chip, onData() {}, onGone() {}, write() {}, close: async () => {} };
}
