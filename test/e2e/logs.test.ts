/** A day of the hub's log, with everything that goes wrong in it, told nobody any ECG, key, code, password or name. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import SQLite from "better-sqlite3";
import { connectAsync } from "mqtt";
import { makeLog } from "../../gateway/cli/log";
import { systemClock } from "../../gateway/clock";
import { startHub } from "../../gateway/hub";
import { brokerUsersPath } from "../../gateway/mqtt/users";
import { Keyring } from "../../gateway/store/keyring";
import { REFUSALS, type RefusalKind } from "../../gateway/store/refusals";
import { nameDeviceBeside, type Store } from "../../gateway/store/store";
import { encodeClaimCode } from "../../protocol/claim";
import { RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { openHouse } from "../../tools/sim/house";
import { newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { Random } from "../../tools/sim/random";
import { GeneratedSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { scratch } from "./rig";

const HOUR_MS = 3600_000;
const RATE = 256;
const RECORDING_SECONDS = 20;
/** Samples in a row that nothing else in a log says by chance. */
const ROW = 6;
const NAMES = ["Grandma Ottilie", "Küchenfenster 7"];
const PERSON = "Wilhelmine Abendroth";
const GUESSED_PASSWORD = "correct horse battery staple";
const homeAssistant = { discovery: true, values: true };

/** What a log must not say, each secret in every way that code writes bytes. */
class Secrets {
  private readonly bytes = new Map<string, string>();
  private readonly texts: [string, string][] = [];
  private readonly rows = new Set<string>();

  add(what: string, secret: Uint8Array): void {
    this.bytes.set(Buffer.from(secret).toString("hex"), what);
  }

  addText(what: string, text: string): void {
    this.texts.push([what, text.toLowerCase()]);
  }

  addSamples(samples: Int32Array): void {
    for (let at = 0; at + ROW <= samples.length; at++) this.addRow(samples.subarray(at, at + ROW));
  }

  count(what: string): number {
    return [...this.bytes.values()].filter((one) => one === what).length;
  }

  get sampleRows(): number {
    return this.rows.size;
  }

  /** @returns what of it each line says, never the secret itself */
  foundIn(lines: string[]): string[] {
    const forms = [...this.bytes].map(([hex, what]) => [what, formsOf(Buffer.from(hex, "hex"))] as const);
    return lines.flatMap((said) => {
      // JSON names the places of a typed array.
      const line = said.replaceAll(/"\d+":/g, "");
      const lower = line.toLowerCase();
      const found = new Set<string>();
      for (const [what, text] of this.texts) if (lower.includes(text)) found.add(what);
      for (const [what, { folded, exact }] of forms) {
        if (folded.some((form) => lower.includes(form)) || exact.some((form) => line.includes(form)))
          found.add(what);
      }
      if (this.hasSamples(line)) found.add("samples");
      return [...found].map((what) => `${what}: ${line.slice(0, 120)}`);
    });
  }

  private addRow(row: Int32Array): void {
    // A flat stretch is no secret, and looks like any padding.
    if (new Set(row).size > 3) this.rows.add(row.join());
  }

  private hasSamples(line: string): boolean {
    const numbers = (line.match(/-?\d+/g) ?? []).map(Number);
    const dumps = [Buffer.from(numbers.map((one) => one & 255))];
    for (const [token] of line.matchAll(/[A-Za-z0-9+/_-]{16,}/g)) {
      dumps.push(Buffer.from(token, "hex"), Buffer.from(token, "base64"));
    }
    return this.hasRow(numbers) || dumps.some((bytes) => this.hasRowOf(bytes));
  }

  private hasRow(numbers: number[]): boolean {
    for (let at = 0; at + ROW <= numbers.length; at++) {
      if (this.rows.has(numbers.slice(at, at + ROW).join())) return true;
    }
    return false;
  }

  /** Whether these bytes, from any of them on, are samples of two or four bytes, either end first. */
  private hasRowOf(bytes: Buffer): boolean {
    for (let from = 0; from < 4; from++) {
      for (const [size, read] of [
        [2, "readInt16LE"],
        [2, "readInt16BE"],
        [4, "readInt32LE"],
        [4, "readInt32BE"],
      ] as const) {
        const numbers: number[] = [];
        for (let at = from; at + size <= bytes.length; at += size) numbers.push(bytes[read](at));
        if (this.hasRow(numbers)) return true;
      }
    }
    return false;
  }
}

