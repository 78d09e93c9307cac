/** One unit's turn in one slot: from whoever was plugged in to a line in the log. */
import { setTimeout as pause } from "node:timers/promises";
import { textOf, UnitConsole } from "../firmware/console";
import { isYes, type Typed } from "./asking";
import { batchOf } from "./batches";
import type { Bench } from "./bench";
import { identityFile } from "./certify";
import type { FailureCode } from "./codes";
import { checkFiles, eraseAll, erasePages, filesOf, putFile, readBack } from "./flashing";
import { gapsOf, gapWords } from "./gaps";
import { checkBootloader, checkRuntime, type Found, findOut, silenceRadio } from "./identify";
import { SILENCED, type UnitRow, type UnitState } from "./journal";
import { attack } from "./locking";
import { type Met, NETWORK_HINT, type OpenWire, type Port, wayOf } from "./ports/port";
import {
  certificateHash,
  finishPapers,
  type Identified,
  identityOf,
  ownAlias,
  reserve,
  unfinished,
  wipe,
} from "./provisioning";
import type { SlotView } from "./screen/screen";
import { isNotDone } from "./selftest";
import { classOf } from "./station";
import { doneAt, NothingToDo, type Step, TOTAL, UnitFailure } from "./steps";
import { encodeUnitLine, keysInTheClear, type TestLine, WITHOUT_AIR } from "./unitline";

/** A restart cuts USB and programs at once; other wires stay. */
const RESTART_MS = 3000;
/** Until a unit that restarted is there again. */
const AGAIN_MS = 15_000;
const RESTART = "setTimeout(function(){E.reboot()},200),1";
const IDENTITY = "identity";
/** Steps at which a unit does not answer. */
const SILENT: Step[] = ["lock", "air", "label"];
const LIVES = "Hold a phone to it, with an app that shows radios: is one called avnode right there?";

const SILENT_TOO = "a unit that was locked before does not, either";
const NAMELESS =
  "if it was locked before: here it is known on the air only (--adapter), as the only unfinished one; or erase it through its bootloader, and it comes as new";

const isLocked = ({ state }: UnitRow) => SILENCED.includes(state) || state === "passed";

export interface End {
  word: "PASS" | "FAIL" | "WAIT";
  code?: FailureCode;
  step: Step;
  /** For the screen: why, or what a unit passed without. */
  detail: string;
  serial?: string;
}

export class Turn {
  private step: Step = "identify";
  /** As it says itself; empty while it has said nothing. */
  private chip = "";
  /** Of its radio, where it said one. */
  private address: string | undefined;
  private row: UnitRow | undefined;
  private identified: Identified | undefined;
  private tests: TestLine[] = [];
  private readonly checks: Record<string, string> = {};
  private readonly startedAt: number;
  private unit!: UnitConsole;
  private gone!: Promise<never>;
  private meeting: Promise<Met | undefined> | undefined;
  private stop: () => void = () => {};
  private readonly stopped: Promise<never>;
  private readonly over = new AbortController();

  constructor(
    private readonly bench: Bench,
    private readonly port: Port,
    private wire: OpenWire,
    private readonly show: (view: SlotView) => void,
    private readonly signal: AbortSignal,
  ) {
    this.startedAt = bench.now();
    this.stopped = new Promise((_, reject) => {
      this.stop = () => reject(signal.reason);
    });
    signal.addEventListener("abort", this.stop);
    this.stopped.catch(() => {});
    this.attach(wire);
  }

  /** Nothing that a unit does makes it throw; what the station itself cannot do does. */
  async run(): Promise<End> {
    const { bench } = this;
    try {
      await this.pass();
      return this.end("PASS", undefined, "");
    } catch (error) {
      if (error instanceof NothingToDo)
        return { word: "WAIT", step: this.step, detail: error.message, serial: error.serial };
      if (error instanceof UnitFailure) return this.end("FAIL", error.code, error.message);
      throw error;
    } finally {
      this.over.abort();
      if (this.identified) wipe(this.identified.secrets);
      this.signal.removeEventListener("abort", this.stop);
      this.unit.leave();
      await this.wire.close();
      if (this.row && bench.busy.get(this.row.chip) === this.port.name) bench.busy.delete(this.row.chip);
      bench.journal.settle();
    }
  }

