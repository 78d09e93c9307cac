import assert from "node:assert/strict";
import { createCipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../../gateway/cli/program";
import { Terminal } from "../../../../gateway/cli/terminal";
import { NO_SAMPLE } from "../../../../gateway/schema/nosample";
import { Ccm } from "../../../../gateway/web/verify/ccm";
import { judge } from "../../../../gateway/web/verify/judge";
import { Signal } from "../../../../gateway/web/verify/signal";
import { encodeBlock } from "../../../../protocol/codec/block";
import { ClockTrust, RecordingMode } from "../../../../protocol/open";
import { VECTORS } from "../../../protocol/vectors";
import { type Simulated, simulatedProof } from "./simulated";

const PROOFS = join(VECTORS, "proofs");
const { cases } = JSON.parse(readFileSync(join(PROOFS, "index.json"), "utf8")) as {
  cases: {
    name: string;
    file: string;
    trust: string[];
    revocations: string[];
    verdict: string;
    code: string;
  }[];
};

describe("the page that verifies, without its page", function () {
  let dir: string;
  let made: Simulated;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "avnode-judge-"));
    made = await simulatedProof(dir);
  });
  after(() => rmSync(dir, { recursive: true }));

  /** What `avnode verify FILE --json` prints. */
  async function command(file: string, trust: string[], revocations: string[]): Promise<unknown> {
    let out = "";
    const stream = (keep: boolean) =>
      ({
        write: (text: string) => {
          if (keep) out += text;
          return true;
        },
      }) as unknown as NodeJS.WriteStream;
    const terminal = new Terminal(stream(true), stream(false), { AVNODE_DATA: join(dir, "none") });
    writeFileSync(join(dir, "trust"), trust.join("\n"));
    const words = ["verify", file, "--json", "--trust", join(dir, "trust")];
    // The command takes one list.
    if (revocations[0] !== undefined) {
      writeFileSync(join(dir, "list"), Buffer.from(revocations[0], "hex"));
      words.push("--revocations", join(dir, "list"));
    }
    await run(words, "0.0.0", {}, terminal);
    return JSON.parse(out);
  }

  const asJson = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? Buffer.from(one).toString("hex") : one)),
    );

  for (const { name, file, trust, revocations, verdict, code } of cases) {
    it(`${name}: says what avnode verify says`, async () => {
      const bytes = new Uint8Array(readFileSync(join(PROOFS, file)));
      const lists = revocations.slice(0, 1);
      const { judged } = await judge({
        bytes,
        trust: trust.join("\n"),
        revocations: lists.map((list) => new Uint8Array(Buffer.from(list, "hex"))),
      });
      if (revocations.length < 2) assert.deepEqual([judged.verdict, judged.code], [verdict, code]);
      const said = (await command(join(PROOFS, file), trust, lists)) as Record<string, unknown>;
      delete said["file"];
      assert.deepEqual(asJson(judged), said);
    });
  }

  it("shows the samples that were recorded, and no curve of what was altered", async () => {
    const { signal, isSimulated, isFromPdf } = await judge({ bytes: made.proof, trust: "", revocations: [] });
    assert.deepEqual([isSimulated, isFromPdf], [true, false]);
    const [piece] = signal!.window(0, made.signal.length, 1);
    assert.deepEqual([...piece!.values], [...made.signal]);
    const [part] = signal!.window(123.4, 456.2, 3);
    assert.deepEqual([part!.from, [...part!.values]], [123, [...made.signal.subarray(123, 457)]]);
    const altered = Uint8Array.from(made.proof);
    altered[Math.floor(altered.length / 2)]! ^= 1;
    const wrong = await judge({ bytes: altered, trust: "", revocations: [] });
    assert.ok(["tampered", "unknown"].includes(wrong.judged.verdict), wrong.judged.verdict);
    assert.equal(wrong.signal, undefined);
  });

  it("keeps smallest and largest of long stretches, and leaves gaps empty at every zoom", () => {
    const open = {
      ...{ rateNum: 256, rateDen: 1, frontEnd: "f", firmware: "w", bits: 18, nominal: 256 },
      ...{ startMs: 0, trust: ClockTrust.unknown, mode: RecordingMode.continuous, seconds: 0 },
      leads: [{ name: "I", unit: "mV", gain: 1000, baseline: 0, adcZero: 0 }],
    };
    const shape = { leads: 1, bits: 18, nominal: 256 };
    const signal = new Signal(open, 1600, 4096);
    for (const first of [0, 256, 1024]) {
      const values = Int32Array.from({ length: 256 }, (_, i) => (first + i) * 3 - 1000);
      signal.data({ firstSample: first, block: encodeBlock([values], shape) }, [values]);
    }
    signal.missing(1600);
    assert.deepEqual(signal.form.gaps, [
      { from: 512, to: 1024 },
      { from: 1280, to: 1600 },
    ]);
    const [coarse] = signal.window(0, 1600, 256);
    assert.equal(coarse!.step, 256);
    const none = [NO_SAMPLE, NO_SAMPLE];
    const least = (first: number) => [first * 3 - 1000, (first + 255) * 3 - 1000];
    assert.deepEqual(
      [...coarse!.values],
      [...least(0), ...least(256), ...none, ...none, ...least(1024), ...none, ...none],
    );
    const [fine] = signal.window(510, 1026, 1);
    assert.deepEqual([...fine!.values.subarray(0, 3)], [510 * 3 - 1000, 511 * 3 - 1000, NO_SAMPLE]);
    assert.deepEqual([...fine!.values.subarray(513)], [NO_SAMPLE, 1024 * 3 - 1000, 1025 * 3 - 1000]);
  });

  it("keeps a window within bounds, whatever rate and however many leads a file claims", () => {
    const open = {
      ...{ rateNum: 0xffffffff, rateDen: 1, frontEnd: "f", firmware: "w", bits: 18, nominal: 256 },
      ...{ startMs: 0, trust: ClockTrust.unknown, mode: RecordingMode.continuous, seconds: 0 },
      leads: Array.from({ length: 64 }, () => ({ name: "I", unit: "mV", gain: 1, baseline: 0, adcZero: 0 })),
    };
    assert.equal(Signal.holds(open, 2 ** 26), false);
    const signal = new Signal(open, 2 ** 20, 16);
    assert.equal(signal.window(0, 2 ** 18, 1)[0]!.step, 1);
    assert.equal(signal.window(0, 2 ** 18 + 1, 1)[0]!.step, 128);
  });

  it("opens what OpenSSL sealed, of every length of a frame, and nothing with one bit changed", () => {
    const seed = randomBytes(8).toString("hex");
    console.log(`      seed ${seed}`);
    const noise = createCipheriv("aes-128-ctr", Buffer.from(seed.padEnd(16, "0")), Buffer.alloc(16));
    const random = (length: number) => noise.update(Buffer.alloc(length));
    const key = random(16);
    const ccm = new Ccm(key);
    for (let length = 1; length <= 2048; length += length < 70 ? 1 : 89) {
      const nonce = random(13);
      const plain = random(length);
      const cipher = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
      const text = cipher.update(plain);
      cipher.final();
      const sealed = new Uint8Array(Buffer.concat([text, cipher.getAuthTag()]));
      assert.deepEqual(Buffer.from(ccm.open(nonce, sealed)!), plain, `${length} bytes`);
      sealed[random(4).readUInt32BE() % sealed.length]! ^= 1 << (random(1)[0]! % 8);
      assert.equal(ccm.open(nonce, sealed), undefined, `${length} bytes, altered`);
    }
  });

  it("refuses a trust file with a mistyped key, and a list that its maker did not sign, with the reason", async () => {
    const bytes = made.proof;
    await assert.rejects(
      judge({ bytes, trust: "maker x y", revocations: [] }),
      /line 1: the key is not a verifier key/,
    );
    await assert.rejects(judge({ bytes, trust: "", revocations: [new Uint8Array(3)] }), { name: "Error" });
  });
});
