/** From a blank unit to a recording that is verified: the station, the real interpreter, and a hub. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { Identity } from "../../firmware/board/board";
import { decodeIdentity } from "../../firmware/identity";
import { systemClock } from "../../gateway/clock";
import { toHex } from "../../protocol/bytes";
import { DeviceClass, decodeCertificate } from "../../protocol/certificate";
import { RecordingMode } from "../../protocol/open";
import type { Bench } from "../../tools/factory/bench";
import { keptPicture } from "../../tools/factory/label/kept";
import { readLabel } from "../../tools/factory/label/scan";
import { PACE } from "../../tools/factory/locking";
import { Air as Station } from "../../tools/factory/ports/air";
import { blePorts } from "../../tools/factory/ports/beside";
import { execPort } from "../../tools/factory/ports/exec";
import type { Port } from "../../tools/factory/ports/port";
import { tcpPort } from "../../tools/factory/ports/tcp";
import { unfinished } from "../../tools/factory/provisioning";
import { Run } from "../../tools/factory/run";
import type { Screen } from "../../tools/factory/screen/screen";
import { selfTest } from "../../tools/factory/selftest";
import { readStatus } from "../../tools/factory/status";
import { Air } from "../../tools/sim/radio/air";
import { listenOnAir } from "../../tools/sim/radio/airserver";
import { Random } from "../../tools/sim/random";
import { scratch } from "../e2e/rig";
import { closeBench, makeStation, openBench, STATION } from "../tools/factory/bench";
import { AirConsole, nameField } from "../tools/factory/ports/airconsole";
import { hidden, lockedRadio } from "../tools/factory/ports/airunit";
import { bundleFile } from "./bundle";
import { BUNDLED, type Excerpt, excerpt } from "./ecg";
import { type BuiltFirmware, built } from "./firmware";
import { handsAt } from "./hands";
import { Household, type Made } from "./household";
import { interpret, skipUnlessInterpreter } from "./interpreter";
import { BOOT0, flashed } from "./unit";

const UNIT = "c0:00:00:00:00:01";
const seed = Number(process.env.AVNODE_SEED ?? 1);
const SECONDS = 20;
const PATIENCE_MS = 600_000;
/** The interpreter looks at its stdin twenty times a second. */
const TYPED_MS = 2000;
const STRANGER = 'require("fs").writeFileSync("typed","1")';

/** A blank unit's folder, and the command that is the unit. */
function blank(): { folder: string; command: string } {
  const folder = scratch(true);
  const binary = resolve(process.env.AVNODE_ESPRUINO!);
  return { folder, command: `cd '${folder}' && exec '${binary}' 2>/dev/null` };
}

/** Its last page, which no file reaches while it is tested. */
const PAGE = { kind: "pages", address: 0x1003fc00, name: "", pages: 1, pageBytes: 1024 } as const;

/** The unit with a front end and a button before its pipes, as long as it is blank, and the whole self-test of those. */
async function equipped(folder: string, command: string): Promise<{ port: Port } & Pick<Bench, "selfTest">> {
  const flash = join(folder, "espruino.flash");
  const image = await flashed({ ".boot0": BOOT0 });
  writeFileSync(join(folder, "shim.js"), `(function(){${bundleFile("shim/bench", { minify: true })}})()`);
  writeFileSync(join(folder, "faults"), "{}");
  const port = execPort(command);
  return {
    port: {
      ...port,
      waitForUnit: (signal) => {
        if (!existsSync(flash) || !readFileSync(flash).includes(".bootcde")) writeFileSync(flash, image);
        return port.waitForUnit(signal);
      },
    },
    selfTest: async (unit, board) => {
      const { confirm, wait } = handsAt(unit);
      // Linux has no converter that its battery could be at.
      const spec = { ...board, vault: PAGE, pins: { ...board.pins, battery: "" } };
      const report = await selfTest(unit, spec, { confirm }, wait);
      // Its restart comes in the time of the station.
      await unit.ask("(delete global.setTimeout,1)");
      return report;
    },
  };
}

async function identityIn(flash: Buffer): Promise<Identity> {
  const [text] = await interpret('print(btoa(require("Storage").read("identity")))', { flash });
  return decodeIdentity(Buffer.from(text!, "base64"), (bytes) => crc32(bytes));
}

/** Its console on TCP: one at a time, and what is behind ends with the connection. */
class Bridge {
  private readonly server: Server;
  private readonly children = new Set<ChildProcess>();

