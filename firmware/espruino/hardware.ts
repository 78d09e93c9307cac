/** Espruino's SPI, watches, timers and converter as the front ends' drivers want them. */
import type { SampledPin, SpiChip } from "../afe/hardware";
import type { Ad8232Spec, Max30003Spec } from "../board/spec";

/** The MAX30003 takes 12 MHz; a burst of 49 bytes is 0.1 ms at 4. */
const SPI_HZ = 4000000;

function nowMs(): number {
  return getTime() * 1000;
}

function every(ms: number, run: () => void): () => void {
  const interval = setInterval(run, ms);
  return function () {
    clearInterval(interval);
  };
}

const mapInPlace = E.mapInPlace;

/** Of sixteen words: a sixth of the time that Uint24Array between two reversals takes, a tenth of a loop's. */
export function words24(bytes: Uint8Array, words: Int32Array): void {
  mapInPlace(bytes.subarray(1), words, undefined, 24);
}

export function spiChip(spec: Max30003Spec): SpiChip {
  const select = new Pin(spec.cs);
  const interrupt = new Pin(spec.int);
  digitalWrite(select, 1);
  pinMode(interrupt, "input_pullup");
  SPI1.setup({
    sck: new Pin(spec.sck),
    mosi: new Pin(spec.mosi),
    miso: new Pin(spec.miso),
    baud: SPI_HZ,
    mode: 0,
  });
  return {
    nowMs,
    every,
    transfer(bytes) {
      return SPI1.send(bytes, select);
    },
    words24,
    watch(fell) {
      const watch = setWatch(
        function (event) {
          fell(event.time * 1000);
        },
        interrupt,
        { repeat: true, edge: "falling", debounce: 0 },
      );
      return function () {
        clearWatch(watch);
      };
    },
  };
}

export function sampledPin(spec: Ad8232Spec): SampledPin {
  const out = new Pin(spec.out);
  const loPlus = new Pin(spec.loPlus);
  const loMinus = new Pin(spec.loMinus);
  const shutdown = new Pin(spec.shutdown);
  return {
    nowMs,
    sample(rate, samples, full) {
      const wave = new Waveform(samples, { doubleBuffer: true });
      wave.on("buffer", full);
      wave.startInput(out, rate, { repeat: true });
      return function () {
        wave.stop();
      };
    },
    remap(bytes, table, words) {
      E.mapInPlace(bytes, words, table, 8);
    },
    leadOff() {
      return digitalRead(loPlus) === 1 || digitalRead(loMinus) === 1;
    },
    power(on) {
      digitalWrite(shutdown, on ? 1 : 0);
    },
  };
}
