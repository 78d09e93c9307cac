/** A house in simulation: one virtual handheld, one radio, one hub. */
import { systemClock } from "../../gateway/clock";
import type { Hub } from "../../gateway/hub";
import type { Radio as HubRadio } from "../../gateway/radio/radio";
import type { Store } from "../../gateway/store/store";
import type { Crypto } from "../../protocol/crypto";
import { type HandheldRadio, type UpdateParts, VirtualHandheld } from "./handheld";
import type { Keepsake } from "./keepsake";
import { SimHubRadio } from "./radio/hub";
import { Radio, type RadioFaults } from "./radio/lossy";
import { Random } from "./random";

export interface HouseOptions {
  /** The handheld's flash and identity; closed with the house. */
  keepsake: Keepsake;
  radio: RadioFaults;
  /** Of the radio's faults. */
  seed: number | string;
  startHub(radio: HubRadio): Promise<Hub>;
  /** The handheld's, to watch what it seals. */
  crypto?: Crypto;
  /** Of a handheld that takes updates. */
  update?: UpdateParts;
  /** What the handheld's board says that its radio carries for sure. */
  notificationsPerSecond?: number;
}

export interface House {
  hub: Hub;
  store: Store;
  radio: Radio;
  /** Off until somebody powers it on. */
  handheld: VirtualHandheld;
  close(): Promise<void>;
}

export async function openHouse({
  keepsake,
  radio: faults,
  seed,
  startHub,
  crypto,
  update,
  notificationsPerSecond,
}: HouseOptions): Promise<House> {
  const radio = new Radio(faults, systemClock, new Random(seed));
  const { peripheral } = radio;
  const board: HandheldRadio = {
    peripheral,
    notificationsPerSecond,
    powerOn: () => radio.powerOn(),
    powerOff: () => radio.powerOff(),
    drop: () => radio.drop(),
  };
  const handheld = new VirtualHandheld({ clock: systemClock, radio: board, crypto, update, ...keepsake });
  const hub = await startHub(new SimHubRadio([{ id: "simulated", radio }]));
  const { store } = hub;
  if (!store) throw new Error("a simulated house needs a hub with a store");
  return {
    hub,
    store,
    radio,
    handheld,
    async close() {
      handheld.powerOff();
      radio.close();
      await hub.stop();
      keepsake.close();
    },
  };
}
