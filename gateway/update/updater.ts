/** Carries out, in the hub, the updates that owners asked for, one driver each, as long as they go on. */
import type { Command } from "../../protocol/command";
import type { UpdateState } from "../../protocol/update";
import type { Clock } from "../clock";
import { codeOf } from "../store/errors";
import type { Log } from "../store/log";
import { Makers } from "../store/pinned";
import type { Store } from "../store/store";
import { type Update, type UpdateEnd, Updates } from "../store/updates";
import { Driver } from "./driver";
import { Releases } from "./releases";
import { sendable } from "./sendable";

const LOOK_EVERY_MS = 500;

interface UpdaterParts {
  store: Store;
  dataDir: string;
  clock: Clock;
  log: Log;
}

export class Updater {
  private readonly updates: Updates;
  private readonly releases: Releases;
  private readonly makers: Makers;
  private readonly drivers = new Map<string, Driver>();
  private readonly unhook: (() => void)[];
  private cancel: () => void = () => {};

  constructor(private readonly parts: UpdaterParts) {
    const { store, dataDir } = parts;
    this.updates = Updates.open(dataDir);
    this.releases = new Releases(dataDir);
    this.makers = new Makers(this.updates.db, this.updates.keyring);
    this.unhook = [
      store.events.on("connected", (device) => this.drivers.get(device)?.connected()),
      store.events.on("updated", (device, state) => this.heard(device, state)),
    ];
    this.look();
  }

  stop(): void {
    this.cancel();
    for (const unhook of this.unhook) unhook();
    for (const driver of this.drivers.values()) driver.stop();
    this.updates.close();
  }

  private look(): void {
    const { clock, log } = this.parts;
    try {
      for (const [device, update] of this.updates.all()) this.lookAt(device, update);
    } catch (error) {
      log.warn({ code: codeOf(error) }, "cannot look for updates");
    }
    this.cancel = clock.after(LOOK_EVERY_MS, () => this.look());
  }

  private lookAt(device: string, update: Update): void {
    const known = this.drivers.get(device);
    if (known && (update.ended || known.askedAt !== update.askedAt)) this.drop(device);
    if (update.ended) return;
    const driver = this.drivers.get(device);
    const against = this.against(device, update);
    if (against) this.end(device, against);
    else if (driver) driver.wish(update);
    else this.begin(device, update);
  }

  private begin(device: string, update: Update): void {
    const { clock, log } = this.parts;
    const read = this.releases.read(update.release);
    if (!read) {
      this.end(device, "gone");
      return;
    }
    log.info({ device, version: update.version }, "updating a handheld");
    const driver = new Driver(update, {
      clock,
      release: sendable(read.held, read.file),
      send: (command) => this.send(device, command),
      keep: (change) => this.keep(device, change),
    });
    this.drivers.set(device, driver);
  }

  /** Why an update cannot go on, whatever the handheld says. */
  private against(device: string, { epoch }: Update): UpdateEnd | undefined {
    const owned = this.parts.store.reader.ownership(device);
    if (owned?.epoch !== epoch) return "owner";
    return this.makers.isPinned(owned.certificate.maker) ? undefined : "maker";
  }

  private heard(device: string, state: UpdateState): void {
    this.drivers.get(device)?.heard(state);
  }

  /** Without a session nothing is sent: the next one begins it again. */
  private send(device: string, command: Command): void {
    try {
      this.parts.store.command(device, command);
    } catch (error) {
      if (codeOf(error) !== "STORE_NO_SESSION") throw error;
    }
  }

  private end(device: string, how: UpdateEnd): void {
    this.keep(device, { ended: { how, at: this.parts.clock.now() } });
  }

  /** What a full disk does not take is found out again: the handheld says where it stands. */
  private keep(device: string, change: Partial<Update>): void {
    try {
      this.updates.change(device, change);
    } catch (error) {
      this.parts.log.warn({ code: codeOf(error) }, "cannot keep how an update gets on");
    }
    if (!change.ended) return;
    this.parts.log.info({ device, how: change.ended.how }, "an update has ended");
    this.drop(device);
  }

  private drop(device: string): void {
    this.drivers.get(device)?.stop();
    this.drivers.delete(device);
  }
}
