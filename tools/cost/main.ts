/**
 * What the firmware costs: `npm run cost` times it on the interpreter (AVNODE_ESPRUINO) beside reference loops whose time
 * on an nRF52 is known, and writes the table into firmware/README.md. Every figure of the chip is an estimate.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { board } from "../../firmware/board/xiaoble";
import { bundle } from "../firmware/bundle";
import { EcgGenerator } from "../sim/ecg/generator";
import { type Measured, table } from "./table";

const ROOT = join(__dirname, "../..");
const README = join(ROOT, "firmware/README.md");
const BEGIN = "<!-- cost:begin -->";
const END = "<!-- cost:end -->";
const RATES = [128, 256, 512];
const ROUNDS = 11;
/** Of the MAX30003 at a gain of 20, about: 18 bits over ±50 mV. */
const COUNTS_PER_MILLIVOLT = 2621;
const SECONDS = 300;

function measure(binary: string): Measured {
  const folder = mkdtempSync(join(tmpdir(), "avnode-cost-"));
  try {
    const blocks = RATES.map((rate) => {
      const heart = new EcgGenerator({ rate, gainCountsPerMillivolt: COUNTS_PER_MILLIVOLT });
      heart.read(rate);
      return Array.from(heart.read(rate)[0]!);
    });
    const data = { rounds: ROUNDS, notificationBytes: board.notificationBytes, rates: RATES, blocks };
    const { code } = bundle({ root: ROOT, source: 'import "./tools/cost/program";', file: "program.js" });
    const script = join(folder, "program.js");
    writeFileSync(script, `echo(0);var DATA=${JSON.stringify(data)};\n${code}`);
    const { stdout } = spawnSync(resolve(binary), [script], {
      cwd: folder,
      encoding: "latin1",
      timeout: SECONDS * 1000,
      killSignal: "SIGKILL",
    });
    const line = stdout.split("\n").find((text) => text.startsWith("{"));
    if (!line) throw new Error(`the interpreter gave no figures:\n${stdout.slice(0, 2000)}`);
    const measured = JSON.parse(line) as Measured;
    if (measured.arrived.includes(false)) throw new Error("a unit sent nothing, or refused a receipt");
    return measured;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) {
  const binary = process.env.AVNODE_ESPRUINO;
  if (!binary) {
    console.error("cost: set AVNODE_ESPRUINO to an Espruino 2v29 built for Linux");
    process.exitCode = 2;
  } else {
    const text = table(measure(binary), RATES, board);
    const readme = readFileSync(README, "utf8");
    const [head, rest] = readme.split(BEGIN);
    if (rest === undefined || !rest.includes(END)) throw new Error(`${README} has no ${BEGIN} … ${END}`);
    writeFileSync(README, `${head}${BEGIN}\n${text}\n${END}${rest.split(END)[1]}`);
    console.log(text);
  }
}
