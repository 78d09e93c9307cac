import assert from "node:assert/strict";
import { Pattern } from "../../firmware/board/board";
import { seenNothing } from "../../firmware/vault";
import { systemClock } from "../../gateway/clock";
import { nodeCrypto } from "../../gateway/crypto";
import { startHub } from "../../gateway/hub";
import { CloseReason, decodeClose, MarkKind } from "../../protocol/bodies";
import { toHex } from "../../protocol/bytes";
import { encodeClaim } from "../../protocol/claim";
import { MonitorState, Op, Setting } from "../../protocol/command";
import type { Crypto } from "../../protocol/crypto";
import { fragment } from "../../protocol/fragments";
import { FrameType } from "../../protocol/header";
import { claimKey, Direction } from "../../protocol/keys";
import { ClockTrust, RecordingMode } from "../../protocol/open";
import { sealFrame } from "../../protocol/seal";
import { type DeviceHello, decodeDeviceHello, encodeHelloRequest, messageType } from "../../protocol/session";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { type House, openHouse } from "../../tools/sim/house";
import { type Keepsake, newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { PERFECT } from "../../tools/sim/radio/lossy";
import { GeneratedSource } from "../../tools/sim/source";
import { VirtualTime } from "../../tools/sim/time";
import { scratch } from "../e2e/rig";

const RATE = 256;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function frontEnd(): SimFrontEnd {
  const ecg = new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400 });
  return new SimFrontEnd(new GeneratedSource(ecg), systemClock, { burstMs: 250, speed: 1 });
}

