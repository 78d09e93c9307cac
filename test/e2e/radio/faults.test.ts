import assert from "node:assert/strict";
import type { CloseCause } from "../../../gateway/radio/radio";
import { MonitorState } from "../../../protocol/command";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { GeneratedSource } from "../../../tools/sim/source";
import { SampleDigest } from "../../../tools/sim/witness";
import { stored } from "../rig";
import { assertComplete, type HubProcess, Rig, sampled, until } from "./rig";

const UNITS = ["c0:00:00:00:00:01", "c0:00:00:00:00:02"] as const;
const ELSEWHERE = "c0:00:00:00:00:99";
const HUB = "d0:00:00:00:00:01";
const OTHER_HUB = "d0:00:00:00:00:02";
const TWO_ADAPTERS = ["d0:00:00:00:00:03", "d0:00:00:00:00:04"];
const RATE = 256;
/** Those that would be waited for long; what a loaded machine needs is left as it is. */
const LIMITS = { connectMs: 4000, quietMs: 5000, remedyMs: 5000, unprovedMs: 8000 };
/** Core 5.4 Vol 3 Part F 3.4.8. */
const Att = { mtuRequest: 0x02, groupRequest: 0x10, write: 0x12, notification: 0x1b };
const REQUEST_NOT_SUPPORTED = 0x06;
const UNLIKELY = 0x0e;
/** The first that a controller gives out. */
const HANDLE = 0x40;
const BOARD_BYTES = 128;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`the radio's faults end in a complete recording with no hand (seed ${seed})`, function () {
  this.timeout(240_000);
  let rig: Rig;
  let hub: HubProcess;
  let unit: UnitProcess;
  let address: string = UNITS[0];

  before(async () => {
    rig = await Rig.open(seed);
    hub = rig.hub([HUB], LIMITS);
    await hub.start();
    unit = await rig.unit("unit", address);
    await hub.claim(unit);
  });
  after(() => rig?.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(hub.log());
  });

  const closes = async (cause: CloseCause) => (await hub.radio()).closes[cause] ?? 0;

  /** All but the newest frames are receipted. */
  const flows = (one = unit) =>
    until("frames to flow", async () => {
      const { backlog, radio } = await one.status();
      return radio.subscribed && backlog <= 2;
    });

  const begin = async (one = unit) => {
    await one.tell({ do: "start" });
    await flows(one);
    await sampled(one, RATE);
  };

  const complete = async (one = unit) => {
    await flows(one);
    await sampled(one, RATE);
    await assertComplete(one, hub);
  };

  it("dials of five handhelds that fail at connect, MTU, discovery and subscription, all at once", async () => {
    const { air } = rig;
    const mend = (at: string) => air.swallow(at);
    const faults: { cause: CloseCause; fail(at: string): void; mend(at: string): void }[] = [
      { cause: "connect", fail: (at) => air.deafen(at, true), mend: (at) => air.deafen(at, false) },
      { cause: "mtu", fail: (at) => air.swallow(at, Att.mtuRequest), mend },
      { cause: "discovery", fail: (at) => air.swallow(at, Att.groupRequest), mend },
      { cause: "subscribe", fail: (at) => air.swallow(at, Att.write), mend },
      { cause: "subscribe", fail: (at) => air.refuse(at, Att.write, UNLIKELY), mend },
    ];
    const at = (index: number) => `c0:00:00:00:01:0${index}`;
    const units = await Promise.all(faults.map((_, index) => rig.unit(`dialled-${index}`, at(index))));
    for (const one of units) await hub.claim(one);
    await Promise.all(units.map((one) => begin(one)));
    await Promise.all(
      faults.map(async ({ cause, fail, mend }, index) => {
        const one = units[index]!;
        const failures = await closes(cause);
        const { connects } = (await one.status()).radio;
        fail(at(index));
        air.cut(at(index));
        await until(`a dial that fails at ${cause}`, async () => {
          // Of two that fail at the same step each was connected, let go of, and connected again.
          const dials = (await one.status()).radio.connects - connects;
          return (await closes(cause)) > failures && (cause === "connect" || dials > 1);
        });
        mend(at(index));
        await complete(one);
      }),
    );
    await Promise.all(units.map((one) => one.powerOff()));
  });

  it("an MTU that changes, within a link and from one to the next", async () => {
    const bytes = async () => {
      const [link] = (await hub.radio()).links;
      return [link?.notificationBytes, (await unit.status()).radio.notificationBytes];
    };
    const agreed = (what: string, count: number) =>
      until(what, async () => (await bytes()).every((each) => each === count));
    await begin();
    await agreed("the board's MTU", BOARD_BYTES);
    // As if each had asked the other; what they answer comes unasked for.
    for (const end of [HUB, address]) rig.air.inject(end, HANDLE, att(Att.mtuRequest, 64, 0));
    await agreed("a smaller one within the link", 61);
    await sampled(unit, RATE);
    rig.air.refuse(address, Att.mtuRequest, REQUEST_NOT_SUPPORTED);
    rig.air.cut(address);
    await agreed("none at all at the next link", 20);
    await sampled(unit, RATE);
    rig.air.swallow(address);
    rig.air.cut(address);
    await agreed("the board's again", BOARD_BYTES);
    await complete();
  });

  it("notifications for handles that are dead, or never were", async () => {
    await begin();
    const { pid } = hub;
    const haunt = () => {
      for (const handle of [0, HANDLE, HANDLE + 1, 0xeff]) {
        for (let value = 0; value < 24; value++)
          rig.air.inject(HUB, handle, att(Att.notification, value, 0, 1, 2, 3, 4, 5, 6, 7, 8));
      }
    };
    rig.air.deafen(address, true);
    rig.air.cut(address);
    await until("the link's end", async () => (await hub.radio()).links.length === 0);
    haunt();
    rig.air.deafen(address, false);
    await flows();
    haunt();
    await complete();
    assert.equal(hub.pid, pid);
  });

  it("a handheld whose address changes", async () => {
    await begin();
    address = ELSEWHERE;
    await unit.tell({ do: "address", address });
    await complete();
  });

  it("an adapter that is pulled out and plugged in again", async () => {
    await begin();
    rig.air.vanish(HUB);
    await until("the hub to see it", async () => (await hub.radio()).adapters[0]!.state !== "on");
    await sampled(unit, RATE);
    rig.air.restore(HUB);
    await complete();
  });

  it("an adapter that scans and hears nothing until it is opened anew", async () => {
    await begin();
    rig.air.benumb(HUB, "reopen");
    rig.air.cut(address);
    await until("the ladder", async () => (await hub.radio()).adapters[0]!.recoveries > 1);
    await complete();
  });

  it("a hub that is killed with SIGKILL and started again", async () => {
    await begin();
    await hub.kill();
    await sampled(unit, RATE);
    await hub.start();
    await complete();
  });

  it("another's hub that gets hold of the handheld, and wants it again: it lets go", async () => {
    const other = rig.hub([OTHER_HUB], LIMITS);
    await other.start();
    await begin();
    rig.air.signal(HUB, address, null);
    await until("the other hub's link", async () => (await other.radio()).connects > 0);
    rig.air.signal(HUB, address, -60);
    await flows();
    // Both hear it again at once, and race.
    rig.air.cut(address);
    await until("the end", async () => (await hub.radio()).links.length === 0);
    await complete();
    assert.deepEqual(
      other.read((reader) => reader.recordings()),
      [],
    );
    await other.kill();
  });

  it("a handheld that is killed with SIGKILL: what its flash holds arrives, and the next recording does", async () => {
    // A process of its own, whose front end begins where its generator does.
    await unit.kill();
    unit = await rig.unit("unit", address);
    await begin();
    await unit.kill();
    unit = await rig.unit("unit", address);
    const { state, recording } = await unit.status();
    assert.equal(state, MonitorState.draining);
    await until("what it owed", async () => (await unit.status()).state === MonitorState.idle);
    hub.read((reader) => {
      const [cut] = reader.recordings().filter((one) => one.recording === recording);
      assert.deepEqual([cut!.holes, cut!.dropped, cut!.flags], [0, 0, []]);
      const got = stored(reader, cut!.id, 1);
      // At least what was receipted; frames under way to its flash went with its power.
      assert.ok(got.samples >= RATE, `${got.samples} samples`);
      assert.deepEqual(got, given(got.samples));
      assert.deepEqual(reader.verify(cut!.id).problems, []);
    });
    await begin();
    await complete();
  });

  it("two adapters, and the one that bears the link is pulled out", async () => {
    await hub.kill();
    hub = rig.hub(TWO_ADAPTERS, LIMITS);
    await hub.start();
    unit = await rig.unit("other", UNITS[1]);
    await hub.claim(unit);
    await begin();
    const bearing = (await hub.radio()).links[0]!.adapter;
    const lost = TWO_ADAPTERS.find((one) => rig.adapter(one) === bearing)!;
    rig.air.vanish(lost);
    const elsewhere = async () => (await hub.radio()).links.some(({ adapter }) => adapter !== bearing);
    await until("a link through the other", elsewhere);
    await flows();
    rig.air.restore(lost);
    const isOn = async () =>
      (await hub.radio()).adapters.every(({ state, scanning }) => state === "on" && scanning);
    await until("both adapters", isOn);
    await complete();
  });
});

/** What any front end of this test's units begins with. */
function given(samples: number) {
  const digest = new SampleDigest(1);
  digest.add(new GeneratedSource(new EcgGenerator({ seed, rate: RATE })).read(samples));
  return digest.now();
}

/** L2CAP on the attribute channel. */
function att(...bytes: number[]): Uint8Array {
  return Uint8Array.from([bytes.length, 0, 4, 0, ...bytes]);
}