  private async pass(): Promise<void> {
    const found = await this.at("identify", "E01", () => findOut(this.unit));
    if (found) {
      await this.provision(found);
      await this.restart();
    } else await this.recognise();
    await this.lock();
    await this.air();
    await this.label();
  }

  /** An open console: whatever is there becomes one of ours, locked but for the restart. */
  private async provision(found: Found): Promise<void> {
    const { bench, unit } = this;
    const { board, firmware } = bench;
    this.chip = found.chip;
    this.address = this.wire.address ?? found.address;
    await this.at("identify", "E02", async () => {
      checkRuntime(found, firmware.manifest);
      if (this.wire.address === undefined) await silenceRadio(unit);
      this.meet(found);
      this.checks.runtime = found.version;
      this.checks.bootloader = await checkBootloader(unit, bench.station);
    });
    // Its console was open meanwhile: an owner may have been written for it, which no list of files shows.
    if (await this.isResumed()) await this.at("erase", "E03", () => erasePages(unit, board));
    else {
      this.enter("found");
      await this.at("erase", "E03", () => eraseAll(unit, board));
      await this.at("self-test", "E07", () => this.selfTest());
      await this.at("erase again", "E03", () => eraseAll(unit, board));
      this.row = bench.journal.setTested(this.chip, JSON.stringify(this.tests), bench.now());
    }
    const application = firmware.contents(firmware.application);
    await this.at("upload", "E04", () => putFile(unit, firmware.application, application, this.tell));
    await this.at("read back", "E05", () =>
      readBack(unit, firmware.application.storage, application, this.tell),
    );
    await this.at("identity", "E06", () => this.writeIdentity());
    await this.at("boot code", "E04", async () => {
      const { bootCode } = firmware;
      await checkFiles(unit, [firmware.application.storage, IDENTITY]);
      this.enter("locking");
      await putFile(unit, bootCode, firmware.contents(bootCode), this.tell);
      await readBack(unit, bootCode.storage, firmware.contents(bootCode));
      await checkFiles(unit, [firmware.application.storage, IDENTITY, bootCode.storage]);
      this.checks.bootCode = bootCode.sha256;
      this.enter("sealed");
    });
  }

  /** @throws UnitFailure E11, E08 */
  private meet({ chip, device }: Found): void {
    const { journal, busy, now } = this.bench;
    const other = busy.get(chip);
    if (other !== undefined)
      throw new UnitFailure("E11", `it says that it is chip ${chip}, which is in slot ${other} now`);
    const owner = device === "" ? undefined : journal.byDevice(Buffer.from(device, "hex"));
    if (owner && owner.chip !== chip)
      throw new UnitFailure(
        "E11",
        `it holds the identity of ${owner.serial}, which was given to chip ${owner.chip}; this is chip ${chip}`,
      );
    const { hint } = this.wire;
    const before = journal.unit(chip);
    // Over the air anybody may name any chip.
    if (before && wayOf(hint) === "air" && wayOf(before.hint) !== "air" && isLocked(before))
      throw new UnitFailure(
        "E11",
        `it says that it is chip ${chip}, which came by cable before, and was locked`,
      );
    const row = journal.meet(chip, this.port.heardOver === "a network" ? NETWORK_HINT : hint, now());
    if (hint !== undefined && row.hint !== hint)
      throw new UnitFailure("E11", `it says that it is chip ${chip}, which came as ${row.hint} before`);
    busy.set(chip, this.port.name);
    this.row = row;
    if (row.state === "passed")
      throw new UnitFailure(
        "E08",
        `it passed as ${row.serial}, and its console answers: it was opened since; 'avnode factory give-up' lets it come again as new`,
      );
    // Whoever has the boot code does not answer: this may be another that says the same serial.
    if (SILENCED.includes(row.state)) this.row = journal.giveUp(chip, now());
  }

