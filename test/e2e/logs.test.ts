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
import { Secrets } from "./secrets";

const HOUR_MS = 3600_000;
const RATE = 256;
const RECORDING_SECONDS = 20;
const NAMES = ["Grandma Ottilie", "Küchenfenster 7"];
const PERSON = "Wilhelmine Abendroth";
const GUESSED_PASSWORD = "correct horse battery staple";
const homeAssistant = { discovery: true, values: true };

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
    for (const name of NAMES) secrets.addText("a name", name);
    secrets.addText("a person", PERSON);
    const time = new VirtualTime(Date.UTC(2026, 10, 23));
    try {
      await time.until(day(), 30 * HOUR_MS);
    } finally {
      time.restore();
    }
    await strangersAtTheBroker();
    secrets.addKeyring(dataDir);

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
    secrets.addClaimCode(code);
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
      secrets.addClaimCode(wrong);
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
    secrets.addRecordings(store.reader);
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