  constructor(command: string) {
    this.server = createServer((socket) => {
      const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "ignore"], detached: true });
      this.children.add(child);
      socket.pipe(child.stdin!);
      child.stdout!.pipe(socket);
      const end = () => {
        if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
      };
      child.stdin!.on("error", () => {});
      child.once("close", () => {
        this.children.delete(child);
        socket.destroy();
      });
      socket.on("error", end);
      socket.once("close", end);
    });
  }

  async open(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const child of this.children) process.kill(-child.pid!, "SIGKILL");
    await new Promise((done) => this.server.close(done));
  }
}

/**
 * Its console on the air, where the build for Linux has no radio: a peripheral stands before its pipes. Once its boot code is
 * in, its restart brings back no console but the radio of a handheld.
 */
class OnAir {
  private child: ChildProcess | undefined;
  private readonly air = new Air(
    { now: () => performance.now(), after: systemClock.after },
    new Random(seed),
  );
  private readonly socket = join(scratch(true), "air");
  private server: Server | undefined;
  private stopRadio = () => {};

  constructor(
    private readonly folder: string,
    private readonly command: string,
  ) {}

  /** @returns the station's adapter */
  async open(): Promise<Station> {
    this.server = await listenOnAir(this.air, this.socket);
    this.start();
    return Station.open(`unix:${this.socket}#d0:00:00:00:00:01`);
  }

  private start(): void {
    const child = spawn(this.command, { shell: true, stdio: ["pipe", "pipe", "ignore"], detached: true });
    this.child = child;
    child.stdin!.on("error", () => {});
    const flash = join(this.folder, "espruino.flash");
    if (existsSync(flash) && readFileSync(flash).includes(".bootcde")) {
      // Its application says hello once it runs; here nothing of it has a radio.
      identityIn(readFileSync(flash)).then(({ claimCode }) => {
        if (this.child !== child) return;
        const radio = lockedRadio(this.socket, hidden(UNIT), claimCode);
        this.stopRadio = () => radio.powerOff();
      });
    } else {
      // As behind every other wire here: its process ends with the connection, and another begins.
      const end = () => {
        if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
      };
      const take = (bytes: Buffer) => child.stdin!.write(bytes);
      const console = new AirConsole(this.socket, UNIT, nameField("Linux"), take, () => this.child && end());
      child.stdout!.on("data", (bytes: Buffer) => console.send(bytes));
      this.stopRadio = () => console.close();
    }
    child.once("close", () => {
      this.stopRadio();
      if (this.child === child) this.start();
    });
  }

  async close(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child) {
      process.kill(-child.pid!, "SIGKILL");
      await once(child, "close");
    }
    this.server?.close();
    this.air.close();
  }
}

/** What whoever connects over this port gets by typing. @returns what came back */
async function typedAt(port: Port): Promise<string> {
  const wire = await port.waitForUnit(new AbortController().signal);
  await pause(TYPED_MS);
  let heard = "";
  wire.onData = (bytes) => {
    heard += Buffer.from(bytes).toString("latin1");
  };
  for (const line of [STRANGER, `\x03${STRANGER}`, `E.setConsole("USB");${STRANGER}`, `avnode\n${STRANGER}`])
    wire.write(Buffer.from(`\x10${line}\n`));
  await pause(TYPED_MS);
  await wire.close();
  return heard;
}