  /** A silent unit, by what its connection tells, or else by what it says on the air. @throws UnitFailure E01 */
  private async recognise(): Promise<void> {
    const { journal, busy } = this.bench;
    const { hint, chip } = this.wire;
    const row = chip
      ? journal.unit(chip)
      : hint === undefined
        ? await this.overheard()
        : journal.byHint(hint);
    if (!row || !isLocked(row) || busy.has(row.chip))
      throw new UnitFailure("E01", `it does not answer; ${hint === undefined ? NAMELESS : SILENT_TOO}`);
    if (row.state === "passed") throw new NothingToDo("already provisioned", row.serial!);
    busy.set(row.chip, this.port.name);
    this.row = row;
    this.chip = row.chip;
    this.address = this.wire.address;
    this.tellHowWritten();
    this.tests = row.tests ? (JSON.parse(row.tests) as TestLine[]) : [];
    this.identified = identityOf(this.bench, row);
    this.checks.bootloader = "not checked";
    // Dead ones are silent, too, and so is an open one to whose radio somebody is connected. Nobody saw its boot code: only
    // what the application says shows that it ran.
    if (row.state === "locking" && !(await this.at("identify", "E01", () => this.meetOnAir())))
      throw new UnitFailure("E01", "it does not answer, and whether it got its boot code is not known");
  }

  /** Where the connection tells nothing: the only unfinished unit that is heard on the air and is in no slot. */
  private async overheard(): Promise<UnitRow | undefined> {
    const { bench, port } = this;
    const told = port.heardOver === "a network" ? NETWORK_HINT : null;
    const wanted = unfinished(bench).filter(({ chip, hint }) => hint === told && !bench.busy.has(chip));
    if (!port.meet || wanted.length === 0) return undefined;
    const heard = new Set<string>();
    const isOwn = (alias: Uint8Array) => {
      for (const one of wanted) if (one.isOwn(alias)) heard.add(one.chip);
      // Until all that are there were asked.
      return false;
    };
    await this.at("identify", "E01", () => port.meet!({ isOwn }, bench.pace.airMs));
    const [chip] = heard;
    if (chip === undefined || heard.size > 1) return undefined;
    this.checks.recognised = "by its alias on the air: its connection does not tell who it is";
    return bench.journal.unit(chip);
  }

  /** Tested before, and no file in its flash since but what this station wrote. */
  private async isResumed(): Promise<boolean> {
    const { state, tests } = this.row!;
    if (state !== "tested" || !tests) return false;
    const ours = [this.bench.firmware.application.storage, IDENTITY];
    const files = await this.at("identify", "E01", () => filesOf(this.unit));
    if (!files.every((name) => ours.includes(name))) return false;
    this.tests = JSON.parse(tests) as TestLine[];
    return true;
  }

  private async selfTest(): Promise<void> {
    const { selfTest, board, operator } = this.bench;
    const { passed, checks } = await selfTest(
      this.unit,
      board,
      this.port.jig ??
        (operator && {
          confirm: (question, shown) => this.isYes(operator, question, shown),
        }),
      this.port.wait,
    );
    this.tests = checks;
    if (passed) return;
    const { name, measured, wanted } = checks.find((check) => !check.passed && !isNotDone(check))!;
    throw new UnitFailure("E07", `${name}: ${measured}, wanted ${wanted}`);
  }

  private async writeIdentity(): Promise<void> {
    const { bench, unit } = this;
    const identified = await reserve(bench, this.chip);
    this.identified = identified;
    this.row = bench.journal.unit(this.chip);
    const { device, certificate, secrets } = identified;
    this.tellHowWritten();
    const file = identityFile(bench.station, device, certificate, secrets);
    try {
      await unit.write(IDENTITY, file);
      await readBack(unit, IDENTITY, file);
    } finally {
      file.fill(0);
    }
  }

  private tellHowWritten(): void {
    const { heardOver } = this.port;
    if (heardOver) this.checks.identity = keysInTheClear(heardOver);
  }

  private async restart(): Promise<void> {
    this.step = "lock";
    this.tell(0);
    const gone = this.gone.catch(() => true);
    // Its answer may get lost with the connection.
    await Promise.race([this.unit.ask(RESTART).catch(() => {}), gone]);
    if (this.wire.address !== undefined) {
      // Over the air nobody comes back to a console, and its end would be noticed late.
      this.unit.leave();
      await this.wire.close();
      this.gone = new Promise(() => {});
      return;
    }
    const isGone = await Promise.race([gone, pause(RESTART_MS, false, { signal: this.signal })]);
    if (isGone) await this.reopen();
  }

