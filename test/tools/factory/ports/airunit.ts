/** A virtual unit whose only way in is the air: its console on the real bleno, as Espruino offers it, until it is locked. */
import { Gatt } from "../../../../protocol/names";
import type { VirtualUnit } from "../../../../tools/factory/virtual/unit";
import { Stack } from "../../../../tools/sim/radio/bleno";
import { BlenoRadio } from "../../../../tools/sim/radio/peripheral";

const UART = "6e400001-b5a3-f393-e0a9-e50e24dcca9e";
/** Of Espruino on an nRF52: ATT_MTU 131 at most. */
const MTU = 131;
const BOARD = { notificationBytes: 128, queue: 8, notificationsPerSecond: 40, advertisingMs: 100 };
const START_MS = 50;
const FLAGS = [2, 1, 6];

const bytesOf = (uuid: string) => Buffer.from(uuid.replaceAll("-", ""), "hex").reverse();
const field = (type: number, value: Uint8Array) => [value.length + 1, type, ...value];

export class AirUnit {
  /** The next time that its power goes, it does not come back by itself. */
  dies = false;
  private stack: Stack | undefined;
  private radio: BlenoRadio | undefined;

  constructor(
    private readonly socket: string,
    readonly address: string,
    readonly unit: VirtualUnit,
  ) {
    unit.lost = () => {
      this.silence();
      if (this.dies) this.dies = false;
      else setTimeout(() => this.powerOn(), START_MS);
    };
  }

  powerOn(): void {
    this.unit.powerOn();
    const { unit, socket, address } = this;
    if (!unit.locked) this.offerConsole();
    else if (unit.onAir) {
      this.radio = new BlenoRadio({ ...BOARD, socket, address });
      this.radio.powerOn();
    }
  }

  powerOff(): void {
    this.unit.powerOff();
    this.silence();
  }

  private silence(): void {
    this.stack?.close();
    this.stack = undefined;
    this.radio?.powerOff();
    this.radio = undefined;
  }

  private offerConsole(): void {
    const { unit } = this;
    const stack = new Stack(this.socket, this.address, MTU);
    this.stack = stack;
    const { Characteristic, PrimaryService } = stack.bleno;
    const characteristics = [
      new Characteristic({
        uuid: "6e400002-b5a3-f393-e0a9-e50e24dcca9e",
        properties: ["write", "writeWithoutResponse"],
        onWriteRequest: (_, data, __, ___, done) => {
          done(Characteristic.RESULT_SUCCESS);
          unit.take(data);
        },
      }),
      new Characteristic({
        uuid: "6e400003-b5a3-f393-e0a9-e50e24dcca9e",
        properties: ["notify"],
        onSubscribe: (_, room, notify) => {
          unit.send = (text) => {
            const bytes = Buffer.from(text, "latin1");
            for (let at = 0; at < bytes.length; at += room) notify(bytes.subarray(at, at + room));
          };
        },
      }),
    ];
    const said = unit.onAir
      ? [...field(7, bytesOf(Gatt.service)), ...field(9, Buffer.from("avnode"))]
      : field(9, Buffer.from("XIAOBLE 0001"));
    stack.open((on) => {
      if (!on || this.stack !== stack) return;
      stack.bleno.setServices([new PrimaryService({ uuid: UART, characteristics })]);
      stack.setAdvertising(true, BOARD.advertisingMs);
      stack.bleno.startAdvertisingWithEIRData(
        Buffer.from([...FLAGS, ...said]),
        Buffer.from(field(7, bytesOf(UART))),
      );
    });
  }
}
