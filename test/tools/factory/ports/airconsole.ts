/** A console on the air, by the real bleno, as Espruino offers it: the service in the scan response, a name before it. */
import { Stack } from "../../../../tools/sim/radio/bleno";

const UART = "6e400001-b5a3-f393-e0a9-e50e24dcca9e";
const RX = "6e400002-b5a3-f393-e0a9-e50e24dcca9e";
const TX = "6e400003-b5a3-f393-e0a9-e50e24dcca9e";
/** Of Espruino on an nRF52: ATT_MTU 131 at most. */
const MTU = 131;
const ADVERTISING_MS = 100;
/** Bluetooth Assigned Numbers 2.3: general discoverable, no BR/EDR. */
const FLAGS = [2, 1, 6];
const ALL_UUIDS_128 = 7;
const WHOLE_NAME = 9;

export const uuidField = (uuid: string) =>
  field(ALL_UUIDS_128, Buffer.from(uuid.replaceAll("-", ""), "hex").reverse());
export const nameField = (name: string) => field(WHOLE_NAME, Buffer.from(name));
const field = (type: number, value: Uint8Array) => [value.length + 1, type, ...value];

export class AirConsole {
  private readonly stack: Stack;
  private room = 0;
  private notify: (bytes: Buffer) => void = () => {};

  /**
   * @param said what it advertises beside the service
   * @param take what is written to it
   * @param left whoever was connected went
   */
  constructor(
    socket: string,
    address: string,
    said: number[],
    take: (bytes: Buffer) => void,
    left: () => void = () => {},
  ) {
    this.stack = new Stack(socket, address, MTU);
    const { Characteristic, PrimaryService } = this.stack.bleno;
    const characteristics = [
      new Characteristic({
        uuid: RX,
        properties: ["write", "writeWithoutResponse"],
        onWriteRequest: (_, data, __, ___, done) => {
          done(Characteristic.RESULT_SUCCESS);
          take(data);
        },
      }),
      new Characteristic({
        uuid: TX,
        properties: ["notify"],
        onSubscribe: (_, room, notify) => {
          this.room = room;
          this.notify = notify;
        },
      }),
    ];
    this.stack.bleno.on("disconnect", () => {
      this.room = 0;
      left();
    });
    this.stack.open((on) => {
      if (!on) return;
      this.stack.bleno.setServices([new PrimaryService({ uuid: UART, characteristics })]);
      this.stack.setAdvertising(true, ADVERTISING_MS);
      const response = Buffer.from(uuidField(UART));
      this.stack.bleno.startAdvertisingWithEIRData(Buffer.from([...FLAGS, ...said]), response);
    });
  }

  /** Nobody hears it without a connection. */
  send(bytes: Buffer): void {
    if (this.room === 0) return;
    for (let at = 0; at < bytes.length; at += this.room) this.notify(bytes.subarray(at, at + this.room));
  }

  close(): void {
    this.stack.close();
  }
}