  /** @throws UnitFailure E12 */
  private async reopen(): Promise<void> {
    const before = this.wire;
    await before.close();
    const patience = AbortSignal.timeout(AGAIN_MS);
    let wire: OpenWire;
    try {
      wire = await this.port.waitForUnit(AbortSignal.any([patience, this.signal]));
    } catch {
      this.signal.throwIfAborted();
      throw new UnitFailure("E12", "it did not come back after its restart");
    }
    this.attach(wire);
    if (before.hint !== wire.hint) throw new UnitFailure("E12", "another unit is there after the restart");
  }

  private async lock(): Promise<void> {
    await this.at("lock", "E08", async () => {
      if (this.bench.station.deviceClass === "dev") {
        this.checks.lock = "none: a developers' unit";
        return;
      }
      const { pace } = this.bench;
      const isWired = this.wire.address === undefined;
      const heard = isWired ? await attack(this.wire, pace) : 0;
      if (heard > 0) throw new UnitFailure("E08", `over the wire it answered with ${heard} bytes`);
      const met = await this.meetOnAir();
      if (met?.console) {
        const answered = await attack(met.console, pace).finally(() => met.console!.close());
        throw new UnitFailure(
          "E08",
          `over the air it offers a console, which answered with ${answered} bytes`,
        );
      }
      const paths = [...(isWired ? ["wire"] : []), ...(met ? ["air"] : [])];
      if (paths.length === 0) throw new UnitFailure("E09", "not heard after its restart");
      this.checks.lock = `silent over: ${paths.join(", ")}`;
    });
    this.enter("locked");
  }

  /** A unit that is dead is as silent as one that is locked: something has to show that it lives. */
  private async air(): Promise<void> {
    await this.at("air", "E09", async () => {
      if (await this.signOfLife()) return;
      if (this.bench.withoutAir) this.checks.air = WITHOUT_AIR;
      else if (this.port.meet)
        throw new UnitFailure("E09", `not met on the air within ${this.bench.pace.airMs / 1000} s`);
      else throw new UnitFailure("E09", "nobody saw that it lives");
    });
  }

  /** Once: who is not there within all patience is not there. */
  private meetOnAir(): Promise<Met | undefined> {
    this.meeting ??= this.findOnAir();
    return this.meeting;
  }

  private async findOnAir(): Promise<Met | undefined> {
    const { address } = this;
    const isOwn = ownAlias(this.identified!.secrets);
    const met = await this.port.meet?.({ address, isOwn }, this.bench.pace.airMs);
    if (met) this.checks.air = "heard: it said its own alias";
    return met;
  }

  /** What shows that it lives is noted for the log. */
  private async signOfLife(): Promise<boolean> {
    const { port } = this;
    const { operator, station } = this.bench;
    if (this.checks.air) return true;
    if (station.deviceClass === "dev") this.checks.air = "not checked: a developers' unit";
    else if (port.meet) return (await this.meetOnAir()) !== undefined;
    else if (operator && (await this.isYes(operator, LIVES))) this.checks.air = "seen by the operator";
    return this.checks.air !== undefined;
  }

  private isYes(operator: Typed, question: string, shown?: () => void): Promise<boolean> {
    return isYes(this.typed(operator, `${question} Type y or n.`, shown));
  }

  /** What is typed where it stands on the screen, as long as this unit is there. */
  private typed(lines: Typed, detail: string, shown: () => void = () => {}): AsyncIterable<string> {
    const show = () => {
      this.view("WAIT", { detail });
      shown();
    };
    return lines(show, this.over.signal);
  }

  private async label(): Promise<void> {
    const { scanner } = this.bench;
    const { serial, secrets } = this.identified!;
    await this.at("label", "E10", async () => {
      const { labelOf } = require("./label/anew") as typeof import("./label/anew");
      const { scanBack } = require("./label/scan") as typeof import("./label/scan");
      const png = await labelOf(this.bench, this.identified!);
      const detail = `print, stick on and scan the label of ${serial}`;
      const source = scanner ? this.typed(scanner, detail) : png;
      if ((await scanBack(secrets.claimCode, source)) === "other")
        throw new UnitFailure("E10", `the label that was scanned is not that of ${serial}`);
      this.checks.label = scanner ? "scanned from the unit" : "picture read back, not scanned from the unit";
    });
  }

