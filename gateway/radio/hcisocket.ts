/**
 * Drivers for noble and bleno: HCI over a UNIX socket, where a virtual controller listens, and Linux's own HCI
 * sockets; both with a tap on what arrives.
 *
 * Both libraries look their driver up once, while they are loaded: {@link installHciSockets} comes before that.
 */
import { EventEmitter } from "node:events";
import { connect, type Socket } from "node:net";
import { H4Splitter } from "./h4";

/** Names for the option `hciDriver`. */
export const HciDriver = { socket: "socket", adapter: "adapter" } as const;

/** Sees what a driver delivers, before the stack does. */
export interface HciTap {
  /** @param deliver gives the packet to the stack, which may throw */
  packet(packet: Buffer, deliver: () => void): void;
  error(error: Error): void;
}

/** The option `bindParams`. */
export interface HciBinding {
  /** Where a controller listens; driver "socket" only. */
  path?: string;
  /** Asks the virtual radio for this address: lower case, with colons. */
  address?: string;
  tap?: HciTap;
}

/** Speaks H4 to whoever listens on a UNIX socket. Up until the socket closes; it does not come back. */
class HciSocket extends EventEmitter {
  private socket?: Socket;
  private binding: HciBinding = {};
  private control = false;

  bindUser(device: number | undefined, binding: HciBinding): number {
    return this.bindRaw(device, binding);
  }

  bindRaw(device: number | undefined, binding: HciBinding): number {
    this.binding = binding ?? {};
    return device ?? 0;
  }

  /** bleno hands its keys to Linux here; a controller has no such place. */
  bindControl(): void {
    this.control = true;
  }

  isDevUp(): boolean {
    return this.socket !== undefined;
  }

  setFilter(): void {}

  start(): void {
    if (this.control || this.socket) return;
    const { path, address } = this.binding;
    if (!path) throw new Error("no path of a socket to speak HCI on");
    const socket = connect(path);
    this.socket = socket;
    if (address) socket.write(`#${address}\n`);
    const splitter = new H4Splitter((packet) => {
      // A stack that stopped while the packets before this one were taken gets no more.
      if (this.socket === socket) this.emit("data", packet);
    });
    socket.on("data", (chunk) => {
      try {
        splitter.push(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on("error", (error) => this.emit("error", error));
    socket.on("close", () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.emit("state", false);
    });
  }

  stop(): void {
    const socket = this.socket;
    this.socket = undefined;
    // What was written still goes: a link is ended, not lost.
    socket?.destroySoon();
  }

  reset(): void {
    this.write(Buffer.from([1, 3, 12, 0]));
  }

  write(packet: Buffer): void {
    if (this.socket?.writable) this.socket.write(packet);
  }

  override emit(event: string, ...values: unknown[]): boolean {
    return tapped(this, this.binding.tap, event, values, () => super.emit(event, ...values));
  }
}

type Driver = new () => EventEmitter & {
  bindRaw(device: number | undefined, binding?: HciBinding): number;
  bindUser(device: number | undefined, binding?: HciBinding): number;
  write(packet: Buffer): void;
};

/** Linux's HCI sockets, as the library drives them. */
function tappedAdapter(Native: Driver): Driver {
  return class extends Native {
    private tap?: HciTap;

    override bindRaw(device: number | undefined, binding?: HciBinding): number {
      this.tap = binding?.tap;
      return this.telling(() => super.bindRaw(device));
    }

    override bindUser(device: number | undefined, binding?: HciBinding): number {
      this.tap = binding?.tap;
      return this.telling(() => super.bindUser(device));
    }

    /** noble writes where nobody catches. */
    override write(packet: Buffer): void {
      try {
        super.write(packet);
      } catch (error) {
        this.tap?.error(error as Error);
      }
    }

    override emit(event: string, ...values: unknown[]): boolean {
      return tapped(this, this.tap, event, values, () => super.emit(event, ...values));
    }

    /** noble makes "unsupported" of every reason why it cannot bind. */
    private telling(bind: () => number): number {
      try {
        return bind();
      } catch (error) {
        this.tap?.error(error as Error);
        throw error;
      }
    }
  };
}

function tapped(
  driver: EventEmitter,
  tap: HciTap | undefined,
  event: string,
  values: unknown[],
  emit: () => boolean,
): boolean {
  if (event === "error") {
    tap?.error(values[0] as Error);
    // An error that nobody listens to would be thrown: whoever stopped listening does not care.
    return driver.listenerCount(event) > 0 && emit();
  }
  if (event !== "data" || !tap) return emit();
  tap.packet(values[0] as Buffer, emit);
  return true;
}

interface HciLibrary {
  loadDriver: ((name: string) => unknown) & { withSockets?: true };
}

/** Adds the drivers to the library that noble and bleno share. Idempotent; before either is loaded. */
export function installHciSockets(): void {
  const library: HciLibrary = require("@stoprocent/bluetooth-hci-socket");
  if (library.loadDriver.withSockets) return;
  const original = library.loadDriver;
  const loadDriver = (name: string): unknown => {
    if (name === HciDriver.socket) return HciSocket;
    if (name === HciDriver.adapter) return tappedAdapter(original("native") as Driver);
    return original(name);
  };
  library.loadDriver = Object.assign(loadDriver, { withSockets: true as const });
}
