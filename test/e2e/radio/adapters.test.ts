import assert from "node:assert/strict";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { until } from "../../../tools/sim/radio/until";
import { Home, RATE } from "./home";
import { sampled } from "./rig";

/** Each adapter hears the handheld of its own place in the row, until a test says otherwise. */
const ADAPTERS = ["d0:00:00:00:00:01", "d0:00:00:00:00:02", "d0:00:00:00:00:03"];
const HANDHELDS = ["c0:00:00:00:00:01", "c0:00:00:00:00:02", "c0:00:00:00:00:03"];
const CURES = ["scan", "reset", "reopen"] as const;
const LADDER = ["scan restarted", "reset", "opened anew"];
const NEAR = -60;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`faults of adapters end in a complete recording with no hand (seed ${seed})`, function () {
  const home = new Home(seed, ADAPTERS);
  let units: UnitProcess[];

  before(async () => {
    await home.open(({ air }) => {
      for (const [place, adapter] of ADAPTERS.entries())
        for (const [other, handheld] of HANDHELDS.entries())
          if (place !== other) air.signal(adapter, handheld, null);
    });
    units = await home.claimed(...HANDHELDS);
  });
  after(() => home.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(home.hub.log());
  });

  it("scans that hear nothing, each until the rung of the ladder that cures it, and no further", async () => {
    const { air } = home.rig;
    await Promise.all(
      CURES.map(async (cure, place) => {
        const [adapter, unit] = [ADAPTERS[place]!, units[place]!];
        await home.begin(unit);
        air.benumb(adapter, cure);
        air.cut(HANDHELDS[place]!);
        await home.complete(unit);
        const said = () => home.hub.logged(home.rig.adapter(adapter));
        await until("its word", () => said().some(({ text }) => text.endsWith(": works again")));
        assert.deepEqual(
          said().flatMap(({ fields }) => (LADDER.includes(fields.step as string) ? [fields.step] : [])),
          LADDER.slice(0, place + 1),
        );
        assert.equal((await home.adapter(adapter)).recoveries, 0);
      }),
    );
  });

  it("an adapter that is pulled out and plugged in again", async () => {
    const [adapter, unit] = [ADAPTERS[0]!, units[0]!];
    await home.begin(unit);
    home.rig.air.vanish(adapter);
    await until("the hub to see it", async () => (await home.adapter(adapter)).state !== "on");
    await sampled(unit, RATE);
    home.rig.air.restore(adapter);
    await home.complete(unit);
  });

  it("two adapters, and the one that bears the link is pulled out", async () => {
    const { air } = home.rig;
    const [bearing, other] = ADAPTERS as [string, string];
    const [handheld, unit] = [HANDHELDS[0]!, units[0]!];
    await home.begin(unit);
    assert.equal((await home.adapter(bearing)).links, 1);
    const connects = (await unit.status()).radio.connects;
    air.signal(other, handheld, NEAR);
    air.vanish(bearing);
    await until("the adapter's end", async () => (await home.adapter(bearing)).state !== "on");
    await until("a new link", async () => (await unit.status()).radio.connects > connects);
    await home.flows(unit);
    assert.deepEqual([(await home.adapter(bearing)).links, (await home.adapter(other)).links], [0, 2]);
    air.restore(bearing);
    const isOn = async () => {
      const { state, scanning } = await home.adapter(bearing);
      return state === "on" && scanning;
    };
    await until("both adapters", isOn);
    await home.complete(unit);
  });

  it("and no ECG, no key and no claim code in the hub's log", () => home.assertDiscreet());
});
