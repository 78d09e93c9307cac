/** Blank units that are made over the air, by the real noble, on the real bleno and the simulated air. */
import assert from "node:assert/strict";
import fs from "node:fs";
import type { Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../../../gateway/clock";
import { toHex } from "../../../../protocol/bytes";
import type { Bench } from "../../../../tools/factory/bench";
import { closeBench } from "../../../../tools/factory/opening";
import { Air as Listener } from "../../../../tools/factory/ports/air";
import { blePorts } from "../../../../tools/factory/ports/beside";
import { unfinished } from "../../../../tools/factory/provisioning";
import { Run } from "../../../../tools/factory/run";
import type { SlotView } from "../../../../tools/factory/screen/screen";
import { virtualPort } from "../../../../tools/factory/virtual/port";
import { VirtualUnit } from "../../../../tools/factory/virtual/unit";
import { Air } from "../../../../tools/sim/radio/air";
import { listenOnAir } from "../../../../tools/sim/radio/airserver";
import { Random } from "../../../../tools/sim/random";
import { Line, linesOf } from "../line";
import { AirUnit } from "./airunit";

/** Instead of fifteen seconds: thirty advertisements. */
const STALE_MS = 3000;
const STATION = "d0:00:00:00:00:01";
const UNITS = ["c0:00:00:00:00:01", "c0:00:00:00:00:02"] as const;
const LIMIT_MS = 90_000;

describe("units over the air", function () {
  this.timeout(LIMIT_MS * 2);
  let line: Line;
  let folder: string;
  let air: Air;
  let server: Server;
  let listener: Listener;
  let bench: Bench;
  let units: AirUnit[];
  let views: SlotView[];
  let ending: AbortController;
  let ended: Promise<unknown> | undefined;

  before(() => {
    line = new Line();
  });
  after(() => line.remove());
  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "av-"));
    air = new Air({ now: () => performance.now(), after: systemClock.after }, new Random(1));
    server = await listenOnAir(air, socket());
    listener = await Listener.open(`unix:${socket()}#${STATION}`, STALE_MS);
    bench = {
      ...line.open(line.station("locked")),
      patience: { timeoutMs: 3000, tries: 3, settleMs: 50 },
      // Hands would be needed; what it does over a console is the same over every wire.
      selfTest: async () => ({
        passed: true,
        checks: [{ name: "battery", passed: true, measured: "3900 mV", wanted: "3600 mV" }],
      }),
    };
    units = [];
    views = [];
    ending = new AbortController();
    ended = undefined;
  });
  afterEach(async () => {
    ending.abort();
    await ended;
    listener.close();
    for (const unit of units) unit.powerOff();
    server.close();
    air.close();
    await closeBench(bench);
    fs.rmSync(folder, { recursive: true });
  });

  const socket = () => path.join(folder, "air");

  function unit(at: 0 | 1, faults = {}): AirUnit {
    const made = new AirUnit(socket(), UNITS[at], new VirtualUnit({ chip: `chip-on-air-${at}`, faults }));
    made.powerOn();
    units.push(made);
    return made;
  }

  const screen = { slot: (view: SlotView) => void views.push(view), tally() {}, close() {} };
  const screenOf = (chip: string) => {
    const { serial } = bench.journal.unit(chip)!;
    return views.find((view) => view.word === "PASS" && view.serial === serial)!.detail!;
  };

  /** A station at work, with these ports. */
  function works(words: string[], count = 0): void {
    const run = new Run(bench, screen, { count, signal: ending.signal });
    for (const port of blePorts(words, listener, () => unfinished(bench))) run.serve(listener.hearing(port));
    ended = run.ended();
  }

  async function comes(what: (view: SlotView) => boolean): Promise<SlotView> {
    for (const until = Date.now() + LIMIT_MS; Date.now() < until; await pause(20)) {
      const view = views.find(what);
      if (view) return view;
    }
    throw new Error(`nothing of the kind within ${LIMIT_MS} ms; the last: ${JSON.stringify(views.at(-1))}`);
  }

  /** Whoever is silent for long enough is. */
  async function carriedAway(one: AirUnit): Promise<void> {
    one.powerOff();
    views = [];
    await comes(({ word }) => word === "WAIT");
  }

  const lines = () => linesOf(bench).map(({ chip, outcome, checks }) => ({ chip, outcome, checks }));

  it("become locked ones, which offer no console any more, and the log says what was tried", async () => {
    const { unit: made } = unit(0);
    works(["ble"], 1);
    await ended;
    const [{ chip, outcome, checks }] = lines() as [ReturnType<typeof lines>[0]];
    assert.deepEqual([chip, outcome], [made.chip, "PASS"]);
    assert.deepEqual([checks.lock, checks.air], ["silent over: air", "heard: it said its own alias"]);
    // No radio link of a blank unit is encrypted.
    assert.equal(checks.identity, "keys went over the air in the clear");
    assert.match(screenOf(chip), /keys in the clear/);
    assert.equal(toHex(made.identity()!.device), toHex(bench.journal.unit(chip)!.device!));
  });

  it("that keep their console fail as not locked", async () => {
    unit(0, { staysOpen: true });
    works(["ble"]);
    const { word, code, step, detail } = await comes(({ word }) => word === "FAIL" || word === "PASS");
    assert.deepEqual([word, code, step], ["FAIL", "E08", "lock"]);
    assert.match(detail!, /^over the air it offers a console, which answered with [1-9]\d* bytes$/);
  });

  it("do not pass where nothing is heard of them after their restart, and are finished once something is", async () => {
    const dead = unit(0, { silentRadio: true });
    works(["ble"]);
    const { code, detail, serial } = await comes(({ word }) => word === "FAIL");
    assert.deepEqual([code, detail], ["E09", "not heard after its restart"]);
    await carriedAway(dead);
    dead.unit.faults = {};
    dead.powerOn();
    const passed = await comes(({ word }) => word === "PASS");
    assert.equal(passed.serial, serial);
    assert.deepEqual(lines()[1]!.checks, {
      ...{ bootloader: "not checked", lock: "silent over: air", air: "heard: it said its own alias" },
      identity: "keys went over the air in the clear",
      label: "picture read back, not scanned from the unit",
    });
  });

  it("get other keys by cable than were heard on the air", async () => {
    const { unit: made } = unit(0, { silentRadio: true });
    works(["ble"]);
    await comes(({ word }) => word === "FAIL");
    const heard = bench.journal.unit(made.chip)!.serial;
    ending.abort();
    await ended;
    // Somebody erased its flash and brought its runtime back.
    const blank = new VirtualUnit({ chip: made.chip });
    const units = [blank];
    ending = new AbortController();
    const run = new Run(bench, screen, { count: 1, signal: ending.signal });
    run.serve(virtualPort("cable", () => units.pop()));
    await run.ended();
    const { serial, outcome, checks } = linesOf(bench).at(-1)!;
    assert.deepEqual([outcome, checks.identity], ["PASS", undefined]);
    assert.notEqual(serial, heard);
    assert.notEqual(toHex(blank.identity()!.device), toHex(made.identity()!.device));
  });

  it("begin anew where their power went while they got their boot code", async () => {
    const cut = unit(0);
    cut.dies = true;
    cut.unit.harm({ diesAfterBytes: 9000 });
    works(["ble"]);
    await comes(({ word, code }) => word === "FAIL" && code === "E12");
    await carriedAway(cut);
    cut.powerOn();
    await comes(({ word }) => word === "PASS");
    assert.deepEqual(
      lines().map(({ outcome }) => outcome),
      ["E12", "PASS"],
    );
  });

  it("two beside the adapter wait until one is left; named ones are made wherever they lie", async () => {
    unit(0);
    const second = unit(1);
    works(["ble"]);
    const { word, detail } = await comes(({ detail }) => detail !== undefined);
    assert.equal(word, "WAIT");
    assert.match(detail!, /^2 units lie beside the adapter \(c0:.*, c0:.*\): leave one$/);
    second.powerOff();
    const { serial } = await comes(({ word }) => word === "PASS");
    assert.equal(bench.journal.unit("chip-on-air-0")!.serial, serial);
  });
});
