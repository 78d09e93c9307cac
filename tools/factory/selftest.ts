/**
 * What of a unit is tested while its console is still open: the station asks its chips by their registers, and whoever stands
 * there for what only eyes and hands can tell. What nobody was there to see is told as not done, never as passed.
 */
import { setTimeout as pause } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { BoardSpec, FlashRegion, Max30003Spec } from "../../firmware/board/spec";
import { amplitude, rms, samplesOf } from "./frontendsamples";
import type { TestLine } from "./unitline";

/** A unit's open console. */
export interface Asked {
  ask(expression: string): Promise<unknown>;
}

/** Whoever stands at the station, or a jig. */
export interface Operator {
  /** @param shown called once the question can be read: others may have been asked before it */
  confirm(question: string, shown?: () => void): Promise<boolean>;
}

export type Wait = (ms: number) => Promise<void>;

export const Question = {
  open: "Take the short off the electrodes: is it off?",
  shorted: "Short the electrodes again: are they?",
  button: "Hold the unit's button: is it held?",
  light: "Does the unit's light blink?",
  buzzer: "Did the unit beep?",
} as const;

export interface SelfTestReport {
  /** Nothing that was done failed. */
  passed: boolean;
  checks: TestLine[];
}

/** Of the MAX30003: data sheet, rev. 3. */
const Register = {
  status: 0x01,
  reset: 0x08,
  synch: 0x09,
  info: 0x0f,
  general: 0x10,
  calibration: 0x12,
  multiplexer: 0x14,
  ecg: 0x15,
  fifoBurst: 0x20,
} as const;
/** D[23:20] of INFO. */
const PART = 5;
const ENABLED = 0x080000;
/** DC lead-off with 10 nA and ±300 mV, and 100 MΩ to bias. */
const LEAD_OFF = 0x1000 | 0x0200 | 0x10 | 0x04 | 0x03;
/** Both inputs off their pins, and at VMID. */
const SHORTED = 0x300000 | (1 << 18) | (1 << 16);
/** ECGP at VCALP, ECGN at VMID. */
const SOURCE_INPUTS = 0x300000 | (2 << 18) | (1 << 16);
/** Bipolar, 0.5 mV, 4 Hz, half of the time high. */
const SOURCE = 0x400000 | 0x200000 | 0x100000 | 0x0800 | (3 << 12);
const SOURCE_MILLIVOLTS = 1;
const OFF_BITS = 0x0f;
/** 128 samples a second and 40 Hz: 32 words of FIFO last a quarter of a second, which any console keeps up with. */
const RATE_128 = 2 << 22;
const LOW_PASS = 1 << 12;
const RATE_HZ = 128;
const FIFO_WORDS = 32;
const READ_MS = 120;
const SECONDS = 2;
/** From SYNCH to samples that have nothing of before in them. */
const SETTLE_MS = 500;
/** The comparators take 115 ms. */
const COMPARATOR_MS = 300;
/** A bound of ours: several times what such a front end is made for, far below what a bad joint or a cracked capacitor makes. */
const NOISE_MICROVOLTS = 6;
const TOLERANCE = 0.05;
/** A quarter of a second each, on or off. */
const BLINKS = 40;
const BATTERY_MILLIVOLTS = [3000, 4300] as const;
const NOT_DONE = "not done: ";
const NOBODY = "nobody at the station";

/** Whether a line says that there was no test. */
export function isNotDone({ measured }: TestLine): boolean {
  return measured.startsWith(NOT_DONE);
}

/** Whether it says that hands were missing. */
export function isHandless({ measured }: TestLine): boolean {
  return measured === NOT_DONE + NOBODY;
}

const hex = (value: number) => `0x${value.toString(16).padStart(6, "0")}`;
const countsPerMillivolt = (gain: number) => (131072 * gain) / 1000;
const gainBits = (gain: number) => Math.log2(gain / 20) << 16;

class FrontEndTest {
  constructor(
    private readonly unit: Asked,
    private readonly spec: Max30003Spec,
    private readonly wait: Wait,
  ) {}

  async begin(): Promise<void> {
    const { sck, mosi, miso, cs } = this.spec;
    const pin = (name: string) => `new Pin(${JSON.stringify(name)})`;
    await this.unit.ask(
      `(SPI1.setup({sck:${pin(sck)},mosi:${pin(mosi)},miso:${pin(miso)},baud:1000000,mode:0}),digitalWrite(${pin(cs)},1),1)`,
    );
    await this.write(Register.reset, 0);
    // The first answer after a reset is not this one yet.
    await this.read(Register.info);
  }

