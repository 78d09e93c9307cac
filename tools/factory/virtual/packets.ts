/** The console's own end of Espruino's packets: DLE, SOH, type and length in two bytes, data. */

export const PacketType = { response: 0, eval: 0x2000, fileSend: 0x6000, data: 0x8000 } as const;
export const ACK = "\x06";
export const NAK = "\x15";
const START = "\x10\x01";
const TYPE_MASK = 0xe000;
const SIZE_MASK = 0x1fff;

export const packet = (type: number, data: string) =>
  START + String.fromCharCode((type | data.length) >> 8, (type | data.length) & 255) + data;

/** Takes what arrives apart into packets and what was typed. */
export class PacketReader {
  private rest = "";
  private count = 0;

  constructor(
    private readonly packet: (type: number, data: string) => void,
    private readonly typed: (text: string) => void,
  ) {}

  take(text: string): void {
    this.rest += text;
    while (this.rest !== "") {
      const start = this.rest.indexOf(START);
      if (start !== 0) {
        // A DLE at the end may be the beginning of a packet.
        const end = start > 0 ? start : this.rest.endsWith("\x10") ? this.rest.length - 1 : this.rest.length;
        if (end === 0) return;
        this.typed(this.rest.slice(0, end));
        this.rest = this.rest.slice(end);
        continue;
      }
      if (this.rest.length < 4) return;
      const head = (this.rest.charCodeAt(2) << 8) | this.rest.charCodeAt(3);
      const length = head & SIZE_MASK;
      if (this.rest.length < 4 + length) return;
      const data = this.rest.slice(4, 4 + length);
      this.rest = this.rest.slice(4 + length);
      this.count++;
      this.packet(head & TYPE_MASK, data);
    }
  }

  /** Number of the packet that is unfinished; 0 when none is. */
  get begun(): number {
    return this.rest.startsWith(START) ? this.count + 1 : 0;
  }

  /** What is unfinished by then never ends. */
  forget(): void {
    this.count++;
    this.rest = "";
  }
}