describe(`a blank unit at a station (seed ${seed})`, function () {
  this.timeout(1_800_000);
  let ecg: Excerpt;
  let firmware: BuiltFirmware;
  let dir: string;
  let bench: Bench;

  before(function () {
    skipUnlessInterpreter(this);
    ecg = excerpt(BUNDLED, SECONDS + 5);
    firmware = built(ecg.rateHz);
  });

  beforeEach(() => {
    dir = join(scratch(), "station");
    mkdirSync(dir);
    makeStation(dir, STATION, {
      application: firmware.files.avnode!,
      bootCode: firmware.files[".bootcde"]!,
    });
    // The self-test is whole over pipes alone: one place is enough for what it measures.
    bench = openBench(dir, { board: firmware.board, pace: PACE, patience: { tries: 3 }, withoutAir: true });
  });
  afterEach(async () => {
    if (bench) await closeBench(bench);
  });

  /** @returns serial number of the only unit */
  async function make(port: Port, tried = "wire"): Promise<string> {
    const failed: string[] = [];
    const screen: Screen = {
      slot: ({ word, code, detail }) => void (word === "FAIL" && failed.push(`${code} ${detail}`)),
      tally() {},
      close() {},
    };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const run = new Run(bench, screen, { count: 1, signal });
    // Linux' console loses bytes where its two threads meet, and may never read another: whoever stands there takes the
    // unit out and puts it in again.
    run.serve({ ...port, isSingle: false, waitForRemoval: async () => signal.throwIfAborted() });
    await run.ended();
    if (failed.length > 0) console.log(`      put in again after: ${failed.join("; ")}`);
    for (const failure of failed) assert.match(failure, /^E12 it stopped answering/);
    const { status, lines } = readStatus(dir);
    const { serial, checks } = lines.at(-1)!;
    assert.deepEqual([status.problems, status.passed, checks.lock], [[], 1, `silent over: ${tried}`]);
    return serial!;
  }

  /** The unit as its owner gets it, with the radio and the front end of the shim. */
  async function madeIn(folder: string, serial: string): Promise<Made> {
    const flash = readFileSync(join(folder, "espruino.flash"));
    const identity = await identityIn(flash);
    const label = keptPicture(dir, serial, bench.box);
    assert.deepEqual(Buffer.from(await readLabel(label, serial)), Buffer.from(identity.claimCode));
    const dossier = readFileSync(join(dir, "papers", `${toHex(identity.device)}.dossier`));
    const image = await flashed({ ".boot0": BOOT0 }, flash);
    return { image, dossier, identity: identity as Made["identity"] };
  }

  /** A hub claims it by its label, and verifies what it records. */
  async function records(made: Made): Promise<void> {
    const dataDir = join(scratch(true), "hub");
    const { samples } = ecg;
    const house = await Household.open({ dataDir, firmware, samples, inRam: true, made, seed });
    try {
      await house.powerOn();
      await house.claim();
      house.record(RecordingMode.fixed, SECONDS);
      const closed = () => house.recording(house.id(1))?.state === "closed";
      await house.until("the recording's end", closed, PATIENCE_MS);
      const { reader } = house.store;
      const signed = () => reader.log.signature(reader.recordings({})[0]!.id) === "signed";
      await house.until("the handheld's signature", signed, PATIENCE_MS);
      const { problems, recordings } = reader.verify();
      const [{ verdict, problems: own }] = recordings as [(typeof recordings)[0]];
      assert.deepEqual([problems, own, verdict], [[], [], "authentic"]);
      const { deviceClass } = decodeCertificate(made.identity.certificate);
      assert.equal(deviceClass, DeviceClass.locked);
    } finally {
      await house.close();
    }
  }

  async function madeAt(port: Port, folder: string): Promise<void> {
    const serial = await make(port);
    assert.equal(await typedAt(port), "");
    assert.equal(existsSync(join(folder, "typed")), false);
    await records(await madeIn(folder, serial));
  }

  it("over pipes becomes a locked one that nobody talks to, which a hub claims and whose recording it verifies", async () => {
    const { folder, command } = blank();
    const { port, selfTest } = await equipped(folder, command);
    bench = { ...bench, selfTest };
    await madeAt(port, folder);
    const failed = readStatus(dir)
      .lines.at(-1)!
      .tests.filter(({ passed }) => !passed);
    assert.deepEqual(failed, [
      {
        name: "battery",
        passed: false,
        measured: "not done: this board cannot read it",
        wanted: "3000 to 4300 mV",
      },
    ]);
  });

  it("over TCP becomes one, too", async () => {
    const { folder, command } = blank();
    const bridge = new Bridge(command);
    try {
      await madeAt(tcpPort("127.0.0.1", await bridge.open()), folder);
    } finally {
      await bridge.close();
    }
  });

  it("over the air becomes one, too", async () => {
    const { folder, command } = blank();
    const onAir = new OnAir(folder, command);
    const station = await onAir.open();
    let serial: string;
    try {
      const [port] = blePorts(["ble"], station, () => unfinished(bench));
      serial = await make(station.hearing(port!), "air");
    } finally {
      station.close();
      await onAir.close();
    }
    assert.equal(await typedAt(execPort(command)), "");
    assert.equal(existsSync(join(folder, "typed")), false);
    await records(await madeIn(folder, serial));
  });

  it("evaluates what is typed while it is blank: the attempts are ones that would succeed", async () => {
    const { folder, command } = blank();
    assert.notEqual(await typedAt(execPort(command)), "");
    assert.equal(existsSync(join(folder, "typed")), true);
  });
});
