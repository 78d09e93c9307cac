import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { assertComplete, type HubProcess, Rig, sampled, until } from "./rig";

const UNIT = "c0:00:00:00:00:01";
const HUB = ["d0:00:00:00:00:01", "d0:00:00:00:00:02"];
const RATE = 256;
const LIMITS = { connectMs: 4000, quietMs: 5000, remedyMs: 5000 };
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`a radio's faults end in a complete recording with no hand (seed ${seed})`, function () {
  this.timeout(240_000);
  let rig: Rig;
  let hub: HubProcess;
  let unit: UnitProcess;

  before(async () => {
    rig = await Rig.open(seed);
    hub = rig.hub(HUB.slice(0, 1), LIMITS);
    await hub.start();
    unit = await rig.unit("unit", UNIT);
    await hub.claim(unit);
  });
  after(() => rig?.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(hub.log());
  });

  const linked = () =>
    until("a link that the store answers", async () => (await unit.status()).backlog <= 2 && isLinked());
  const isLinked = async () => (await hub.radio()).links.length > 0 && (await unit.status()).radio.subscribed;

  it("without any", async () => {
    await unit.tell({ do: "start" });
    await linked();
    await sampled(unit, RATE);
    await assertComplete(unit, hub);
  });
});
