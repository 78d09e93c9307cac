/** The ring on the interpreter's own flash file: heap while it records, and what it gives back of a damaged file. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { fromHex } from "../../protocol/bytes";
import { Random } from "../../tools/sim/random";
import { bundleFile } from "./bundle";
import { Interpreter, interpret, skipUnlessInterpreter } from "./interpreter";

const SEED = Number(process.env.AVNODE_SEED ?? 1 + (Date.now() % 1_000_000));
const PAGE_BYTES = 2048;
const REGION = { kind: "file", address: 0, name: "ring", pages: 10, pageBytes: PAGE_BYTES };
const SECONDS = 36;
/** Damage by chance, beside a cut at every boundary of a record and within every record. */
const BY_CHANCE = 40;
/** Of the XIAO's 14,000 variables, by the issue. */
const MAX_VARIABLES = 0.6 * 14_000;

interface Found {
  /** Offset of the record in the ring. */
  at: number;
  end: number;
  frame: Buffer;
}

/** Frames of the ring in the order of its pages, read as firmware/README.md lays them out: a second reader. */
function framesIn(ring: Buffer): Found[] {
  const found: Found[] = [];
  for (let page = 0; page < ring.length; page += PAGE_BYTES) {
    const head = ring.subarray(page, page + 56);
    if (head.readUInt16BE(0) !== 0x5247 || crc32(head) !== ring.readUInt32BE(page + 56)) continue;
    let at = page + 68;
    while (at + 20 <= page + PAGE_BYTES) {
      const length = ring.readUInt16BE(at);
      const padded = Math.ceil((12 + length) / 4) * 4;
      const end = at + padded + 8;
      if (end > page + PAGE_BYTES) break;
      const whole = crc32(ring.subarray(at, at + padded)) === ring.readUInt32BE(at + padded);
      if (!whole || ring.readUInt32BE(at + padded + 4) !== 0) break;
      found.push({ at, end, frame: ring.subarray(at + 12, at + 12 + length) });
      at = end;
    }
  }
  return found;
}

function digest(frames: Found[]): string {
  let hash = Buffer.alloc(32);
  for (const { frame } of frames) hash = createHash("sha256").update(hash).update(frame).digest();
  return `${frames.length} ${hash.toString("hex")}`;
}

function damaged(ring: Buffer, { at, flip }: { at: number; flip: number }): Buffer {
  const out = Buffer.from(ring);
  if (flip > 0) out[at]! ^= flip;
  else out.fill(0xff, at);
  return out;
}

describe("a recording on the interpreter's flash", function () {
  let image: Buffer;
  let ring: Buffer;
  let said: string[];

  before(async function () {
    skipUnlessInterpreter(this);
    console.log(`      AVNODE_SEED=${SEED}`);
    const interpreter = new Interpreter({ seconds: 120 });
    const data = { seed: SEED, rate: 128, seconds: SECONDS };
    const program = `var DATA = ${JSON.stringify(data)};\n${bundleFile("programs/recording", { minify: true })}`;
    writeFileSync(join(interpreter.folder, "app.js"), program, "latin1");
    // As on the unit: the code stays in Storage and only its variables take memory, of which there are 14,000. This
    // build begins with 4,096 and grows for all but buffers in one piece.
    said = await interpreter.run(
      'var grown = []; for (var i = 0; i < 14000; i++) grown.push(i + 0.5); grown = undefined; require("Storage").write("avnode", require("fs").readFileSync("app.js")); eval(require("Storage").read("avnode"));',
    );
    image = interpreter.flash()!;
    await interpreter.close();
    const pages = said.filter((line) => line.startsWith("PAGE ")).map((line) => fromHex(line.slice(5)));
    ring = Buffer.concat(pages);
  });

  it("stands in the file as the firmware reads it", () => {
    assert.ok(image.includes(ring.subarray(0, PAGE_BYTES)));
    // One frame a second at least, and those that open, close and sign.
    assert.ok(framesIn(ring).length >= SECONDS + 3, String(framesIn(ring).length));
  });

  it("takes no more than 60 % of the board's variables", () => {
    const peak = said.find((line) => line.startsWith("PEAK "))!;
    const used = Number(peak.split(" ")[1]);
    console.log(
      `      ${peak.slice(5)} bytes at most, Linux build of 2v29; booted with ${said[0]!.split(" ")[1]}`,
    );
    assert.ok(used > 100 && used <= MAX_VARIABLES, peak);
  });

  it("comes back after a cut at every boundary, within every record, and any flipped bit", async () => {
    const random = new Random(`${SEED} ring damage`);
    const frames = framesIn(ring);
    const last = frames.at(-1)!.end;
    const cases = frames.flatMap(({ at, end }) => [
      { at, flip: 0 },
      { at: at + 4 * Math.floor(random.int(end - at) / 4), flip: 0 },
    ]);
    while (cases.length < 2 * frames.length + BY_CHANCE) {
      const at = random.int(last);
      // The two words that are cleared later say that a page is released or marked, and are covered by no checksum.
      if (at % PAGE_BYTES < 60 || at % PAGE_BYTES >= 68) cases.push({ at, flip: 1 << random.int(8) });
    }
    const data = { region: REGION, frames: frames.length + 2, cases };
    const program = `var DATA = ${JSON.stringify(data)};\n${bundleFile("programs/recovery", { minify: true })}`;
    const lines = await interpret(program, { flash: image, seconds: 200 });
    const wrong = cases.flatMap((one, n) => {
      const expected = `CASE ${n} ${digest(framesIn(damaged(ring, one)))}`;
      return lines[n] === expected ? [] : [`${JSON.stringify(one)}: ${lines[n]} instead of ${expected}`];
    });
    assert.deepEqual(wrong, []);
    console.log(`      ${cases.length} damaged files`);
  });
});
