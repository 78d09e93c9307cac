/** A process with the real bleno: one notify characteristic that counts, `[socket, address, per second]`. */
import { installHciSockets } from "../../../../gateway/radio/hcisocket";

installHciSockets();
const { withBindings } = require("@stoprocent/bleno");

export const SERVICE = "7a1c0001-5d2e-4c6b-9b57-1f0e6a3d94c8";
export const COUNTER = "7a1c0002-5d2e-4c6b-9b57-1f0e6a3d94c8";

if (require.main === module) {
  const [path, address, perSecond] = process.argv.slice(2) as [string, string, string];
  const bindParams = address ? { path, address } : { path };
  const bleno = withBindings("hci", { hciDriver: "socket", bindParams });
  let timer: NodeJS.Timeout | undefined;
  const counter = new bleno.Characteristic({
    uuid: COUNTER.replaceAll("-", ""),
    properties: ["notify"],
    onSubscribe(_handle: number, _size: number, notify: (bytes: Buffer) => void) {
      const beganMs = performance.now();
      let count = 0;
      timer = setInterval(() => {
        // As many as are due: a late timer must not change the rate.
        const due = ((performance.now() - beganMs) * Number(perSecond)) / 1000;
        for (; count < due; count++) {
          const bytes = Buffer.alloc(20);
          bytes.writeUInt32LE(count, 0);
          notify(bytes);
        }
      }, 10);
    },
    onUnsubscribe: () => clearInterval(timer),
  });
  bleno.on("stateChange", (state: string) => {
    if (state !== "poweredOn") return;
    bleno.setServices([
      new bleno.PrimaryService({ uuid: SERVICE.replaceAll("-", ""), characteristics: [counter] }),
    ]);
    bleno.startAdvertising("", [SERVICE.replaceAll("-", "")]);
  });
  bleno.on("accept", () => bleno.stopAdvertising());
  bleno.on("disconnect", () => {
    clearInterval(timer);
    bleno.startAdvertising("", [SERVICE.replaceAll("-", "")]);
  });
  // Ends with the test, however that ends.
  process.stdin.on("end", () => process.exit(0)).resume();
}
