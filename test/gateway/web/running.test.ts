import assert from "node:assert/strict";
import { MarkKind } from "../../../protocol/bodies";
import type { Handheld, Made } from "../store/handheld";
import { WebRig } from "./rig";

describe("the API, of the recording that a handheld makes", function () {
  this.timeout(20_000);
  let rig: WebRig;
  let handheld: Handheld;
  let made: Made;
  let id: string;
  beforeEach(async () => {
    rig = new WebRig();
    handheld = rig.claimed();
    await rig.serve();
    made = rig.begin(handheld, ["I"]);
    rig.block(handheld, made, [[1, 2, 3, 4]]);
    rig.deliver(handheld, made);
    id = rig.idOf(handheld, 1);
  });
  afterEach(() => rig.close());

  const running = async () => {
    const answer = await rig.ask("GET", "/api/devices");
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json().devices[0].running;
  };
  const mark = (kind: number) => {
    handheld.mark(made, { kind, sample: 2, uptimeMs: 9 });
    rig.deliver(handheld, made);
  };

  it("tells the heart rate and of when it is", async () => {
    assert.deepEqual(await running(), { recording: id, contact: true });
    rig.pulses.set(handheld.hex, { recording: id, at: 1_700_000_000_123.4, sample: 4, heartRate: 68.25 });
    assert.deepEqual((await running()).heart, { at: 1_700_000_000_123, rate: 68.25 });
  });

  it("tells none of what cannot be read, of no heart, or of the recording before", async () => {
    const heartOf = async (pulse: object) => {
      rig.pulses.set(handheld.hex, { recording: id, at: 5, sample: 4, heartRate: 68, ...pulse });
      return (await running()).heart;
    };
    assert.deepEqual(await heartOf({ rhythm: "sinus" }), { at: 5, rate: 68 });
    assert.deepEqual(await heartOf({ rhythm: "unreadable" }), { at: 5 });
    for (const heartRate of [undefined, 0, 19, 351, Number.NaN, Number.POSITIVE_INFINITY])
      assert.deepEqual(await heartOf({ heartRate }), { at: 5 }, String(heartRate));
    assert.equal(await heartOf({ recording: "0".repeat(64) }), undefined);
  });

  it("tells that nobody touches it, also to whoever begins to look only then, and no heart rate meanwhile", async () => {
    rig.pulses.set(handheld.hex, { recording: id, at: 5, sample: 4, heartRate: 68 });
    mark(MarkKind.leadOff);
    mark(MarkKind.symptom);
    assert.deepEqual(await running(), { recording: id, contact: false });
    mark(MarkKind.leadOn);
    assert.deepEqual(await running(), { recording: id, contact: true, heart: { at: 5, rate: 68 } });
  });

  it("tells nothing of one that has ended", async () => {
    rig.pulses.set(handheld.hex, { recording: id, at: 5, sample: 4, heartRate: 68 });
    handheld.close(made);
    rig.deliver(handheld, made);
    assert.equal(await running(), undefined);
  });
});
