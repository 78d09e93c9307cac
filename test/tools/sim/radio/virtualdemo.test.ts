import assert from "node:assert/strict";
import path from "node:path";
import { type Hub, startHub } from "../../../../gateway/hub";
import { openBluetooth } from "../../../../gateway/radio/open";
import { startVirtualDemo } from "../../../../tools/sim/virtualdemo";
import { scratch } from "../../../e2e/rig";

const RECORD = path.join(__dirname, "../../../../tools/sim/records/mitdb208x");
const LIMIT_MS = 120_000;
const HANDHELDS = 2;

describe("the demo through the virtual radio", function () {
  const dataDir = path.join(scratch(), "demo");

  it("claims each handheld and records it to its close, which arrives", async () => {
    const demo = await startVirtualDemo({
      dataDir,
      record: RECORD,
      handhelds: HANDHELDS,
      openRadio: (adapter) => openBluetooth({ adapters: [adapter] }),
      startHub: (radio): Promise<Hub> => startHub({ dataDir, kind: "demo", broker: "memory", radio }),
    });
    const { reader } = demo.hub.store!;
    const begun = Date.now();
    const enough = () => reader.recordings().filter(({ samples }) => samples > 2 * 360).length === HANDHELDS;
    while (!enough() && Date.now() - begun < LIMIT_MS) await new Promise((done) => setTimeout(done, 50));
    const atClose: { device: string; closed: boolean; simulated: boolean }[] = [];
    const stopped = demo.hub.stop;
    demo.hub.stop = async () => {
      for (const { device, state, simulated } of reader.recordings())
        atClose.push({ device, closed: state === "closed", simulated });
      await stopped();
    };
    await demo.stop();
    assert.equal(new Set(atClose.map(({ device }) => device)).size, HANDHELDS);
    for (const { closed, simulated } of atClose) assert.deepEqual([closed, simulated], [true, true]);
  });
});
