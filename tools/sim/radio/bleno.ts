/**
 * One bleno on one virtual controller, without the habits of a program of its own: its signal handlers go at once, its
 * poll ends with it, and bytes that it cannot parse end in a count and not in the process.
 */
import type { Bleno, ConnectionHandle } from "@stoprocent/bleno";
import { type HciBinding, HciDriver, type HciTap, installHciSockets } from "../../../gateway/radio/hcisocket";
import { ADVERTISING_UNIT_MS, Opcode, PacketType, ReportType } from "./hci";

const ALL_CHANNELS = 7;

/** bleno offers neither its queue nor a way to end its poll: what is used of its insides, at version 0.12.4. */
interface Bindings {
  _hci: {
    /** Packets that wait for the controller to have room. */
    _aclOutQueue: { handle: ConnectionHandle }[];
    /** Packets that the controller has. */
    _handleAclsInProgress: Record<ConnectionHandle, number | undefined>;
    disconnect(handle: ConnectionHandle): void;
    _socket: { write(packet: Buffer): void };
    pollIsDevUp(): void;
    stop(): void;
  };
  _gatt: { maxMtu: number; _connections: Map<ConnectionHandle, { mtu: number }> };
  _sigIntHandler(): void;
  _exitHandler(): void;
}

type WithBindings = typeof import("@stoprocent/bleno").withBindings;

export class Stack {
  readonly bleno: Bleno;
  private readonly bindings: Bindings;
  /** Packets of a central's that bleno choked on. */
  choked = 0;

  /**
   * @param path UNIX socket of the virtual radio
   * @param maxMtu ATT MTU that it agrees to at most
   */
  constructor(path: string, address: string, maxMtu: number) {
    installHciSockets();
    // Not the package's own entry: that one makes a second instance, for an adapter of the machine.
    const withBindings: WithBindings = require("@stoprocent/bleno/lib/resolve-bindings");
    const bindParams: HciBinding = { path, address, tap: this.tap() };
    this.bleno = withBindings("hci", { hciDriver: HciDriver.socket, bindParams });
    this.bindings = (this.bleno as unknown as { _bindings: Bindings })._bindings;
    this.bindings._gatt.maxMtu = maxMtu;
  }

  /** Opens the controller; `onState` tells whether it works, again and again. */
  open(onState: (on: boolean) => void): void {
    this.bleno.on("stateChange", (state) => onState(state === "poweredOn"));
    process.removeListener("SIGINT", this.bindings._sigIntHandler);
    process.removeListener("exit", this.bindings._exitHandler);
  }

  /** ACL packets of this connection that the peer does not yet have. */
  pending(handle: ConnectionHandle): number {
    const { _aclOutQueue: queue, _handleAclsInProgress: inProgress } = this.bindings._hci;
    let waiting = inProgress[handle] ?? 0;
    for (const packet of queue) if (packet.handle === handle) waiting++;
    return waiting;
  }

  /** 23 until the central asks for more. */
  mtu(handle: ConnectionHandle): number {
    return this.bindings._gatt._connections.get(handle)?.mtu ?? 23;
  }

  /** In place of bleno's own, which are connectable and the same for good; not while it advertises. */
  setAdvertising(connectable: boolean, intervalMs: number): void {
    const units = Math.round(intervalMs / ADVERTISING_UNIT_MS);
    const interval = [units & 255, units >> 8];
    const type = connectable ? ReportType.connectable : ReportType.scannable;
    const parameters = [...interval, ...interval, type, ...Array(8).fill(0), ALL_CHANNELS, 0];
    const opcode = [Opcode.leSetAdvertisingParameters & 255, Opcode.leSetAdvertisingParameters >> 8];
    this.bindings._hci._socket.write(
      Buffer.from([PacketType.command, ...opcode, parameters.length, ...parameters]),
    );
  }

  disconnect(handle: ConnectionHandle): void {
    this.bindings._hci.disconnect(handle);
  }

  /** Without a word to whoever is connected, as when a battery is taken out. */
  close(): void {
    this.bleno.removeAllListeners();
    const { _hci: hci } = this.bindings;
    hci.stop();
    hci.pollIsDevUp = () => {};
  }

  /** Attribute requests cut short throw in bleno's parser, and whoever is in range may send them. */
  private tap(): HciTap {
    return {
      packet: (_, deliver) => {
        try {
          deliver();
        } catch {
          this.choked++;
        }
      },
      // The socket's end tells as much.
      error: () => {},
    };
  }
}
