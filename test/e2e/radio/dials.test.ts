import assert from "node:assert/strict";
import type { CloseCause } from "../../../gateway/radio/radio";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { until } from "../../../tools/sim/radio/until";
import { att, Home, RATE } from "./home";
import { sampled } from "./rig";

const HUB = "d0:00:00:00:00:01";
const HANDHELD = "c0:00:00:00:00:01";
/** Core 5.4 Vol 3 Part F 3.4.8. */
const Att = { mtuRequest: 0x02, groupRequest: 0x10, write: 0x12, notification: 0x1b };
const REQUEST_NOT_SUPPORTED = 0x06;
const UNLIKELY = 0x0e;
/** The first that a controller gives out. */
const HANDLE = 0x40;
const BOARD_BYTES = 128;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`faults of a dial and of a link end in a complete recording with no hand (seed ${seed})`, function () {
  const home = new Home(seed, [HUB]);
  let unit: UnitProcess;

  before(async () => {
    await home.open();
    [unit] = (await home.claimed(HANDHELD)) as [UnitProcess];
  });
  after(() => home.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(home.hub.log());
  });

  it("dials of five handhelds that fail at connect, MTU, discovery and subscription, all at once", async () => {
    const { air } = home.rig;
    const mend = (at: string) => air.swallow(at);
    const faults: { cause: CloseCause; fail(at: string): void; mend(at: string): void }[] = [
      { cause: "connect", fail: (at) => air.deafen(at, true), mend: (at) => air.deafen(at, false) },
      { cause: "mtu", fail: (at) => air.swallow(at, Att.mtuRequest), mend },
      { cause: "discovery", fail: (at) => air.swallow(at, Att.groupRequest), mend },
      { cause: "subscribe", fail: (at) => air.swallow(at, Att.write), mend },
      { cause: "subscribe", fail: (at) => air.refuse(at, Att.write, UNLIKELY), mend },
    ];
    const at = (index: number) => `c0:00:00:00:01:0${index}`;
    const units = await home.claimed(...faults.map((_, index) => at(index)));
    await Promise.all(units.map((one) => home.begin(one)));
    await Promise.all(
      faults.map(async ({ cause, fail, mend }, index) => {
        const one = units[index]!;
        const failures = await home.closes(cause);
        const { connects } = (await one.status()).radio;
        fail(at(index));
        air.cut(at(index));
        await until(`a dial that fails at ${cause}`, async () => {
          // Of two that fail at the same step each was connected, let go of, and connected again.
          const dials = (await one.status()).radio.connects - connects;
          return (await home.closes(cause)) > failures && (cause === "connect" || dials > 1);
        });
        mend(at(index));
        await home.complete(one);
      }),
    );
    await Promise.all(units.map((one) => one.powerOff()));
  });

  it("an MTU that changes, within a link and from one to the next", async () => {
    const { air } = home.rig;
    const bytes = async () => {
      const [link] = (await home.hub.radio()).links;
      return [link?.notificationBytes, (await unit.status()).radio.notificationBytes];
    };
    const agreed = (what: string, count: number) =>
      until(what, async () => (await bytes()).every((each) => each === count));
    await home.begin(unit);
    await agreed("the board's MTU", BOARD_BYTES);
    // As if each had asked the other; what they answer comes unasked for.
    for (const end of [HUB, HANDHELD]) air.inject(end, HANDLE, att(Att.mtuRequest, 64, 0));
    await agreed("a smaller one within the link", 61);
    await sampled(unit, RATE);
    air.refuse(HANDHELD, Att.mtuRequest, REQUEST_NOT_SUPPORTED);
    air.cut(HANDHELD);
    await agreed("none at all at the next link", 20);
    await sampled(unit, RATE);
    air.swallow(HANDHELD);
    air.cut(HANDHELD);
    await agreed("the board's again", BOARD_BYTES);
    await home.complete(unit);
  });

  it("notifications for handles that are dead, or never were", async () => {
    const { air } = home.rig;
    await home.begin(unit);
    const { pid } = home.hub;
    const haunt = () => {
      for (const handle of [0, HANDLE, HANDLE + 1, 0xeff]) {
        for (let value = 0; value < 24; value++)
          air.inject(HUB, handle, att(Att.notification, value, 0, 1, 2, 3, 4, 5, 6, 7, 8));
      }
    };
    air.deafen(HANDHELD, true);
    air.cut(HANDHELD);
    await until("the link's end", async () => (await home.hub.radio()).links.length === 0);
    haunt();
    air.deafen(HANDHELD, false);
    await home.flows(unit);
    haunt();
    await home.complete(unit);
    assert.equal(home.hub.pid, pid);
  });

  it("and no ECG, no key and no claim code in the hub's log", () => home.assertDiscreet());
});
