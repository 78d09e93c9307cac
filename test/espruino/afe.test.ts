import assert from "node:assert/strict";
import { bundle } from "./bundle";
import { interpret, skipUnlessInterpreter } from "./interpreter";

/**
 * The interpreter's own SPI, watch, timers and clock, replaced by the chip's model in virtual time. What stands between
 * driver and model is `firmware/espruino/hardware.ts` as it is.
 */
const SOURCE = `
import { ad8232 } from "../../firmware/afe/ad8232";
import { max30003 } from "../../firmware/afe/max30003";
import { sampledPin, spiChip } from "../../firmware/espruino/hardware";
import { Max30003Model } from "../../tools/sim/afe/max30003";

let now = 1000;
let asked = 0;
let fell;
let timer;
const model = new Max30003Model({
  nowMs: function () { return now; },
  next: function () { return ((asked++ * 7919) % 262144) - 131072; },
  fclkHz: 32768,
  pllLockMs: 12,
  info: 0x510000,
});
SPI1.setup = function () {};
SPI1.send = function (bytes) { return model.transfer(bytes); };
global.getTime = function () { return now / 1000; };
global.setWatch = function (run) { fell = run; return 1; };
global.clearWatch = function () { fell = undefined; };
global.setInterval = function (run, ms) { timer = { run: run, ms: ms, due: now + ms }; return 1; };
global.clearInterval = function () { timer = undefined; };
global.pinMode = function () {};
global.digitalWrite = function () {};
global.digitalRead = function () { return 0; };

const spec = { kind: "max30003", sck: "D1", mosi: "D2", miso: "D3", cs: "D4", int: "D5", fclkHz: 32768, rate: RATE, gain: 20 };
const frontEnd = max30003(spec, spiChip(spec), { failed: function (code) { print(code); } }, "electrodes");
let position = 0;
let lost = 0;
let first = -1;
let wrong = 0;
let unheard = 0;
frontEnd.start(function () {
  const reading = frontEnd.read();
  lost += reading.lost;
  position += reading.lost;
  const words = reading.leads[0];
  for (let i = 0; i < words.length; i++) {
    if (first < 0) {
      unheard = model.lost;
      first = asked - words.length;
    }
    if ((words[i] << 8) >> 14 !== (((first + position) * 7919) % 262144) - 131072) wrong++;
    position++;
  }
});

/** JavaScript does nothing until \`busy\`. */
function run(until, busy) {
  let low = model.interruptLow();
  let edge = -1;
  while (now < until) {
    now = Math.min(until, model.nextMs(), timer ? Math.max(timer.due, busy) : until);
    const is = model.interruptLow();
    if (is && !low) edge = now;
    low = is;
    if (now < busy) continue;
    if (edge >= 0) {
      const atMs = edge;
      edge = -1;
      fell({ time: atMs / 1000 });
    }
    if (timer && timer.due <= now) {
      timer.due = now + timer.ms;
      timer.run();
    }
    low = model.interruptLow();
  }
}
run(4000, 0);
run(5000, 4700);
run(8000, 0);
print(position, lost, model.lost - unheard, wrong);
frontEnd.stop();

let full;
global.Waveform = function () { return { on: function (event, run) { full = run; }, startInput: function () {}, stop: function () {} }; };
const pins = { kind: "ad8232", out: "D1", loPlus: "D2", loMinus: "D3", shutdown: "D4", rate: 16 };
const teaching = ad8232(pins, sampledPin(pins));
teaching.start(function () {
  print(teaching.read().leads[0].join());
});
full(new Uint8Array([0, 1, 127, 128, 129, 255, 128, 128]));
`;

describe("front ends on the interpreter", function () {
  before(function () {
    skipUnlessInterpreter(this);
  });

  for (const rate of [128, 512]) {
    it(`read every sample at ${rate} Hz, and declare a stall exactly`, async () => {
      const script = bundle(SOURCE, { minify: true, define: { RATE: String(rate) } });
      const [recorded, teaching] = await interpret(script, { seconds: 100 });
      const [position, lost, overflowed, wrong] = recorded!.split(" ").map(Number) as [
        number,
        number,
        number,
        number,
      ];
      // Seven seconds but for the lock of the PLL and what waits for its burst.
      assert.ok(position > 7 * rate - 16 - rate * 0.05 && position <= 7 * rate, recorded);
      assert.ok(lost > 0.5 * rate, recorded);
      assert.equal(lost, overflowed);
      assert.equal(wrong, 0);
      assert.equal(teaching, "-128,-127,-1,0,1,127,0,0");
    });
  }
});
