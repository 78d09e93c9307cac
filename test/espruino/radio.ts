/** What stands where noble would, with the interpreter at its other end. */
import { NO_ADAPTERS, type Radio, type RadioHandlers, type RadioLink } from "../../gateway/radio/radio";
import { Gatt } from "../../protocol/names";
import type { Random } from "../../tools/sim/random";
import type { Answer, Unit, Write } from "./unit";

/** What both ends agree on: notifications of 128 bytes. */
const MTU = 131;
const ATT_HEADER_BYTES = 3;

export interface Losses {
  /** Share of the notifications that nobody hears. */
  loss: number;
  random: Random;
}

export class EspruinoRadio implements Radio {
  /** The hub is elsewhere: nothing connects. */
  outOfReach = false;
  /** Notifications heard, and lost on the way. */
  heard = 0;
  lost = 0;
  private handlers: RadioHandlers | undefined;
  private link: RadioLink | undefined;
  private writes: Write[] = [];
  private closing = false;
  private links = 0;

  constructor(private readonly losses?: Losses) {}

  start(handlers: RadioHandlers): void {
    this.handlers = handlers;
  }

  async stop(): Promise<void> {
    this.gone();
    this.handlers = undefined;
  }

  status() {
    return NO_ADAPTERS;
  }

  /** The connection ended, whoever ended it. */
  gone(): void {
    const { link } = this;
    this.link = undefined;
    this.writes = [];
    this.closing = false;
    if (link) this.handlers?.onClosed(link, "lost");
  }

  /** Connects where nothing is connected, carries what waits in either direction, and lets time pass in the unit. */
  async turn(unit: Unit, ms: number): Promise<void> {
    if (this.outOfReach) this.closing = this.link !== undefined;
    if (this.closing) {
      await unit.ask("disconnect");
      this.gone();
    } else if (!this.link && this.handlers && !this.outOfReach) await this.connect(unit);
    const { writes } = this;
    this.writes = [];
    this.deliver(await unit.ask("pass", ms, writes));
  }

  private async connect(unit: Unit): Promise<void> {
    const answer = await unit.ask("connect", MTU);
    const link: RadioLink = {
      id: `espruino-${++this.links}`,
      notificationBytes: MTU - ATT_HEADER_BYTES,
      write: (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        if (this.link === link) this.writes.push([Gatt.service, Gatt.downlink, text]);
      },
      close: () => {
        if (this.link === link) this.closing = true;
      },
    };
    this.link = link;
    this.handlers!.onLink(link);
    this.deliver(answer);
  }

  private deliver({ notified, disconnected }: Answer): void {
    for (const text of notified) {
      const { link } = this;
      if (!link) return;
      if (this.losses && this.losses.random.next() < this.losses.loss) {
        this.lost++;
        continue;
      }
      this.heard++;
      this.handlers!.onNotification(link, new Uint8Array(Buffer.from(text, "base64")));
    }
    if (disconnected) this.gone();
  }
}
