/** A station with eight slots of virtual units, whose consoles take as many bytes as a serial line carries. */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Terminal } from "../../gateway/cli/terminal";
import type { Firmware } from "../factory/bench";
import { Identities } from "../factory/identities";
import { initStation } from "../factory/init";
import { closeBench, openBench } from "../factory/opening";
import { Run } from "../factory/run";
import { virtualPort } from "../factory/virtual/port";
import { VirtualUnit } from "../factory/virtual/unit";
import { upload } from "../firmware/upload";
import type { Area, Row } from "./area";
import { inFolder } from "./folder";

const SLOTS = 8;
const UNITS = 24;
/** 115,200 baud. */
const BYTES_PER_SECOND = 11_520;
const HOUR_SECONDS = 3600;
const PASSPHRASE = "of a benchmark";
const REAL_SIGNING = { trees: 8, height: 10 } as const;

const unitOf = (chip: string) => new VirtualUnit({ chip, bytesPerSecond: BYTES_PER_SECOND });

export const benchFactory: Area = (context) =>
  inFolder(async (folder) => {
    const dir = join(folder, "station");
    const keys = join(folder, "keys");
    context.progress("making a station");
    const station = initStation({
      dir,
      keys,
      passphrase: PASSPHRASE,
      releasePassphrase: `${PASSPHRASE}'s releases`,
      root: join(__dirname, "../.."),
      maker: "Benchmark",
      name: "bench",
      board: "xiaoble",
      deviceClass: "simulated",
      batch: "B",
      numbering: { prefix: "B-", digits: 4, first: 1 },
      signing: { trees: 1, height: 5 },
      ports: [],
    });
    const terminal = {} as Terminal;
    const options = { keys, passphrase: PASSPHRASE, ahead: SLOTS, terminal, scan: false, ask: false };
    const bench = openBench(dir, station, options);
    try {
      context.progress("one upload");
      const alone = await oneUpload(bench.firmware);
      context.progress(`${UNITS} units`);
      const queue = Array.from({ length: UNITS }, (_, i) => unitOf(`bench-unit-${i}`));
      const silent = { slot() {}, tally() {}, close() {} };
      const run = new Run(bench, silent, { count: UNITS, signal: new AbortController().signal });
      const cpu = process.cpuUsage();
      const began = performance.now();
      for (let i = 0; i < SLOTS; i++) {
        // Its clock is ours: a self-test takes as long as on a real one.
        run.serve({ ...virtualPort(`slot ${i}`, () => queue.shift()), wait: undefined });
      }
      const { passed, failed } = await run.ended();
      const seconds = (performance.now() - began) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      if (passed !== UNITS) context.miss(`${failed} of ${UNITS} good units failed`);
      context.progress("the trees of a real unit");
      const trees = await treesSeconds();
      context.note(
        `${SLOTS} slots, ${UNITS} units with consoles of 115,200 baud, self-test in real time, questions answered at once, no label stuck on; models and station in one process, ${((user + system) / 1e6 / UNITS).toFixed(2)} s of a processor a unit`,
      );
      context.note(
        `trees of 1 x 2^5 leaves; those of a real unit (8 x 2^10) take a processor ${trees.toFixed(1)} s each, and more than ${Math.floor(HOUR_SECONDS / trees)} an hour need more processors`,
      );
      const rows: Row[] = [
        {
          name: "factory/units-per-hour",
          value: (HOUR_SECONDS * passed) / seconds,
          unit: "units/h",
          peers: { "bare uploads, one at a time": HOUR_SECONDS / alone },
        },
        { name: "factory/trees-of-a-unit", value: trees, unit: "s", peers: {} },
      ];
      return rows;
    } finally {
      await closeBench(bench);
    }
  });

/** Seconds that the same files take to the same console without anything else. */
async function oneUpload({ manifest, contents }: Firmware): Promise<number> {
  const unit = unitOf("bench-alone");
  const wire = await virtualPort("alone", () => unit).waitForUnit(new AbortController().signal);
  const files = Object.fromEntries(manifest.files.map((file) => [file.file, contents(file)]));
  const began = performance.now();
  await upload(wire, { manifest, files });
  unit.powerOff();
  return (performance.now() - began) / 1000;
}

async function treesSeconds(): Promise<number> {
  const identities = new Identities(REAL_SIGNING, 0, 1);
  try {
    const began = performance.now();
    await identities.take();
    return (performance.now() - began) / 1000;
  } finally {
    await identities.close();
  }
}
