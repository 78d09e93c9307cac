/** Serial ports, by the npm package serialport. */
import type { SerialPort } from "serialport";
import type { OpenWire, Port } from "./port";
import { streamWire } from "./stream";
import { until } from "./wait";

const BAUD = 115200;

export interface Listed {
  path: string;
  serialNumber?: string;
  vendorId?: string;
  productId?: string;
}

/** Of Espruino's own USB (nrf5x/app_config.h), which tells the chip's serial; an adapter's is that of all its units. */
const RUNTIME = "1915:520f";

export function hintOf({ vendorId = "", productId = "", serialNumber }: Listed): string | undefined {
  return `${vendorId}:${productId}`.toLowerCase() === RUNTIME ? serialNumber : undefined;
}

// Loaded late: most commands meet no serial port.
const library = () => (require("serialport") as typeof import("serialport")).SerialPort;

async function find(path: string): Promise<Listed | undefined> {
  return (await library().list()).find((listed) => listed.path === path);
}

/** @param plugged called once for each port that a unit was ever plugged into */
export function watchSerial(plugged: (port: Port) => void, signal: AbortSignal): void {
  const known = new Set<string>();
  const look = async (): Promise<undefined> => {
    for (const { path, vendorId } of await library().list()) {
      // A port without a maker is one of the computer's own, with nothing behind it.
      if (vendorId === undefined || known.has(path)) continue;
      known.add(path);
      plugged(serialPort(path));
    }
    return undefined;
  };
  until(look, signal).catch(() => {});
}

async function open(path: string): Promise<SerialPort | undefined> {
  const port = new (library())({ path, baudRate: BAUD, autoOpen: false });
  // It may be gone again, or udev may not have given it to us yet.
  const error = await new Promise<Error | null>((resolve) => port.open(resolve));
  return error ? undefined : port;
}

/** @param path as the system names it, /dev/ttyACM0 */
export function serialPort(path: string): Port {
  return {
    name: path,
    async waitForUnit(signal): Promise<OpenWire> {
      return until(async () => {
        const listed = await find(path);
        const port = listed && (await open(path));
        if (!port) return undefined;
        return streamWire({
          input: port,
          output: port,
          hint: hintOf(listed),
          end: () => new Promise((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())),
        });
      }, signal);
    },
    async waitForRemoval(signal) {
      await until(async () => ((await find(path)) ? undefined : true), signal);
    },
  };
}
