import assert from "node:assert/strict";
import { RATE, stream } from "../../../tools/bench/stream";

/** The bench's area radio does this with eight of them for an hour. */
const SECONDS = 120;
const HANDHELDS = 2;
/** Of what is in use. An hour's bar is 5 %; code is still being compiled in the first minutes. */
const MAX_GROWTH_PERCENT = 10;
const seed = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

describe(`${HANDHELDS} handhelds that stream at ${RATE} Hz for ${SECONDS} s (seed ${seed})`, function () {
  this.timeout(1000 * SECONDS + 240_000);

  it("lose nothing, and the hub's memory stays", async () => {
    const found = await stream({ handhelds: HANDHELDS, seconds: SECONDS, seed });
    const { live, rss, cpuPercent, reconnects } = found;
    console.log(
      `      hub: ${cpuPercent.hub.toFixed(1)} % of a core, ${(rss.lateBytes / 2 ** 20).toFixed(0)} MiB, ${live.percent.toFixed(1)} % growth in use, ${reconnects} reconnects`,
    );
    assert.deepEqual(found.faults, []);
    assert.ok(found.samplesTaken >= HANDHELDS * (SECONDS - 5) * RATE, `only ${found.samplesTaken} samples`);
    assert.equal(found.samplesKept, found.samplesTaken);
    assert.ok(live.percent < MAX_GROWTH_PERCENT, `memory in use grew by ${live.percent.toFixed(1)} %`);
  });
});
