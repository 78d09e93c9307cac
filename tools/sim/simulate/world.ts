/** The simulated house: handhelds with their owners, the hub's processes, somebody who attacks, and who watches them all. */

import { nodeCrypto } from "../../../gateway/crypto";
import type { StoreEventMap } from "../../../gateway/store/events";
import type { Store } from "../../../gateway/store/store";
import type { Crypto } from "../../../protocol/crypto";
import type { Random } from "../random";
import { Attacker } from "./attacker";
import { Breaker } from "./breaker";
import type { Chronicle } from "./chronicle";
import { BrokerProcess, RelayProcess, StoreProcess, type StoreWatch } from "./hubparts";
import { HubTime, type Lifetime } from "./lifetime";
import { Owner } from "./owner";
import type { Plan } from "./plan";
import type { Schedule } from "./schedule";
import { Truth } from "./truth";
import { Unit, type Parts as UnitParts } from "./unit";
import { Watcher } from "./watcher";

/** Parts that a test may plant a bug in; none of them in earnest. */
export interface Parts extends UnitParts {
  storeCrypto?: Crypto;
  storeOpened?(store: Store): void;
}

export class World implements StoreWatch {
  readonly time = new HubTime();
  readonly truth: Truth;
  readonly units: Unit[];
  readonly owners: Owner[];
  /** Runs from the middle of the trouble to its end, if at all. */
  readonly clone: Unit | undefined;
  readonly broker: BrokerProcess;
  readonly relay: RelayProcess;
  readonly store: StoreProcess;
  readonly watcher: Watcher;
  attacker: Attacker | undefined;
  private breaker: Breaker | undefined;
  private killsAtMessage: (() => void) | undefined;

  constructor(
    readonly plan: Plan,
    readonly chronicle: Chronicle,
    private readonly random: Random,
    dataDir: string,
    private readonly parts: Parts,
  ) {
    this.truth = new Truth(chronicle);
    this.units = plan.units.map(
      (unit, i) => new Unit(`${i + 1}`, unit, random.fork(`unit ${i}`), this.truth, chronicle, parts),
    );
    const [first] = this.units;
    if (plan.faults.has("clone")) {
      const own = random.fork("clone");
      this.clone = new Unit(`${first!.name}'`, first!.plan, own, this.truth, chronicle, parts, first);
    }
    const everybody = this.clone ? [...this.units, this.clone] : this.units;
    this.broker = new BrokerProcess(this.time);
    this.relay = new RelayProcess(this.time, this.broker.address, everybody);
    const crypto = this.truth.ofStore(random.fork("store"), parts.storeCrypto ?? nodeCrypto);
    this.store = new StoreProcess(this.time, this.broker.address, { dataDir, crypto }, this);
    this.watcher = new Watcher(dataDir, this.truth, chronicle);
    this.owners = everybody.map((unit) => {
      const own = random.fork(`owner of ${unit.name}`);
      return new Owner(unit, this.store, own, chronicle, plan.faults.has("reclaim") && unit !== this.clone);
    });
  }

  async open(): Promise<void> {
    await this.broker.start();
    this.store.start();
    this.relay.start();
    if (this.plan.faults.has("attack")) {
      const everybody = this.clone ? [...this.units, this.clone] : this.units;
      this.attacker = new Attacker(
        this.random.fork("attacker"),
        this.chronicle,
        everybody,
        this.broker.address,
      );
    }
    for (const unit of this.units) unit.powerOn();
  }

  live(schedule: Schedule): void {
    for (const [i] of this.units.entries()) this.owners[i]!.live(schedule);
    const { clone } = this;
    const [original] = this.units;
    if (!clone || !original) return;
    schedule.at(this.random.fork("theft").between([0.2, 0.6]) * schedule.endMs, () => {
      original.powerOff();
      clone.copyFlash(original);
      original.powerOn();
      if (!original.handheld.monitor?.keys()) return;
      this.chronicle.event("clone", original.name);
      clone.powerOn();
      this.owners.at(-1)!.live(schedule);
    });
  }

  /** @param ms until it is started again */
  killStore(ms: number): void {
    if (!this.store.running) return;
    this.chronicle.event("store kill");
    this.store.kill();
    setTimeout(() => this.store.start(), ms);
  }

  killStoreAtNextMessage(ms: number): void {
    this.killsAtMessage = () => this.killStore(ms);
  }

  /** @param kills whether the store dies of it, or lives on with an I/O error */
  breakStatement(statements: number, kills: boolean): void {
    this.breaker?.failAfter(statements, () => {
      this.chronicle.event("statement failure", statements, String(kills));
      if (kills) this.killStore(1000);
    });
  }

  fillDisk(ms: number): void {
    const { breaker } = this;
    if (!this.store.running || !breaker) return;
    this.chronicle.event("disk full");
    breaker.fill(true);
    setTimeout(() => breaker.mend(), ms);
  }

  /** All faults are over: everything runs, everybody is at home. */
  async heal(): Promise<void> {
    this.killsAtMessage = undefined;
    this.breaker?.mend();
    this.clone?.powerOff();
    // Whatever was killed is gone by then, its files closed.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await this.broker.start();
    this.store.start();
    this.breaker?.mend();
    this.relay.start();
    for (const unit of this.units) {
      Object.assign(unit.radioFaults, { loss: 0, duplicate: 0, reorder: 0, disconnectEveryMs: undefined });
      unit.disarm();
      if (!unit.isOn) unit.powerOn();
    }
  }

  async close(): Promise<void> {
    for (const unit of [...this.units, ...(this.clone ? [this.clone] : [])]) {
      unit.handheld.powerOff();
      unit.radio.close();
    }
    this.relay.kill();
    await this.attacker?.close();
    await this.store.stop();
    await this.broker.kill();
    this.watcher.close();
  }

  opened(store: Store, life: Lifetime): void {
    this.chronicle.event("store start");
    this.breaker = new Breaker(store["db"]);
    this.parts.storeOpened?.(store);
    this.watcher.opened(store, life);
  }

  received(message: Uint8Array): void {
    this.watcher.received(message);
  }

  sends(): void {
    const kill = this.killsAtMessage;
    this.killsAtMessage = undefined;
    kill?.();
  }

  stored(...told: StoreEventMap["stored"]): void {
    this.watcher.stored(...told);
  }

  receipted(...told: StoreEventMap["receipted"]): void {
    this.watcher.receipted(...told);
  }

  logged(level: "warn" | "error", text: string, fields: object): void {
    this.watcher.logged(level, text, fields);
  }
}
