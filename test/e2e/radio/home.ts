/** A hub with handhelds of its own over the virtual radio, with limits short enough to run into. */
import assert from "node:assert/strict";
import type { AdapterStatus, CloseCause } from "../../../gateway/radio/radio";
import { fromHex } from "../../../protocol/bytes";
import type { HubProcess } from "../../../tools/sim/radio/hubprocess";
import { Rig } from "../../../tools/sim/radio/rig";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { until } from "../../../tools/sim/radio/until";
import { Secrets } from "../secrets";
import { assertComplete, sampled } from "./rig";

export const RATE = 256;
/**
 * A loaded machine runs into some of them by itself, and is none the worse. Who was near is forgotten before a link's
 * supervision (5 s) ends: nobody is dialled again who was not heard again.
 */
const SHORT = {
  limits: {
    ...{ watchMs: 1000, quietMs: 4000, remedyMs: 4000, plugMs: 1000 },
    ...{ connectMs: 4000, unprovedMs: 4000, nearMs: 4000 },
  },
  dialLimits: { mtuMs: 2500, discoveryMs: 2500, subscribeMs: 2500 },
};

export class Home {
  rig!: Rig;
  hub!: HubProcess;
  private readonly secrets = new Secrets();

  constructor(
    readonly seed: number,
    private readonly adapters: string[],
  ) {}

  /** @param prepare what the air is like before anybody uses it */
  async open(prepare: (rig: Rig) => void = () => {}): Promise<void> {
    this.rig = await Rig.open(this.seed);
    prepare(this.rig);
    this.hub = await this.startHub(this.adapters);
  }

  /** Another one, as impatient. */
  async startHub(adapters: string[]): Promise<HubProcess> {
    const hub = this.rig.hub(adapters, SHORT.limits, SHORT.dialLimits);
    await hub.start();
    return hub;
  }

  async close(): Promise<void> {
    await this.rig?.close();
  }

  /** Handhelds that it claims, by their addresses. */
  claimed(...addresses: string[]): Promise<UnitProcess[]> {
    return Promise.all(
      addresses.map(async (address) => {
        const unit = await this.rig.unit(address, address);
        this.secrets.addClaimCode(fromHex(unit.papers.claimCode));
        await this.hub.claim(unit);
        return unit;
      }),
    );
  }

  /** Links that ended so, or were never made. */
  async closes(cause: CloseCause): Promise<number> {
    return (await this.hub.radio()).closes[cause] ?? 0;
  }

  async adapter(address: string): Promise<AdapterStatus> {
    const id = this.rig.adapter(address);
    return (await this.hub.radio()).adapters.find((one) => one.id === id)!;
  }

  /** All but the newest frames are receipted. */
  flows(unit: UnitProcess): Promise<void> {
    return until("frames to flow", async () => {
      const { backlog, radio } = await unit.status();
      return radio.subscribed && backlog <= 2;
    });
  }

  async begin(unit: UnitProcess): Promise<void> {
    await unit.tell({ do: "start" });
    await this.flows(unit);
    await sampled(unit, RATE);
  }

  /** The recording goes on, ends, and is held against what the front end was given. */
  async complete(unit: UnitProcess): Promise<void> {
    await this.flows(unit);
    await sampled(unit, RATE);
    await assertComplete(unit, this.hub);
  }

  /** Through all of this its log told no ECG, no key of the keyring and no claim code. */
  assertDiscreet(): void {
    this.hub.read((reader) => this.secrets.addRecordings(reader));
    this.secrets.addKeyring(this.hub.dataDir);
    assert.ok(this.secrets.sampleRows > 100, `${this.secrets.sampleRows} rows of samples`);
    assert.deepEqual(this.secrets.foundIn(this.hub.said()), []);
  }
}

/** L2CAP on the attribute channel. */
export function att(...bytes: number[]): Uint8Array {
  return Uint8Array.from([bytes.length, 0, 4, 0, ...bytes]);
}
