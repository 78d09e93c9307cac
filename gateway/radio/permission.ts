/** What an adapter's owner can do about it when the system does not let us have it. Advice only: nothing is changed. */
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import type { Clock } from "../clock";
import type { CentralState } from "./central";

/** Bits of CapEff, capability(7). */
const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;

export interface Surroundings {
  /** The Node that runs this, not a link to it: capabilities belong to the file. */
  node: string;
  /** `radio.exclusive`: the adapter is opened as HCI_CHANNEL_USER, past the kernel's own Bluetooth. */
  exclusive: boolean;
  /** BlueZ's daemon runs on this machine. */
  bluetoothd: boolean;
  /** Undefined where the system does not say. */
  mayUseRadio?: boolean;
}

export function surroundings(exclusive: boolean, proc = "/proc"): Surroundings {
  return {
    node: realpathSync(process.execPath),
    exclusive,
    bluetoothd: runsBluetoothd(proc),
    mayUseRadio: mayUseRadio(proc),
  };
}

/** All of the machine's processes are read for it, and status is asked often. */
const LOOK_AGAIN_MS = 60_000;

/** What is said of adapters, with a look at the machine at most once a minute, and none for sockets. */
export function adviser(clock: Pick<Clock, "now">, look: () => Surroundings) {
  let seen: { around: Surroundings; at: number } | undefined;
  const around = () => {
    const now = clock.now();
    if (!seen || Math.abs(now - seen.at) >= LOOK_AGAIN_MS) seen = { around: look(), at: now };
    return seen.around;
  };
  return {
    advise: (id: string, state: CentralState) => (isSocket(id) ? undefined : adviceFor(id, state, around())),
    isShared: (id: string) => !isSocket(id) && isShared(around()),
  };
}

/** A socket belongs to a virtual radio, which no right or daemon of this machine concerns. */
function isSocket(id: string): boolean {
  return id.startsWith("unix:");
}

/** BlueZ may have links through the machine's adapters as well: keyboards, headphones. */
function isShared({ exclusive, bluetoothd }: Surroundings): boolean {
  return bluetoothd && !exclusive;
}

/** @returns one line, or nothing where nothing is wrong */
export function adviceFor(id: string, state: CentralState, around: Surroundings): string | undefined {
  if (state === "no-permission" || (state !== "on" && around.mayUseRadio === false))
    return (
      `this program may not use Bluetooth: run: sudo setcap 'cap_net_raw,cap_net_admin+eip' ${around.node} ` +
      "and start it again. That lets every script of this Node use it; for avnode alone give the right to a copy of " +
      "Node, or run avnode as a systemd service with AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN"
    );
  if (around.exclusive && (state === "off" || state === "gone"))
    return (
      `${id} cannot be had alone while something else has it: run: ` +
      `${around.bluetoothd ? "sudo systemctl stop bluetooth; " : ""}sudo hciconfig ${id} down`
    );
  if (state === "off")
    return `${id} is switched off: run: sudo rfkill unblock bluetooth; sudo hciconfig ${id} up`;
  if (isShared(around))
    return (
      `bluetoothd uses ${id} too, and may end its scans or links, as the hub ends those of keyboards and the like when it ` +
      `resets ${id} because handhelds fell silent: if that happens, run: sudo systemctl stop bluetooth; ` +
      `sudo hciconfig ${id} down, and set radio.exclusive: true in --config FILE`
    );
  return undefined;
}

function mayUseRadio(proc: string): boolean | undefined {
  let status: string;
  try {
    status = readFileSync(`${proc}/self/status`, "latin1");
  } catch {
    return undefined;
  }
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  if (!line) return undefined;
  const held = BigInt(`0x${line[1]}`);
  return ((held >> CAP_NET_ADMIN) & (held >> CAP_NET_RAW) & 1n) === 1n;
}

function runsBluetoothd(proc: string): boolean {
  let pids: string[];
  try {
    pids = readdirSync(proc).filter((name) => /^\d+$/.test(name));
  } catch {
    return false;
  }
  return pids.some((pid) => {
    try {
      return readFileSync(`${proc}/${pid}/comm`, "latin1").trim() === "bluetoothd";
    } catch {
      // It ended meanwhile, or hides.
      return false;
    }
  });
}
