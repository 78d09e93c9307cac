/** What hands a block to the encoder in C: the call that it lays out in memory is read as encode.c declares it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nativeEncoder } from "../../../firmware/espruino/native";
import { NATIVE_BLOB } from "../../../firmware/native/blob";
import { type BlockShape, encodeWords } from "../../../protocol/codec/block";
import { countCode, rawBytes } from "../../../protocol/codec/bounds";
import { WORDS } from "../../../protocol/codec/codes";

type Data = Uint8Array | Uint16Array | Int32Array;

/** Names of `struct call` in their order, each four bytes on the processor: numbers and pointers alike. */
function fieldsOfC(): string[] {
  const source = readFileSync(join(__dirname, "../../../firmware/native/encode.c"), "utf8");
  const body = /struct UNALIGNED call \{(.*?)\n\};/s.exec(source)![1]!.replace(/\/\*.*?\*\//gs, "");
  const fields = body.split(";").filter((line) => line.trim());
  return fields.map(
    (line) => /^\s*(?:int32_t |(?:uint8_t|const half|const word) \*)(\w+)(?:\[\])?$/.exec(line)![1]!,
  );
}

const FIELDS = fieldsOfC();

/** Memory whose addresses stand for arrays, and a processor that does with them what encode.c says. */
class Memory {
  calls = 0;
  private readonly at = new Map<number, Data>();
  private readonly addresses = new Map<Data, number>();

  /** @param inPieces true of what has no address */
  constructor(private readonly inPieces: (data: Data) => boolean) {}

  getAddressOf(data: Data, isData: boolean): number {
    assert.equal(isData, true, "without it the address is that of the variable");
    if (this.inPieces(data)) return 0;
    // As far apart as if each were the only one; even, as all of Thumb's are.
    const address = this.addresses.get(data) ?? 0x20000000 + 0x100000 * (this.at.size + 1);
    this.addresses.set(data, address);
    this.at.set(address, data);
    return address;
  }

  nativeCall(address: number, signature: string): (call: number) => number {
    assert.equal(signature, "int(int)");
    assert.equal(address & 1, 1, "Thumb");
    const code = this.at.get(address - 1);
    if (code) assert.equal(Buffer.from(code as Uint8Array).toString("base64"), NATIVE_BLOB);
    return (call) => this.run(this.pointed(call) as Int32Array);
  }

  private pointed(address: number): Data {
    const data = this.at.get(address);
    assert.ok(data, `nothing stands at ${address}`);
    return data;
  }

  private run(call: Int32Array): number {
    this.calls++;
    const field = (name: string) => call[FIELDS.indexOf(name)]!;
    const count = field("count");
    const leads = Array.from({ length: field("leads") }, (_, l) =>
      this.pointed(call[FIELDS.indexOf("lead") + l]!),
    ) as Int32Array[];
    for (const lead of leads) assert.equal(lead.length, count);
    assert.equal(this.pointed(field("words")), WORDS);
    // Of a nominal count C knows nothing but the code of what the block has of it.
    const nominal = [1, 2, 4].map((times) => count * times).concat(count + 5);
    const shape = { leads: leads.length, bits: field("bits"), nominal: 0 };
    shape.nominal = nominal.find((one) => countCode(count, one) === field("code"))!;
    assert.equal(field("raw"), rawBytes(shape, count));
    const out = this.pointed(field("out")) as Uint8Array;
    assert.ok(out.length >= field("raw") + 16, "C writes up to 16 bytes behind a raw block");
    const block = encodeWords(leads, shape, field("left"), field("right"));
    out.set(block);
    return block.length;
  }
}

const whole = () => false;
const isRoom = (data: Data) =>
  data instanceof Uint8Array && Buffer.from(data).toString("base64") !== NATIVE_BLOB;

/** An encoder whose E is this memory, undefined where it does not stand. */
function encoderOver(memory: Memory) {
  Object.assign(globalThis, {
    E: {
      getAddressOf: (data: Data, isData: boolean) => memory.getAddressOf(data, isData),
      nativeCall: (address: number, signature: string) => memory.nativeCall(address, signature),
      toUint8Array: (data: string) => new Uint8Array(Buffer.from(data, "latin1")),
    },
  });
  return nativeEncoder();
}

/** Words of a FIFO: 18 bits of a slow wave below a byte that is no sample, tags behind them. */
function words(leads: number, count: number): Int32Array[] {
  return Array.from({ length: leads }, (_, l) =>
    Int32Array.from(
      { length: count },
      (_, t) =>
        ((((t + 1) * 40503) & 0xff) << 24) |
        ((Math.round(900 * Math.sin(t / 9 + l)) & 0x3ffff) << 6) |
        (t & 63),
    ),
  );
}

describe("the call of the encoder in C", () => {
  const before = (globalThis as { E?: unknown }).E;
  after(() => Object.assign(globalThis, { E: before }));

  it("has the fields of encode.c, and its leads behind them", () => {
    assert.deepEqual(FIELDS.slice(-3), ["out", "words", "lead"]);
    assert.equal(FIELDS.length, 10);
  });

  const SHAPES: [what: string, shape: BlockShape, count: number][] = [
    ["a full block", { leads: 1, bits: 18, nominal: 256 }, 256],
    ["a half one", { leads: 2, bits: 18, nominal: 256 }, 128],
    ["one of any count", { leads: 3, bits: 18, nominal: 256 }, 77],
    ["as many leads as it takes", { leads: 64, bits: 18, nominal: 16 }, 16],
  ];
  for (const [what, shape, count] of SHAPES)
    it(`hands ${what} over as it is, packing included`, () => {
      const memory = new Memory(whole);
      const encode = encoderOver(memory)!;
      const leads = words(shape.leads, count);
      assert.deepEqual(encode(leads, shape, 8, 14), encodeWords(leads, shape, 8, 14));
      assert.equal(memory.calls, 1);
    });

  it("gives room that grows with the block, and a copy that the next block leaves alone", () => {
    const memory = new Memory(whole);
    const encode = encoderOver(memory)!;
    const shape = { leads: 1, bits: 18, nominal: 256 };
    const [small, large, last] = [words(1, 9), words(1, 256), words(1, 20)];
    const found = [small, large, last].map((leads) => encode(leads, shape, 8, 14));
    assert.deepEqual(
      found,
      [small, large, last].map((leads) => encodeWords(leads, shape, 8, 14)),
    );
    assert.equal(memory.calls, 3);
  });

  it("leaves more leads than the call has room for to TypeScript", () => {
    const memory = new Memory(whole);
    const encode = encoderOver(memory)!;
    const shape = { leads: 65, bits: 18, nominal: 8 };
    const leads = words(65, 8);
    assert.deepEqual(encode(leads, shape, 8, 14), encodeWords(leads, shape, 8, 14));
    assert.equal(memory.calls, 0);
  });

  it("leaves a block to TypeScript whose words, or the room for it, lie in pieces, and takes the next", () => {
    const shape = { leads: 2, bits: 18, nominal: 40 };
    const leads = words(2, 40);
    for (const broken of ["lead", "out"]) {
      let inPieces = true;
      const memory = new Memory((data) => inPieces && (broken === "lead" ? data === leads[1] : isRoom(data)));
      const encode = encoderOver(memory)!;
      assert.deepEqual(encode(leads, shape, 8, 14), encodeWords(leads, shape, 8, 14));
      assert.equal(memory.calls, 0, broken);
      inPieces = false;
      assert.deepEqual(encode(leads, shape, 8, 14), encodeWords(leads, shape, 8, 14));
      assert.equal(memory.calls, 1, broken);
    }
  });

  it("does not stand where code, call or table lies in pieces", () => {
    const planted: [string, (data: Data) => boolean][] = [
      ["code", (data) => data instanceof Uint8Array],
      ["call", (data) => data instanceof Int32Array],
      ["table", (data) => data === WORDS],
    ];
    for (const [what, inPieces] of planted) assert.equal(encoderOver(new Memory(inPieces)), undefined, what);
  });
});
