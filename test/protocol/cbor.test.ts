import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fromHex, toHex } from "../../protocol/bytes";
import { type CborValue, decodeCbor, encodeCbor } from "../../protocol/cbor";
import { Random } from "../../tools/sim/random";
import { PYTHON, skipUnlessPython } from "../machine";
import { type Json, readVectors } from "./vectors";

const SEED = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);
const MUTATED = 50_000;
const SECOND = join(__dirname, "second/check_log.py");
const { values, refused } = readVectors("cbor.json");

function fromShown(shown: Json): CborValue {
  if (Array.isArray(shown)) return shown.map(fromShown);
  if (typeof shown !== "object" || shown === null) return shown;
  if (Object.keys(shown).join() === "hex") return fromHex(shown.hex);
  return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, fromShown(value)]));
}

/** The code that it is refused with, or "ok" for what is written back to the same bytes. */
function codeOf(bytes: Uint8Array): string {
  let value: CborValue;
  try {
    value = decodeCbor(bytes);
  } catch (error) {
    return String((error as { code?: string }).code);
  }
  if (toHex(encodeCbor(value)) !== toHex(bytes))
    assert.fail(`${toHex(bytes)} was read and written otherwise`);
  return "ok";
}

function mutated(): Uint8Array[] {
  const random = new Random(`${SEED} cbor`);
  const corpus: Uint8Array[] = [...values, ...refused]
    .map((v: Json) => fromHex(v.cbor))
    .filter((bytes: Uint8Array) => bytes.length > 0 && bytes.length < 60);
  return Array.from({ length: MUTATED }, () => {
    const seed = corpus[random.int(corpus.length)]!;
    const out = new Uint8Array(Math.max(1, seed.length + random.int(3) - 1));
    out.set(seed.subarray(0, out.length));
    for (let n = 1 + random.int(2); n > 0; n--) out[random.int(out.length)] = random.int(256);
    return out;
  });
}

describe(`canonical CBOR, seed ${SEED}`, () => {
  it("reads and writes RFC 8949's examples and our own", () => {
    for (const { cbor, value } of values) {
      assert.deepEqual(decodeCbor(fromHex(cbor)), fromShown(value), cbor);
      assert.equal(toHex(encodeCbor(fromShown(value))), cbor);
    }
  });

  it("refuses what this part of CBOR has not, and every second spelling", () => {
    for (const { cbor, code } of refused) assert.equal(codeOf(fromHex(cbor)), code, cbor);
  });

  it("refuses every input of one or two bytes that is not the one encoding of a value", () => {
    let accepted = codeOf(new Uint8Array(0)) === "ok" ? 1 : 0;
    const all: Uint8Array[] = [];
    for (let a = 0; a < 256; a++) {
      all.push(Uint8Array.of(a));
      for (let b = 0; b < 256; b++) all.push(Uint8Array.of(a, b));
    }
    for (const bytes of all) if (codeOf(bytes) === "ok") accepted++;
    // One byte: 24 numbers, three empty strings and lists, an empty map, false, true, null. Two: 232 numbers, 256 bytes
    // and 95 characters in strings of one, and a list of each of the 31 values of one byte.
    assert.equal(accepted, 24 + 4 + 3 + (232 + 256 + 95 + 31));
  });

  it("writes nothing that no reader takes", () => {
    for (const value of [
      -1,
      0.5,
      Number.NaN,
      2 ** 53,
      { "": 1 },
      { "a-b": 1 },
      { ["x".repeat(33)]: 1 },
      "\n",
      "é",
    ]) {
      assert.throws(
        () => encodeCbor(value as CborValue),
        (error: { code?: string }) => /^[A-Z]+_[A-Z_]+$/.test(String(error.code)),
      );
    }
  });

  it("the second reader, in Python, says the same of every short and many mutated inputs", function () {
    skipUnlessPython(this, "cryptography");
    const inputs = mutated();
    for (let a = 0; a < 256; a++) for (let b = 0; b < 256; b++) inputs.push(Uint8Array.of(a, b));
    const run = spawnSync(PYTHON, ["-B", SECOND, "--codes"], {
      input: inputs.map((bytes) => `${toHex(bytes)}\n`).join(""),
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    assert.equal(run.status, 0, run.stderr);
    const codes = run.stdout.trimEnd().split("\n");
    assert.equal(codes.length, inputs.length);
    for (const [i, bytes] of inputs.entries()) assert.equal(codeOf(bytes), codes[i], toHex(bytes));
  });
});
