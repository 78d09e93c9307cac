/**
 * A process with the real noble: connects to everybody with the service, subscribes and tells about it in JSON lines:
 * `{"connected": address}`, `{"counts": {address: {first, next, gaps}}}` every half second, `{"closed": address, "reason": …}`.
 */
import type { Peripheral } from "@stoprocent/noble";
import { installHciSockets } from "../../../../gateway/radio/hcisocket";
import { COUNTER, SERVICE } from "./stack-peripheral";

installHciSockets();
const { withBindings } = require("@stoprocent/noble");

const [path, expected, supervisionMs, address] = process.argv.slice(2) as [string, string, string, string?];
const bindParams = address ? { path, address } : { path };
const noble = withBindings("hci", { hciDriver: "socket", bindParams });
const counts: Record<string, { next: number; gaps: number }> = {};
const busy = new Set<string>();

function tell(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

async function connect(peripheral: Peripheral): Promise<void> {
  peripheral.on("disconnect", (reason) => tell({ closed: peripheral.address, reason }));
  const parameters = { minInterval: 0x0c, maxInterval: 0x18, timeout: Number(supervisionMs) / 10 };
  // Its types know nothing of parameters.
  await (peripheral.connectAsync as (how: typeof parameters) => Promise<void>).call(peripheral, parameters);
  const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync(
    [SERVICE.replaceAll("-", "")],
    [COUNTER.replaceAll("-", "")],
  );
  const count = { next: 0, gaps: 0 };
  counts[peripheral.address] = count;
  characteristics[0].on("data", (bytes: Buffer) => {
    const n = bytes.readUInt32LE(0);
    if (n !== count.next) count.gaps++;
    count.next = n + 1;
  });
  await characteristics[0].subscribeAsync();
  tell({ connected: peripheral.address });
}

async function run(): Promise<void> {
  const found: Peripheral[] = [];
  noble.on("discover", (peripheral: Peripheral) => {
    if (busy.has(peripheral.address)) return;
    busy.add(peripheral.address);
    found.push(peripheral);
  });
  await noble.waitForPoweredOnAsync();
  while (busy.size < Number(expected) || found.length > 0) {
    const next = found.shift();
    if (next) await connect(next);
    else {
      await noble.startScanningAsync([SERVICE.replaceAll("-", "")], true);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

setInterval(() => tell({ counts }), 500);
process.stdin.on("end", () => process.exit(0)).resume();
run().catch((error) => tell({ error: String(error?.stack ?? error) }));
