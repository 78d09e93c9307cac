/** Controllers for whoever connects to a UNIX socket: H4, before it perhaps a line that asks for an address. */
import { createServer, type Server, type Socket } from "node:net";
import { H4Splitter } from "../../../gateway/radio/h4";
import type { Air } from "./air";
import type { Controller } from "./controller";
import type { HostPort } from "./transport";

/** `#aa:bb:cc:dd:ee:ff`, before anything else. */
const ADDRESS_LINE = /^#([0-9a-f]{2}(?::[0-9a-f]{2}){5})\n/;
const ADDRESS_LINE_BYTES = 19;
const HASH = 0x23;

/** What the host may leave unread before its controller lets the peers wait. */
const CONGESTED_BYTES = 65_536;

/** @throws what listening on the path does; nobody else may have it */
export async function listenOnAir(air: Air, path: string): Promise<Server> {
  const server = createServer((socket) => new AirHost(air, socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return server;
}

class AirHost implements HostPort {
  private controller: Controller | undefined;
  private readonly splitter = new H4Splitter((packet) => this.controller?.receive(packet));
  private head: Buffer | undefined = Buffer.alloc(0);

  constructor(
    private readonly air: Air,
    private readonly socket: Socket,
  ) {
    socket.on("data", (chunk) => this.read(chunk));
    // A host that was killed resets its socket; the close that follows says all there is to say.
    socket.on("error", () => {});
    socket.on("close", () => this.controller?.detach());
  }

  congested(): boolean {
    return this.socket.writableLength > CONGESTED_BYTES;
  }

  send(packet: Buffer): void {
    if (this.socket.writable) this.socket.write(packet);
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    try {
      this.splitter.push(this.head ? this.identify(Buffer.concat([this.head, chunk])) : chunk);
    } catch {
      // Not HCI: a controller cannot find its place again.
      this.socket.destroy();
    }
  }

  /** @returns what follows the address, once it is known whether there is one. @throws when it is none */
  private identify(bytes: Buffer): Buffer {
    if (bytes[0] === HASH && bytes.length < ADDRESS_LINE_BYTES) {
      this.head = bytes;
      return Buffer.alloc(0);
    }
    this.head = undefined;
    const line = ADDRESS_LINE.exec(bytes.toString("latin1", 0, ADDRESS_LINE_BYTES));
    if (!line && bytes[0] === HASH) throw new Error("not an address");
    this.controller = this.air.attach(this, line?.[1]);
    if (!this.controller) this.socket.destroy();
    return line ? bytes.subarray(ADDRESS_LINE_BYTES) : bytes;
  }
}
