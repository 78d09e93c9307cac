/** Ends a connection whose next MQTT packet would be larger than allowed, before the parser collects it. */
import { Transform, type TransformCallback } from "node:stream";

const LENGTH_BYTES = 4;

/** Bytes pass unchanged; the stream fails at the first packet whose declared length (MQTT 3.1.1, 2.2.3) is over `maxBytes`. */
export class PacketLimit extends Transform {
  /** Bytes of the packet's body still to come; the header is being read while it is undefined. */
  private body?: number;
  private length = 0;
  private headerBytes = 0;

  constructor(private readonly maxBytes: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.body !== undefined) {
        const step = Math.min(this.body, chunk.length - at);
        at += step;
        this.body -= step;
      } else if (!this.header(chunk[at++]!)) {
        done(new Error(`a packet of more than ${this.maxBytes} bytes`));
        return;
      }
      if (this.body === 0) this.body = undefined;
    }
    done(null, chunk);
  }

  /** @returns false when the length that it declares is refused */
  private header(byte: number): boolean {
    if (this.headerBytes++ === 0) {
      this.length = 0;
      return true;
    }
    const place = this.headerBytes - 2;
    this.length += (byte & 127) * 128 ** place;
    const more = byte >= 128;
    if (this.length > this.maxBytes || (more && place + 1 === LENGTH_BYTES)) return false;
    if (!more) {
      this.body = this.length;
      this.headerBytes = 0;
    }
    return true;
  }
}