describe("the monitor", () => {
  /** Lives in a house with one new handheld, in virtual time. */
  function it_(
    what: string,
    live: (house: House, keepsake: Keepsake) => Promise<void>,
    { crypto }: { crypto?: Crypto } = {},
  ): void {
    const dataDir = scratch(true);
    it(what, async function () {
      const time = new VirtualTime(Date.UTC(2026, 10, 23));
      try {
        await time.until(
          (async () => {
            const keepsake = newKeepsake(1);
            const house = await openHouse({
              keepsake,
              radio: PERFECT,
              seed: 1,
              crypto,
              startHub: (radio) => startHub({ dataDir, kind: "import", broker: "memory", radio }),
            });
            house.handheld.powerOn(frontEnd());
            try {
              await live(house, keepsake);
            } finally {
              await house.close();
            }
          })(),
          3600_000,
        );
      } finally {
        time.restore();
      }
    });
  }
  const idle = ({ handheld }: House) =>
    waitUntil("idle", () => handheld.monitor!.state === MonitorState.idle, 600_000);

  it_("goes by a name until it has an owner, and by none from then on, a restart included", async (house) => {
    const { handheld, store } = house;
    assert.equal(handheld.namelessOnAir, false);
    await claimIfNew(handheld, store);
    assert.equal(handheld.namelessOnAir, true);
    handheld.powerOff();
    handheld.namelessOnAir = false;
    const ecg = new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400 });
    handheld.powerOn(new SimFrontEnd(new GeneratedSource(ecg), systemClock, { burstMs: 250, speed: 1 }));
    assert.equal(handheld.namelessOnAir, true);
  });

  it_("ends what it records with an error when its front end gives up", async (house) => {
    const { handheld, store } = house;
    const closes: Uint8Array[] = [];
    store.events.on("stored", (frames) => {
      for (const { header, body } of frames) if (header.type === FrameType.close) closes.push(body);
    });
    await claimIfNew(handheld, store);
    handheld.act((monitor) => monitor.press());
    await pause(5000);
    handheld.act((monitor) => monitor.giveUp());
    handheld.act((monitor) => monitor.giveUp());
    await idle(house);
    assert.deepEqual(
      closes.map((close) => decodeClose(close).reason),
      [CloseReason.error],
    );
  });

  it_("asks to be claimed instead of recording while nobody owns it", async ({ handheld, store }) => {
    handheld.act((monitor) => monitor.press());
    await pause(5000);
    assert.equal(handheld.monitor!.state, MonitorState.idle);
    assert.equal(handheld.pattern, Pattern.claimMe);
    assert.deepEqual(store.reader.recordings(), []);
  });

  it_("is not claimed while nobody holds its button", async ({ handheld, store }) => {
    const claim = store.claim(handheld.identity.claimCode);
    await pause(61_000);
    assert.equal(store.claimState(claim)!.state, "expired");
    assert.equal(handheld.monitor!.keys(), undefined);
  });

  it_("is claimed by nobody else while it has an owner, held or not: she records on", async (house) => {
    const { handheld, store } = house;
    await claimIfNew(handheld, store);
    handheld.act((monitor) => monitor.hold());
    handheld.act((monitor) => monitor.press());
    const claim = store.claim(handheld.identity.claimCode);
    await pause(70_000);
    assert.deepEqual(store.claimState(claim), {
      state: "refused",
      code: "already-yours",
      device: toHex(handheld.identity.device),
    });
    assert.equal(handheld.monitor!.keys()!.epoch, 1);
    await idle(house);
    assert.equal(store.reader.recordings()[0]!.samples, 30 * RATE);
    const monitor = handheld.monitor!;
    monitor.hold();
    assert.equal(monitor.claimable(), false);
    assert.throws(() => monitor.claim(...claimOf(house, 2)), { code: "CLAIM_OWNED" });
  });

  it_(
    "says for a minute that its button was held, owned or not, and blinks while it still is",
    async (house) => {
      const { handheld, store, radio } = house;
      const hellos: DeviceHello[] = [];
      const receive = store.receive.bind(store);
      store.receive = (alias, message) => {
        if (messageType(message) === FrameType.deviceHello) hellos.push(decodeDeviceHello(message));
        receive(alias, message);
      };
      handheld.pattern = Pattern.off;
      handheld.act((monitor) => monitor.hold());
      assert.equal(handheld.pattern, Pattern.claimMe);
      await pause(1000);
      assert.deepEqual([hellos.at(-1)!.claimable, hellos.at(-1)!.held], [true, false]);
      await claimIfNew(handheld, store);
      await pause(1000);
      const before = hellos.length;
      handheld.act((monitor) => monitor.hold());
      await pause(1000);
      assert.equal(hellos.length, before, "its own hub's session goes on");
      radio.drop();
      await waitUntil("a hello", () => hellos.length > before, 30_000);
      assert.deepEqual([hellos.at(-1)!.claimable, hellos.at(-1)!.held], [false, true]);
      await pause(61_000);
      const later = hellos.length;
      radio.drop();
      await waitUntil("a hello", () => hellos.length > later, 30_000);
      assert.equal(hellos.at(-1)!.held, false);
    },
  );

  it_("takes no claim that comes after its minute, or for another ownership than the next", async (house) => {
    const { handheld } = house;
    const monitor = handheld.monitor!;
    const claimFor = (epoch: number) => claimOf(house, epoch);
    assert.throws(() => monitor.claim(...claimFor(1)), { code: "CLAIM_WINDOW" });
    handheld.act((held) => held.hold());
    assert.throws(() => monitor.claim(...claimFor(0)), { code: "CLAIM_EPOCH" });
    assert.throws(() => monitor.claim(...claimFor(2)), { code: "CLAIM_EPOCH" });
    await pause(60_001);
    assert.throws(() => monitor.claim(...claimFor(1)), { code: "CLAIM_WINDOW" });
    handheld.act((held) => held.hold());
    monitor.claim(...claimFor(1));
    assert.equal(monitor.keys()!.epoch, 1);
  });

  it_(
    "is given up by its button held while it is switched on, and claimed anew with the next epoch",
    async (house, keepsake) => {
      const { handheld, store } = house;
      await claimIfNew(handheld, store);
      handheld.act((monitor) => monitor.start(RecordingMode.fixed, 2));
      await pause(4000);
      const { chainKey, receiptKey } = handheld.monitor!.keys()!;
      handheld.powerOff();
      const monitor = handheld.powerOn(frontEnd(), true)!;
      assert.equal(monitor.keys(), undefined);
      assert.equal(handheld.pattern, Pattern.claimMe);
      assert.equal(monitor.status(0, 0).backlog, 0);
      const image = Buffer.from(keepsake.vault.read(0, 2 * 4096));
      for (const key of [chainKey, receiptKey]) assert.equal(image.includes(Buffer.from(key)), false);
      // Nobody's: it does not record, and a restart without the button changes nothing.
      monitor.press();
      assert.equal(monitor.state, MonitorState.idle);
      handheld.powerOff();
      handheld.powerOn(frontEnd());
      assert.equal(handheld.monitor!.keys(), undefined);
      await claimIfNew(handheld, store);
      const { epoch, leaf, recording } = handheld.monitor!.keys()!;
      assert.deepEqual([epoch, leaf, recording], [2, 1, 1]);
      handheld.act((held) => held.start(RecordingMode.fixed, 2));
      await pause(4000);
      await idle(house);
      const report = store.reader.verify();
      assert.deepEqual([report.ok, report.recordings.length], [true, 2]);
    },
  );

  it_("records a strip of thirty seconds at a press, to the sample", async (house) => {
    const { handheld, store } = house;
    await claimIfNew(handheld, store);
    handheld.act((monitor) => monitor.press());
    assert.equal(handheld.monitor!.state, MonitorState.recording);
    await pause(31_000);
    await idle(house);
    const [recording] = store.reader.recordings();
    assert.equal(recording!.samples, 30 * RATE);
    assert.equal(recording!.state, "closed");
    assert.equal(handheld.pattern, Pattern.hubHasIt);
  });

  it_("marks the moment at a press while recording", async (house) => {
    const { handheld, store } = house;
    await claimIfNew(handheld, store);
    handheld.act((monitor) => monitor.press());
    await pause(10_000);
    handheld.act((monitor) => monitor.press());
    await pause(25_000);
    await idle(house);
    const [recording] = store.reader.recordings();
    const [mark] = store.reader.marks(recording!.id);
    assert.equal(mark!.kind, MarkKind.symptom);
    // The front end's FIFO was read at most a quarter of a second before.
    assert.ok(mark!.sample > 9.7 * RATE && mark!.sample <= 10 * RATE, String(mark!.sample));
  });

  it_("records as well without a hub, and drains when it comes", async (house) => {
    const { handheld, store, radio } = house;
    await claimIfNew(handheld, store);
    radio.centralOff();
    handheld.act((monitor) => monitor.start(RecordingMode.fixed, 60));
    await pause(61_000);
    assert.equal(handheld.monitor!.state, MonitorState.draining);
    assert.equal(handheld.pattern, Pattern.keptHere);
    assert.ok(handheld.monitor!.status(0, 0).backlog >= 62);
    radio.centralOn();
    await idle(house);
    assert.equal(store.reader.recordings()[0]!.samples, 60 * RATE);
  });

  it_("obeys its hub: start, stop, strip length, and the time", async (house) => {
    const { handheld, store } = house;
    await claimIfNew(handheld, store);
    await waitUntil("the time", () => handheld.monitor!.status(0, 0).trust === ClockTrust.setByHub, 10_000);
    const [device] = store.reader.devices();
    const counter = store.command(device!.id, { op: Op.start, mode: RecordingMode.continuous, seconds: 0 });
    await pause(7000);
    store.command(device!.id, { op: Op.stop });
    await idle(house);
    store.command(device!.id, { op: Op.settings, setting: Setting.stripSeconds, value: 5 });
    await pause(100);
    handheld.act((monitor) => monitor.press());
    await pause(7000);
    await idle(house);
    const [first, second] = store.reader.recordings();
    assert.ok(first!.samples >= 6 * RATE && first!.samples <= 8 * RATE, String(first!.samples));
    assert.equal(second!.samples, 5 * RATE);
    assert.ok(Math.abs(second!.startMs - Date.now()) < 60_000);
    assert.ok(store.reader.devices()[0]!.status!.lastCommand > counter);
  });

  it_(
    "marks a moment at its hub's word while it records, and refuses to while it does not",
    async (house) => {
      const { handheld, store } = house;
      await claimIfNew(handheld, store);
      await waitUntil("the time", () => handheld.monitor!.status(0, 0).trust === ClockTrust.setByHub, 10_000);
      const [device] = store.reader.devices();
      store.command(device!.id, { op: Op.mark });
      await pause(1000);
      assert.equal(handheld.monitor!.link.refusals.COMMAND_VALUE, 1);
      store.command(device!.id, { op: Op.start, mode: RecordingMode.fixed, seconds: 10 });
      await pause(5000);
      store.command(device!.id, { op: Op.mark });
      await idle(house);
      const [only, more] = store.reader.recordings();
      assert.equal(more, undefined);
      const marks = store.reader.marks(only!.id);
      assert.deepEqual(
        marks.map(({ kind }) => kind),
        [MarkKind.symptom],
      );
      assert.ok(marks[0]!.sample > 3 * RATE && marks[0]!.sample < 7 * RATE, String(marks[0]!.sample));
    },
  );

  it_("refuses a setting that it has not, and does not call it carried out", async ({ handheld, store }) => {
    await claimIfNew(handheld, store);
    await waitUntil("the time", () => handheld.monitor!.status(0, 0).trust === ClockTrust.setByHub, 10_000);
    await pause(1000);
    const [device] = store.reader.devices();
    const before = device!.status!.lastCommand;
    store.command(device!.id, { op: Op.settings, setting: Setting.rateHz, value: 512 });
    await pause(61_000);
    assert.equal(handheld.monitor!.link.refusals.COMMAND_VALUE, 1);
    const { status } = store.reader.devices()[0]!;
    assert.deepEqual([status!.lastCommand, status!.refused], [before, 1]);
    await pause(61_000);
    assert.equal((store.reader.devices()[0]!.refusals as Record<string, number>)["by-handheld"], 1);
  });

  it_(
    "takes the pace of its notifications from its hub, within what a connection bears",
    async ({ handheld }) => {
      const monitor = handheld.monitor!;
      const pace = (value: number) =>
        monitor.command({ op: Op.settings, setting: Setting.notificationsPerSecond, value });
      for (const value of [10, 200]) pace(value);
      for (const value of [0, 9, 201]) assert.throws(() => pace(value), { code: "COMMAND_VALUE" });
    },
  );

  it_("drains although somebody on the radio asks for a hello ten times a second", async (house) => {
    const { handheld, store, radio } = house;
    await claimIfNew(handheld, store);
    radio.centralOff();
    handheld.act((monitor) => monitor.start(RecordingMode.fixed, 300));
    await pause(301_000);
    radio.centralOn();
    const { alias } = handheld.monitor!.keys()!;
    let number = 128;
    const flood = setInterval(() => {
      for (const piece of fragment(encodeHelloRequest(alias), number++ & 255, 244))
        radio.central.write(piece);
    }, 100);
    try {
      await waitUntil("idle", () => handheld.monitor!.state === MonitorState.idle, 60_000);
    } finally {
      clearInterval(flood);
    }
    assert.equal(store.reader.recordings()[0]!.samples, 300 * RATE);
  });

  /** A claim message that opens under the unit's code, and the hello that it follows. */
  function claimOf({ handheld }: House, epoch: number) {
    const nonce = new Uint8Array(16).fill(1);
    const alias = nonce.slice(8);
    const key = claimKey(nodeCrypto, handheld.identity.claimCode, Direction.down, nonce, nonce);
    const body = encodeClaim({ root: new Uint8Array(32), alias, storeId: alias });
    const message = sealFrame(
      nodeCrypto,
      key,
      { type: FrameType.claim, epoch, recording: 0, sequence: 0 },
      body,
    );
    return [message, { alias, storeId: alias, generation: alias, nonce, deviceNonce: nonce }] as const;
  }

  it_("counts its leaves on through a new claim, and tells its hub how many are left", async (house) => {
    const { handheld, store } = house;
    assert.equal(handheld.monitor!.status(0, 0).signatures, 32);
    await claimIfNew(handheld, store);
    for (let strip = 0; strip < 2; strip++) {
      handheld.act((monitor) => monitor.start(RecordingMode.fixed, 1));
      await pause(3000);
      await idle(house);
    }
    await pause(1000);
    assert.equal(store.reader.devices()[0]!.status!.signatures, 30);
    handheld.powerOff();
    handheld.powerOn(frontEnd(), true);
    assert.equal(handheld.monitor!.status(0, 0).signatures, 30);
    handheld.act((monitor) => monitor.hold());
    handheld.monitor!.claim(...claimOf(house, 2));
    const { leaf, seen, epoch } = handheld.monitor!.keys()!;
    assert.deepEqual([epoch, leaf, seen], [2, 2, seenNothing()]);
  });

  it_("signs nothing any more when it has lost count of its leaves", async (house, { vault }) => {
    const { handheld, store } = house;
    await claimIfNew(handheld, store);
    handheld.act((monitor) => monitor.start(RecordingMode.fixed, 1));
    await pause(3000);
    handheld.powerOff();
    // Both pages of the vault died.
    vault.erase(0);
    vault.erase(1);
    const monitor = handheld.powerOn(frontEnd())!;
    assert.equal(monitor.keys(), undefined);
    assert.equal(monitor.status(0, 0).signatures, 0);
    monitor.hold();
    monitor.claim(...claimOf(house, 1));
    assert.equal(monitor.status(0, 0).signatures, 0);
    monitor.start(RecordingMode.fixed, 1);
    await pause(3000);
    assert.equal(monitor.keys()!.leaf, 0xffffffff);
  });

  it_(
    "sees the store's log grow, and says so in its next close, without wearing its flash for it",
    async (house, { vault }) => {
      const { handheld, store } = house;
      await claimIfNew(handheld, store);
      const monitor = handheld.monitor!;
      const fill = (length: number, value: number) => new Uint8Array(length).fill(value);
      const tell = (generation: number, checkpointSize: number) => {
        monitor.receipted({
          storeId: fill(8, 1),
          generation: fill(8, generation),
          checkpointSize,
          checkpointRoot: fill(32, checkpointSize),
          recording: 1,
          next: 1,
          holes: [],
        });
        return monitor.keys()!.seen;
      };
      // What the hub of this test said of its own log is forgotten.
      monitor.keys()!.seen = seenNothing();
      const { writes } = vault.counters;
      assert.equal(tell(1, 0).size, 0);
      assert.equal(tell(1, 7).size, 7);
      assert.equal(tell(1, 6).size, 7, "an older receipt changes nothing");
      assert.equal(tell(1, 9).size, 9);
      assert.deepEqual(tell(2, 4).root, fill(32, 4), "a restored store has another log");
      assert.equal(tell(2, 0).size, 4);
      assert.equal(vault.counters.writes, writes);
      // The vault is written when a recording begins: from then on a restart knows it too.
      const { radio } = house;
      radio.centralOff();
      handheld.act((m) => m.start(RecordingMode.fixed, 1));
      handheld.powerOff();
      handheld.powerOn(frontEnd());
      assert.deepEqual(handheld.monitor!.keys()!.seen, {
        generation: fill(8, 2),
        size: 4,
        root: fill(32, 4),
      });
      const closes: Uint8Array[] = [];
      store.events.on("stored", (frames) => {
        for (const { header, body } of frames) if (header.type === FrameType.close) closes.push(body);
      });
      handheld.act((m) => m.start(RecordingMode.fixed, 1));
      await pause(3000);
      radio.centralOn();
      await idle(house);
      const close = decodeClose(closes[0]!);
      assert.deepEqual([close.checkpointSize, toHex(close.checkpointRoot)], [4, "04".repeat(32)]);
    },
  );

  it_(
    "touches its vault neither for its store's proof nor for anything else while it records",
    async (house, keepsake) => {
      const { handheld, radio } = house;
      handheld.act((monitor) => monitor.hold());
      handheld.monitor!.claim(...claimOf(house, 1));
      radio.centralOff();
      handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
      await pause(2000);
      const { erases } = keepsake.vault.counters;
      handheld.monitor!.proved();
      handheld.act((monitor) => monitor.press());
      await pause(2000);
      assert.equal(handheld.monitor!.state, MonitorState.recording);
      assert.equal(keepsake.vault.counters.erases, erases);
      // It is known all the same, and outlives a restart once the recording has ended.
      assert.equal(handheld.monitor!.keys()!.confirmed, true);
      handheld.act((monitor) => monitor.stop());
      handheld.powerOff();
      handheld.powerOn(frontEnd());
      assert.equal(handheld.monitor!.keys()!.confirmed, true);
    },
  );

  it_(
    "shows that the electrodes lost the skin, and marks where they did and when they were back",
    async (house) => {
      const { handheld, store } = house;
      let touching = true;
      handheld.powerOff();
      handheld.powerOn(Object.assign(frontEnd(), { contact: () => touching }));
      await claimIfNew(handheld, store);
      handheld.act((monitor) => monitor.press());
      await pause(5_500);
      assert.equal(handheld.pattern, Pattern.recording);
      touching = false;
      await pause(4_000);
      assert.equal(handheld.pattern, Pattern.noContact);
      touching = true;
      await pause(4_000);
      assert.equal(handheld.pattern, Pattern.recording);
      await pause(20_000);
      await idle(house);
      const [recording] = store.reader.recordings();
      const marks = store.reader.marks(recording!.id);
      assert.deepEqual(
        marks.map(({ kind }) => kind),
        [MarkKind.leadOff, MarkKind.leadOn],
      );
      // Looked at once a block.
      for (const [i, second] of [5.5, 9.5].entries()) {
        const at = marks[i]!.sample / RATE;
        assert.ok(at > second && at <= second + 1.25, `mark ${i} at ${at} s`);
      }
    },
  );

  it_(
    "warns of a low battery at rest and at the start, and ends a recording with its close before it is empty",
    async (house) => {
      const { handheld, store } = house;
      await claimIfNew(handheld, store);
      await idle(house);
      assert.equal(handheld.pattern, Pattern.hubHasIt);
      handheld.batteryMillivolts = 3450;
      await pause(61_000);
      assert.equal(handheld.pattern, Pattern.lowBattery);
      handheld.act((monitor) => monitor.start(RecordingMode.continuous, 0));
      assert.equal(handheld.pattern, Pattern.lowBattery);
      await pause(1500);
      assert.equal(handheld.pattern, Pattern.recording);
      // A dip is no empty battery.
      handheld.batteryMillivolts = 3200;
      await pause(1000);
      handheld.batteryMillivolts = 3450;
      await pause(5000);
      assert.equal(handheld.monitor!.state, MonitorState.recording);
      const closes: Uint8Array[] = [];
      store.events.on("stored", (frames) => {
        for (const { header, body } of frames) if (header.type === FrameType.close) closes.push(body);
      });
      handheld.batteryMillivolts = 3200;
      await pause(4000);
      assert.equal(handheld.monitor!.state === MonitorState.recording, false);
      assert.equal(handheld.pattern, Pattern.lowBattery);
      await idle(house);
      assert.equal(decodeClose(closes[0]!).reason, CloseReason.lowBattery);
      // A board that cannot tell says 0.
      handheld.batteryMillivolts = 0;
      await pause(61_000);
      assert.equal(handheld.pattern, Pattern.hubHasIt);
    },
  );

  it_("knows no time after a restart until its hub says it again", async (house) => {
    const { handheld, store, radio } = house;
    await claimIfNew(handheld, store);
    await waitUntil("the time", () => handheld.monitor!.status(0, 0).trust === ClockTrust.setByHub, 10_000);
    radio.centralOff();
    handheld.powerOff();
    handheld.powerOn(frontEnd());
    handheld.act((monitor) => monitor.start(RecordingMode.fixed, 2));
    await pause(4000);
    radio.centralOn();
    await idle(house);
    const { open, startMs } = store.reader.recordings()[0]!;
    assert.deepEqual([open!.trust, startMs], [ClockTrust.unknown, 0]);
  });

  const sealed = new Map<string, string>();
  const watched: Crypto = {
    ...nodeCrypto,
    seal(key, nonce, plain) {
      const place = Buffer.concat([key, nonce]).toString("hex");
      const body = Buffer.from(plain).toString("hex");
      assert.equal(sealed.get(place) ?? body, body, "two bodies under one key and nonce");
      sealed.set(place, body);
      return nodeCrypto.seal(key, nonce, plain);
    },
  };
  it_(
    "seals no two statuses under one nonce when the store's hello is repeated before its proof",
    async (house) => {
      const { handheld, store, radio } = house;
      await claimIfNew(handheld, store);
      const { write } = radio.central;
      const hellos: Uint8Array[] = [];
      // A hello fits one write; the store's proof, and whatever else it sends, is lost.
      radio.central.write = (bytes) => {
        if (bytes[2] !== ((1 << 4) | FrameType.storeHello)) return;
        hellos.push(bytes.slice());
        write(bytes);
      };
      radio.drop();
      await pause(500);
      const before = sealed.size;
      const again = hellos.at(-1)!;
      for (const number of [100, 101, 102]) {
        again[0] = number;
        write(again);
        await pause(300);
      }
      assert.ok(hellos.length > 0);
      assert.ok(sealed.size >= before + 3, "the repeated hellos were not answered");
      radio.central.write = write;
    },
    { crypto: watched },
  );
});
