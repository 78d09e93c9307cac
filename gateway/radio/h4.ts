/** H4, HCI's transport over a stream of bytes: a type byte before each packet, nothing to find one's place again by. */

/** Core 5.4 Vol 4 Part A 2. */
export const H4 = { command: 1, acl: 2, sco: 3, event: 4 } as const;

/** By type: the header's bytes, type included, and where in it the length of what follows stands. */
const HEADERS: Record<number, { bytes: number; length: number; wide: boolean }> = {
  [H4.command]: { bytes: 4, length: 3, wide: false },
  [H4.acl]: { bytes: 5, length: 3, wide: true },
  [H4.sco]: { bytes: 4, length: 3, wide: false },
  [H4.event]: { bytes: 3, length: 2, wide: false },
};
/** Controllers offer ACL buffers of 27 to 1,024 bytes; more than this is not a packet but a place lost. */
const MAX_BODY_BYTES = 4096;

/** The stream is not H4, or no longer: whoever reads it lets go of it. */
export class H4Error extends Error {
  readonly code = "H4_FORM";
}

/** Cuts a stream into packets; keeps at most one incomplete one. */
export class H4Splitter {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly take: (packet: Buffer) => void) {}

  /** @throws H4Error; nothing that follows can be read then */
  push(chunk: Buffer): void {
    let bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    for (;;) {
      const size = packetBytes(bytes);
      if (size === undefined || bytes.length < size) break;
      const packet = bytes.subarray(0, size);
      bytes = bytes.subarray(size);
      // Before the packet is taken: whoever takes it may throw, or push more.
      this.rest = bytes;
      this.take(packet);
      bytes = this.rest;
    }
    this.rest = bytes;
  }
}

/** @returns undefined while the header is incomplete. @throws H4Error */
function packetBytes(bytes: Buffer): number | undefined {
  if (bytes.length === 0) return undefined;
  const header = HEADERS[bytes[0]];
  if (!header) throw new H4Error(`HCI over a stream: ${bytes[0]} is no type of packet`);
  if (bytes.length < header.bytes) return undefined;
  const body = header.wide ? bytes.readUInt16LE(header.length) : bytes[header.length];
  if (body > MAX_BODY_BYTES) throw new H4Error(`HCI over a stream: a packet of ${body} bytes`);
  return header.bytes + body;
}
