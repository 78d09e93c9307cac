import assert from "node:assert/strict";
import { MonitorState } from "../../../protocol/command";
import { EcgGenerator } from "../../../tools/sim/ecg/generator";
import type { UnitProcess } from "../../../tools/sim/radio/unitprocess";
import { until } from "../../../tools/sim/radio/until";
import { GeneratedSource } from "../../../tools/sim/source";
import { SampleDigest, stored } from "../../../tools/sim/witness";
import { Home, RATE } from "./home";
import { sampled } from "./rig";

const HUB = "d0:00:00:00:00:01";
const OTHER_HUB = "d0:00:00:00:00:02";
const HANDHELD = "c0:00:00:00:00:01";
const ELSEWHERE = "c0:00:00:00:00:99";
const NEAR = -60;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`killed, moved and wanted twice: a complete recording with no hand (seed ${seed})`, function () {
  const home = new Home(seed, [HUB]);
  let unit: UnitProcess;
  let address = HANDHELD;

  before(async () => {
    await home.open();
    [unit] = (await home.claimed(HANDHELD)) as [UnitProcess];
  });
  after(() => home.close());
  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(home.hub.log());
  });

  it("a handheld whose address changes", async () => {
    await home.begin(unit);
    address = ELSEWHERE;
    await unit.tell({ do: "address", address });
    await home.complete(unit);
  });

  it("a hub that is killed with SIGKILL and started again", async () => {
    await home.begin(unit);
    await home.hub.kill();
    await sampled(unit, RATE);
    await home.hub.start();
    await home.complete(unit);
  });

  it("another's hub that gets hold of the handheld, and wants it again: it lets go", async () => {
    const { air } = home.rig;
    const other = await home.startHub([OTHER_HUB]);
    await home.begin(unit);
    air.signal(HUB, address, null);
    await until("the other hub's link", async () => (await other.radio()).connects > 0);
    air.signal(HUB, address, NEAR);
    await home.flows(unit);
    // Both hear it again at once, and race.
    air.cut(address);
    await until("the end", async () => (await home.hub.radio()).links.length === 0);
    await home.complete(unit);
    assert.deepEqual(
      other.read((reader) => reader.recordings()),
      [],
    );
    await other.kill();
  });

  it("a handheld that is killed with SIGKILL: what its flash holds arrives, and the next recording does", async () => {
    const boot = () => home.rig.unit(HANDHELD, address);
    // A process of its own, whose front end begins where its generator does.
    await unit.kill();
    unit = await boot();
    await home.begin(unit);
    await unit.kill();
    unit = await boot();
    const { state, recording } = await unit.status();
    assert.equal(state, MonitorState.draining);
    await until("what it owed", async () => (await unit.status()).state === MonitorState.idle);
    home.hub.read((reader) => {
      const [cut] = reader.recordings().filter((one) => one.recording === recording);
      assert.deepEqual([cut!.holes, cut!.dropped, cut!.flags], [0, 0, []]);
      const got = stored(reader, cut!.id, 1);
      // At least what was receipted; frames under way to its flash went with its power.
      assert.ok(got.samples >= RATE, `${got.samples} samples`);
      assert.deepEqual(got, given(got.samples));
      assert.deepEqual(reader.verify(cut!.id).problems, []);
    });
    await home.begin(unit);
    await home.complete(unit);
  });

  it("and no ECG, no key and no claim code in the hub's log", () => home.assertDiscreet());
});

/** What any front end of this test's units begins with. */
function given(samples: number) {
  const digest = new SampleDigest(1);
  digest.add(new GeneratedSource(new EcgGenerator({ seed, rate: RATE })).read(samples));
  return digest.now();
}
