/** The real noble on a controller of the virtual radio, for tests that look at a handheld as a central does. */
import type { Noble, Peripheral } from "@stoprocent/noble";
import { HciDriver, installHciSockets } from "../../../../gateway/radio/hcisocket";
import { Gatt } from "../../../../protocol/names";

const plain = (uuid: string) => uuid.replaceAll("-", "");

export interface Seen {
  address: string;
  name?: string;
  services: string[];
  peripheral: Peripheral;
}

export class TestCentral {
  readonly noble: Noble;
  private readonly before = { int: process.listeners("SIGINT"), exit: process.listeners("exit") };

  constructor(path: string, address: string) {
    installHciSockets();
    const { withBindings } = require("@stoprocent/noble") as typeof import("@stoprocent/noble");
    this.noble = withBindings("hci", { hciDriver: HciDriver.socket, bindParams: { path, address } } as never);
  }

  /** The first advertisement that pleases. */
  async hear(pleases: (seen: Seen) => boolean): Promise<Seen> {
    await this.noble.waitForPoweredOnAsync();
    for (const which of ["SIGINT", "exit"] as const) {
      const before = which === "exit" ? this.before.exit : this.before.int;
      for (const own of process.listeners(which as "exit").filter((one) => !before.includes(one as never)))
        process.removeListener(which, own);
    }
    const heard = new Promise<Seen>((resolve) => {
      const look = (peripheral: Peripheral) => {
        const { address, advertisement } = peripheral;
        const seen = {
          address,
          name: advertisement.localName || undefined,
          services: advertisement.serviceUuids ?? [],
          peripheral,
        };
        if (!pleases(seen)) return;
        this.noble.removeListener("discover", look);
        resolve(seen);
      };
      this.noble.on("discover", look);
    });
    await this.noble.startScanningAsync([], true);
    const seen = await heard;
    await this.noble.stopScanningAsync();
    return seen;
  }

  /** Connects and finds the handheld's two characteristics. */
  async meet(address: string) {
    const { peripheral } = await this.hear((seen) => seen.address === address);
    await peripheral.connectAsync();
    const { services } = await peripheral.discoverAllServicesAndCharacteristicsAsync();
    const service = services.find(({ uuid }) => uuid === plain(Gatt.service))!;
    const of = (uuid: string) => service.characteristics.find((one) => one.uuid === plain(uuid))!;
    return { peripheral, services, service, uplink: of(Gatt.uplink), downlink: of(Gatt.downlink) };
  }

  close(): void {
    this.noble.stop();
  }
}