  /**
   * Runs one step. @param code of what goes wrong in it without saying how
   * @throws UnitFailure, also when the unit goes away meanwhile
   */
  private async at<T>(step: Step, code: FailureCode, run: () => Promise<T>): Promise<T> {
    this.step = step;
    this.tell(0);
    try {
      return await Promise.race([run(), this.gone, this.stopped]);
    } catch (error) {
      if (error instanceof UnitFailure) throw error;
      const { code: named = "" } = error as { code?: string };
      // The station's own trouble, not the unit's.
      if (this.signal.aborted || /^(FACTORY_(?!LABEL)|EXPORT_|SQLITE_|STORE_)/.test(named)) throw error;
      if (this.row && !SILENT.includes(step) && !(await this.answers()))
        throw new UnitFailure("E12", `it stopped answering at: ${step}`);
      throw new UnitFailure(named === "UPLOAD_DIFFERS" ? "E05" : code, textOf(error));
    }
  }

  private async answers(): Promise<boolean> {
    return this.unit.ask("1", { timeoutMs: 2000, tries: 2 }).then(
      () => true,
      () => false,
    );
  }

  private readonly tell = (part: number): void => {
    this.view("BUSY", { done: doneAt(this.step, part) });
  };

  private view(word: SlotView["word"], rest: Partial<SlotView>): void {
    const serial = this.row?.serial ?? undefined;
    const { step } = this;
    this.show({ slot: this.port.name, word, step, done: doneAt(step, 0), total: TOTAL, serial, ...rest });
  }

  private attach(wire: OpenWire): void {
    this.wire = wire;
    this.unit = new UnitConsole(wire, this.bench.patience);
    const { unit } = this;
    this.gone = new Promise((_, reject) => {
      wire.onGone = () => {
        unit.leave();
        reject(new UnitFailure("E12", `it went away at: ${this.step}`));
      };
    });
    // Whoever waits is told.
    this.gone.catch(() => {});
  }

  private enter(state: UnitState): void {
    const { journal, now } = this.bench;
    journal.setState(this.chip, state, now());
    this.row = journal.unit(this.chip);
  }

  /** The line in the log, and what the journal knows from here on: both or neither. */
  private end(word: "PASS" | "FAIL", code: FailureCode | undefined, detail: string): End {
    const { bench, row, step } = this;
    const { journal, log, station, firmware } = bench;
    const now = bench.now();
    const { device = null, serial = null, certificate = null } = row ?? {};
    const line = encodeUnitLine({
      at: now,
      tookMs: Math.max(0, now - this.startedAt),
      station: station.name,
      slot: this.port.name,
      chip: this.chip,
      outcome: code ?? "PASS",
      ...{ step, detail, device, serial },
      board: station.board,
      batch: row?.state === "passed" ? batchOf(journal.db, station, row.device!) : station.batch,
      deviceClass: classOf(station),
      certificate: certificate && certificateHash(certificate),
      // What a locked one got, whatever the station flashes by now.
      firmware: (row && isLocked(row) && row.firmware) || Buffer.from(firmware.application.sha256, "hex"),
      tests: this.tests,
      checks: this.checks,
    });
    journal.db
      .transaction(() => {
        if (row && word === "PASS") journal.pass(row.chip, now);
        log.append(line, now);
      })
      .immediate();
    log.keep();
    if (device && word === "PASS") finishPapers(bench.dir, device);
    // It is on the unit: its claim code has no business here any more.
    if (serial !== null && word === "PASS" && bench.scanner) {
      const { erasePicture } = require("./label/kept") as typeof import("./label/kept");
      erasePicture(bench.dir, serial);
    }
    const seen =
      word === "PASS" ? gapWords(gapsOf({ outcome: word, checks: this.checks, tests: this.tests })) : detail;
    return { word, code, step, detail: seen, serial: serial ?? undefined };
  }
}
