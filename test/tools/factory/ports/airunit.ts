/** A virtual unit whose only way in is the air, until it is locked. */
import { createHmac, randomBytes } from "node:crypto";
import { fragment } from "../../../../protocol/fragments";
import { Gatt } from "../../../../protocol/names";
import { encodeDeviceHello } from "../../../../protocol/session";
import type { VirtualUnit } from "../../../../tools/factory/virtual/unit";
import { BlenoRadio } from "../../../../tools/sim/radio/peripheral";
import { AirConsole, nameField, uuidField } from "./airconsole";

const BOARD = { notificationBytes: 128, queue: 8, notificationsPerSecond: 40, advertisingMs: 100 };
const START_MS = 50;

/** As a locked unit is on the air: it says hello to whoever subscribes. */
export function lockedRadio(socket: string, address: string, claimCode: Uint8Array): BlenoRadio {
  const radio = new BlenoRadio({ ...BOARD, socket, address });
  const [half, nonce] = [randomBytes(4), randomBytes(16)];
  const mac = createHmac("sha256", claimCode).update("avnode/unowned/v1").update(half).digest();
  const alias = Buffer.concat([half, mac.subarray(0, 4)]);
  const hello = encodeDeviceHello({ alias, nonce, epoch: 0, claimable: false, held: false });
  radio.peripheral.onConnect = () => {
    for (const piece of fragment(hello, 0, BOARD.notificationBytes)) radio.peripheral.notify(piece);
  };
  radio.powerOn();
  return radio;
}

/** A resolvable private one, as a locked unit takes: Core 5.4 Vol 6 Part B 1.3.2.2. */
export const hidden = (address: string) => `4a${address.slice(2)}`;

export class AirUnit {
  /** The next time that its power goes, it does not come back by itself. */
  dies = false;
  private console: AirConsole | undefined;
  private radio: BlenoRadio | undefined;

  constructor(
    private readonly socket: string,
    readonly address: string,
    readonly unit: VirtualUnit,
  ) {
    unit.send = (text) => this.console?.send(Buffer.from(text, "latin1"));
    unit.lost = () => {
      this.silence();
      if (this.dies) this.dies = false;
      else setTimeout(() => this.powerOn(), START_MS);
    };
  }

  powerOn(): void {
    this.unit.powerOn();
    const { unit, socket, address } = this;
    const said = unit.onAir
      ? [...uuidField(Gatt.service), ...nameField("avnode")]
      : nameField("XIAOBLE 0001");
    if (!unit.locked) this.console = new AirConsole(socket, address, said, (bytes) => unit.take(bytes));
    else if (unit.onAir) this.radio = lockedRadio(socket, hidden(address), unit.identity()!.claimCode);
  }

  powerOff(): void {
    this.unit.powerOff();
    this.silence();
  }

  private silence(): void {
    this.console?.close();
    this.console = undefined;
    this.radio?.powerOff();
    this.radio = undefined;
  }
}