  private async transfer(bytes: number[]): Promise<Buffer> {
    const { cs } = this.spec;
    const send = `SPI1.send(E.toUint8Array([${bytes.join(",")}]),new Pin(${JSON.stringify(cs)}))`;
    return Buffer.from(String(await this.unit.ask(`btoa(${send}.buffer)`)), "base64");
  }

  async read(register: number): Promise<number> {
    return (await this.transfer([(register << 1) | 1, 0, 0, 0])).readUIntBE(1, 3);
  }

  async write(register: number, value: number): Promise<void> {
    await this.transfer([register << 1, value >> 16, (value >> 8) & 255, value & 255]);
  }

  /** @returns two seconds of samples, counts, as the multiplexer stands */
  async record(multiplexer: number, calibration: number): Promise<number[]> {
    await this.write(Register.general, ENABLED);
    await this.write(Register.calibration, calibration);
    await this.write(Register.multiplexer, multiplexer);
    await this.write(Register.ecg, RATE_128 | LOW_PASS | gainBits(this.spec.gain));
    await this.write(Register.synch, 0);
    await this.wait(SETTLE_MS);
    // What filled meanwhile ran over: the sample clock begins anew.
    await this.write(Register.synch, 0);
    const samples: number[] = [];
    const burst = [(Register.fifoBurst << 1) | 1, ...new Array<number>(3 * FIFO_WORDS).fill(0)];
    for (let round = 0; samples.length < SECONDS * RATE_HZ && round < 100; round++) {
      await this.wait(READ_MS);
      const read = samplesOf((await this.transfer(burst)).subarray(1));
      if (read.overflowed) {
        // The station was late: what came before does not go on.
        samples.length = 0;
        await this.write(Register.synch, 0);
      } else samples.push(...read.samples);
    }
    return samples.slice(0, SECONDS * RATE_HZ);
  }

  /** True where the comparators see that an electrode is off. */
  async isOff(): Promise<boolean> {
    await this.write(Register.general, ENABLED | LEAD_OFF);
    await this.write(Register.multiplexer, 0);
    await this.wait(COMPARATOR_MS);
    // What was held from before goes with the first reading.
    await this.read(Register.status);
    await this.wait(COMPARATOR_MS);
    return ((await this.read(Register.status)) & OFF_BITS) !== 0;
  }
}