function formsOf(secret: Buffer): { folded: string[]; exact: string[] } {
  // Within something longer, base64 begins at any of three places of a group.
  const inBase64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), secret])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(before === 0 ? 0 : before + 1, -1);
  });
  const url = inBase64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const hex = secret.toString("hex");
  return {
    folded: [hex, hex.match(/../g)!.join(" "), hex.match(/../g)!.join(":"), [...secret].join()],
    exact: [...inBase64, ...url, JSON.stringify(secret.toString("latin1")).slice(1, -1)],
  };
}

describe("a day of logs", () => {
  const dataDir = scratch(true);
  const secrets = new Secrets();
  const lines: string[] = [];
  const log = makeLog("debug", "avnode", false, (line) => lines.push(line));
  const { wrap, unwrap } = Keyring.prototype;

  before(() => {
    // Whatever the store keeps wrapped is a secret: codes, roots, keys of handhelds and of recordings.
    Keyring.prototype.wrap = function (secret, place) {
      secrets.add("a key of the store", secret);
      return wrap.call(this, secret, place);
    };
    Keyring.prototype.unwrap = function (wrapped, place) {
      const secret = unwrap.call(this, wrapped, place);
      secrets.add("a key of the store", secret);
      return secret;
    };
  });
  after(() => Object.assign(Keyring.prototype, { wrap, unwrap }));

  it("tells no ECG, no key, no claim code, no password and no name", async function () {
    this.timeout(120_000);
    for (const name of NAMES) secrets.addText("a name", name);
    secrets.addText("a person", PERSON);
    const time = new VirtualTime(Date.UTC(2026, 10, 23));
    try {
      await time.until(day(), 30 * HOUR_MS);
    } finally {
      time.restore();
    }
    await strangersAtTheBroker();
    const keys = JSON.parse(fs.readFileSync(path.join(dataDir, "keyring.json"), "utf8"));
    for (const name of ["wrapKey", "macKey", "signKey"])
      secrets.add("the keyring's", Buffer.from(keys[name], "hex"));

    assert.ok(secrets.count("a key of the store") > 20, "the store's keys were seen");
    assert.ok(secrets.count("a key of the handheld") >= 10, "the handheld's keys were seen");
    assert.equal(secrets.count("the keyring's"), 3);
    assert.ok(secrets.sampleRows > 10_000, `the samples were seen: ${secrets.sampleRows}`);
    const said = lines.map((line) => JSON.parse(line) as { kind?: string; msg: string });
    const kinds = new Set(said.map(({ kind }) => kind));
    for (const kind of ["wrong-tag", "unknown-device", "replayed-status", "disk", "internal"])
      assert.ok(kinds.has(kind), `${kind} is in the log`);
    for (const start of ["cannot write to the store", "a listener of the store failed", "claimed handheld"])
      assert.ok(
        said.some(({ msg }) => msg.startsWith(start)),
        `'${start}' is in the log`,
      );
    assert.deepEqual(secrets.foundIn(lines), []);
  });

  async function day(): Promise<void> {
    const random = new Random("logs");
    const house = await openHouse({
      keepsake: newKeepsake("logs"),
      radio: {
        loss: 0.02,
        duplicate: 0.02,
        reorder: 0.01,
        latencyMs: [10, 40],
        disconnectEveryMs: [2 * 60_000, 20 * 60_000],
        notificationBytes: 244,
        notificationsPerSecond: 120,
        queue: 16,
        connectMs: [100, 2000],
      },
      seed: "logs",
      startHub: (radio) =>
        startHub({ dataDir, kind: "import", broker: "memory", radio, log, homeAssistant, health }),
    });
    const { handheld, store } = house;
    const code = handheld.identity.claimCode;
    secrets.add("the claim code", code);
    secrets.addText("the claim code", encodeClaimCode(code));
    secrets.add("the handheld's seed", handheld.identity.signing!.seed);
    const ecg = new EcgGenerator({
      rate: RATE,
      gainCountsPerMillivolt: 400,
      seed: 1,
      noiseMillivolts: { baseline: 0.05, mains: 0.005, muscle: 0.005 },
    });
    handheld.powerOn(new SimFrontEnd(new GeneratedSource(ecg), systemClock, { burstMs: 1000, speed: 1 }));
    const heard = overhear(store);
    await claimIfNew(handheld, store);
    const device = store.reader.devices()[0]!.id;
    for (let hour = 0; hour < 24; hour++) {
      nameDeviceBeside(dataDir, device, NAMES[hour % NAMES.length]!);
      const wrong = random.bytes(16);
      secrets.add("a claim code", wrong);
      secrets.addText("a claim code", encodeClaimCode(wrong));
      store.claim(hour % 3 === 0 ? code : wrong, { person: PERSON });
      handheld.act((monitor) => monitor.hold());
      handheld.act((monitor) => monitor.start(RecordingMode.fixed, RECORDING_SECONDS));
      await pass(30_000);
      const keys = handheld.monitor!.keys()!;
      secrets.add("a key of the handheld", keys.chainKey);
      secrets.add("a key of the handheld", keys.receiptKey);
      trouble(store, heard, random, hour);
      await pass(HOUR_MS - 30_000);
    }
    await waitUntil("the last recording", () => store.reader.recordings().length >= 20, HOUR_MS, 5000);
    for (const { id } of store.reader.recordings()) {
      for (const piece of store.reader.pieces(id)) for (const lead of piece.samples) secrets.addSamples(lead);
    }
    store.forget(store.reader.recordings()[0]!.id);
    await house.close();
  }

  /** What else happens to a hub: messages altered, repeated and made up, a full disk, defects of its own. */
  function trouble(store: Store, heard: [Uint8Array, Uint8Array][], random: Random, hour: number): void {
    const repeated = heard.splice(0).slice(-60);
    for (const [alias, message] of repeated) {
      const altered = Uint8Array.from(message);
      altered[random.int(altered.length)]! ^= 1 << random.int(8);
      const stranger = random.bytes(8);
      store.receive(alias, message);
      store.receive(alias, altered);
      store.receive(stranger, message);
      store.receive(alias, random.bytes(1 + random.int(200)));
    }
    const kinds = Object.keys(REFUSALS) as RefusalKind[];
    for (const kind of kinds) store.refused(repeated[0]?.[0], kind);
    if (hour % 4 === 0) {
      const off = store.events.on("stored", (frames) => {
        off();
        throw new Error(`a listener's defect over ${frames.length} frames`);
      });
    }
    if (hour % 6 === 1) diskIsFull(store);
  }

  /** The disk refuses frames for a minute, and all else of a claim that is under way. */
  function diskIsFull(store: Store): void {
    const db = new SQLite(path.join(dataDir, "avnode.db"), { fileMustExist: true });
    for (const table of ["frames", "offers", "refusals"])
      db.exec(
        `CREATE TRIGGER full_${table} BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'disk is full'); END`,
      );
    store.flush();
    setTimeout(() => {
      for (const table of ["frames", "offers", "refusals"]) db.exec(`DROP TRIGGER full_${table}`);
      db.close();
    }, 60_000);
  }

  /** In real time, over a port: the hub's own users, one who guesses, one without a name. */
  async function strangersAtTheBroker(): Promise<void> {
    const hub = await startHub({ dataDir, kind: "import", broker: { port: 0 }, log, homeAssistant, health });
    const users = JSON.parse(fs.readFileSync(brokerUsersPath(dataDir), "utf8"));
    for (const { password } of Object.values<{ password: string }>(users))
      secrets.addText("a password", password);
    secrets.addText("a password", GUESSED_PASSWORD);
    const url = `mqtt://127.0.0.1:${hub.port}`;
    const guess = { username: "store", password: GUESSED_PASSWORD, reconnectPeriod: 0 };
    await assert.rejects(connectAsync(url, guess, false));
    await assert.rejects(connectAsync(url, { reconnectPeriod: 0 }, false));
    await hub.stop();
  }
});

const health = { newest: () => undefined };

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Everything that reaches the store from now on. */
function overhear(store: Store): [Uint8Array, Uint8Array][] {
  const heard: [Uint8Array, Uint8Array][] = [];
  const receive = store.receive.bind(store);
  store.receive = (alias, message) => {
    heard.push([alias, message]);
    receive(alias, message);
  };
  return heard;
}