/** @param wait lets that much time pass for the unit: a model's clock is put forward */
export async function selfTest(
  unit: Asked,
  board: BoardSpec,
  operator: Operator | undefined,
  wait: Wait = pause,
): Promise<SelfTestReport> {
  const checks: TestLine[] = [];
  let failed = false;
  const tell = (name: string, passed: boolean, measured: string, wanted: string): boolean => {
    checks.push({ name, passed, measured, wanted });
    failed ||= !passed;
    return passed;
  };
  const notDone = (name: string, why: string, wanted: string) => {
    checks.push({ name, passed: false, measured: `${NOT_DONE}${why}`, wanted });
  };
  /** @param begin what the unit does to be seen or heard, from when somebody looks */
  const asked = async (
    name: string,
    question: string,
    wanted: string,
    look: () => Promise<boolean>,
    begin?: string,
  ) => {
    if (!operator) return notDone(name, NOBODY, wanted);
    let begun: Promise<unknown> | undefined;
    const confirmed = await operator.confirm(question, () => {
      // One that does not hear it shows nothing, and is told so.
      begun = begin === undefined ? undefined : unit.ask(begin).catch(() => {});
    });
    await begun;
    const seen = confirmed && (await look());
    tell(name, seen, seen ? "seen" : confirmed ? "not seen" : "the operator said no", wanted);
  };

  if (board.frontEnd.kind !== "max30003") notDone("front end", `no test for ${board.frontEnd.kind}`, "");
  else {
    const test = new FrontEndTest(unit, board.frontEnd, wait);
    await test.begin();
    const info = await test.read(Register.info);
    // Whoever does not say who it is has nothing to say of volts.
    if (tell("front end", info >> 20 === PART, hex(info), "0x5xxxxx")) {
      const perMillivolt = countsPerMillivolt(board.frontEnd.gain);
      const noise = (1000 * rms(await test.record(SHORTED, 0))) / perMillivolt;
      tell(
        "noise",
        noise > 0 && noise <= NOISE_MICROVOLTS,
        `${noise.toFixed(2)} µV RMS`,
        `above 0, at most ${NOISE_MICROVOLTS} µV RMS`,
      );
      const pulse = amplitude(await test.record(SOURCE_INPUTS, SOURCE)) / perMillivolt;
      tell(
        "calibration pulse",
        Math.abs(pulse / SOURCE_MILLIVOLTS - 1) <= TOLERANCE,
        `${pulse.toFixed(4)} mV`,
        `${SOURCE_MILLIVOLTS} mV within ${100 * TOLERANCE} %`,
      );
      const shorted = await test.isOff();
      tell("electrodes on", !shorted, shorted ? "off" : "on", "on while they are shorted");
      await asked("electrodes off", Question.open, "off once the short is taken away", () => test.isOff());
      if (operator) await operator.confirm(Question.shorted);
    }
  }

  const page = await testPage(unit, board.ring.kind === "pages" ? board.ring : board.vault);
  if (page === undefined) notDone("flash", "this board has no pages of its own", "all patterns read back");
  else tell("flash", page === "", page || "all patterns read back", "all patterns read back");

  const { battery, batteryRatio, batteryFoot, batteryFootLow, button, pressed, led, lit, buzzer } =
    board.pins;
  const [least, most] = BATTERY_MILLIVOLTS;
  const range = `${least} to ${most} mV`;
  if (battery === "") notDone("battery", "this board cannot read it", range);
  else {
    if (batteryFoot !== "")
      await unit.ask(`(digitalWrite(new Pin("${batteryFoot}"),${batteryFootLow ?? 0}),1)`);
    // The divider feeds the converter slowly: each conversion comes nearer.
    const readings = `[1,2,3,4].map(function(){return analogRead(new Pin("${battery}"))*E.getAnalogVRef()})`;
    const volts = (await unit.ask(readings)) as number[];
    const millivolts = Math.round(1000 * volts[3]! * batteryRatio);
    tell("battery", millivolts >= least && millivolts <= most, `${millivolts} mV`, range);
  }
  const isDown = async () => (await unit.ask(`digitalRead(new Pin("${button}"))`)) === pressed;
  const mode = pressed === 0 ? "input_pullup" : "input_pulldown";
  await unit.ask(`(pinMode(new Pin("${button}"),"${mode}"),1)`);
  const stuck = await isDown();
  tell("button let go", !stuck, stuck ? "pressed" : "let go", "not pressed by itself");
  await asked("button", Question.button, "seen pressed while it is held", isDown);
  const blink = `(function(p,n){var i=0;(function b(){digitalWrite(p,i%2?${1 - lit}:${lit});if(++i<n)setTimeout(b,250)})()})`;
  const blinking = `(${blink}(new Pin("${led}"),${BLINKS}),1)`;
  await asked("light", Question.light, "seen blinking", async () => true, blinking);
  if (buzzer !== "") {
    const beep = `(analogWrite(new Pin("${buzzer}"),0.5,{freq:2700}),setTimeout(function(){digitalWrite(new Pin("${buzzer}"),0)},400),1)`;
    await asked("buzzer", Question.buzzer, "heard", async () => true, beep);
  }
  return { passed: !failed, checks };
}

/**
 * Erases a page and writes patterns that set every bit both ways.
 * @returns what was wrong, "" for nothing, undefined where the region is no page of flash
 */
async function testPage(unit: Asked, { kind, address, pageBytes }: FlashRegion): Promise<string | undefined> {
  if (kind !== "pages") return undefined;
  const flash = 'require("Flash")';
  const crc = () => unit.ask(`E.CRC32(${flash}.read(${pageBytes},${address}))`);
  const fill = (byte: number) =>
    unit.ask(
      `(function(f,b){for(var i=0;i<${pageBytes};i+=256)f.write(b,${address}+i);return 1})(${flash},new Uint8Array(256).fill(${byte}))`,
    );
  const wanted = (byte: number) => crc32(Buffer.alloc(pageBytes, byte));
  for (const patterns of [
    [0xaa, 0x00],
    [0x55, 0x00],
  ]) {
    await unit.ask(`(${flash}.erasePage(${address}),1)`);
    if ((await crc()) !== wanted(0xff)) return "an erased page is not blank";
    for (const byte of patterns) {
      await fill(byte);
      if ((await crc()) !== wanted(byte)) return `${hex(byte)} was not read back`;
    }
  }
  await unit.ask(`(${flash}.erasePage(${address}),1)`);
  return "";
}
