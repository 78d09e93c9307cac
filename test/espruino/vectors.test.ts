/** What the handheld uses of protocol/, on the interpreter: against the shared vectors, OpenSSL and Node. */
import assert from "node:assert/strict";
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { nodeCrypto } from "../../gateway/crypto";
import { readRecord } from "../../gateway/wfdb/read";
import { fromHex, toHex } from "../../protocol/bytes";
import { type BlockShape, encodeBlock } from "../../protocol/codec/block";
import { Direction } from "../../protocol/keys";
import { signWithLeaf } from "../../protocol/trees";
import { Random } from "../../tools/sim/random";
import { ecgFiles } from "../machine";
import { type Json, readVectors } from "../protocol/vectors";
import { bundleFile } from "./bundle";
import { interpret, skipUnlessInterpreter } from "./interpreter";
import { runOnNode } from "./noderuntime";

const SEED = Number(process.env.AVNODE_SEED ?? Date.now() % 1_000_000);

/** RFC 4231, cases 1 to 4 and 6: key and data; OpenSSL says the code, and its first is the RFC's. */
const RFC4231: [key: string, data: string][] = [
  ["0b".repeat(20), toHex(Buffer.from("Hi There"))],
  [toHex(Buffer.from("Jefe")), toHex(Buffer.from("what do ya want for nothing?"))],
  ["aa".repeat(20), "dd".repeat(50)],
  ["0102030405060708090a0b0c0d0e0f10111213141516171819", "cd".repeat(50)],
  ["aa".repeat(131), toHex(Buffer.from("Test Using Larger Than Block-Size Key - Hash Key First"))],
];

function primitives(random: Random) {
  const lengths = [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 200, 1000, 2048];
  const messages = ["616263", ...lengths.map((length) => toHex(random.bytes(length)))];
  const sha256 = messages.map((data) => ({
    data,
    hash: createHash("sha256").update(fromHex(data)).digest("hex"),
  }));
  const keyed = [...RFC4231, ...lengths.map((n) => [toHex(random.bytes(32)), toHex(random.bytes(n))])];
  const hmac = keyed.map(([key, data]) => ({
    key,
    data,
    mac: createHmac("sha256", fromHex(key!)).update(fromHex(data!)).digest("hex"),
  }));
  const ccm = [1, 15, 16, 17, 32, 64, 96, 224, 1024].map((length) => {
    const [key, nonce, plain] = [16, 13, length].map((n) => random.bytes(n));
    const cipher = createCipheriv("aes-128-ccm", key!, nonce!, { authTagLength: 8 });
    const body = cipher.update(plain!);
    cipher.final();
    const sealed = Buffer.concat([body, cipher.getAuthTag()]);
    const flip = random.int(sealed.length * 8);
    return { key: toHex(key!), nonce: toHex(nonce!), plain: toHex(plain!), sealed: toHex(sealed), flip };
  });
  return { sha256, hmac, ccm };
}

/** Blocks of every sort, and of real hearts where there are any; expected is what Node encodes. */
function encoded(random: Random) {
  const out: { name: string; shape: BlockShape; samples: number[][] }[] = [];
  for (let n = 0; n < 30; n++) {
    const shape = { leads: 1 + random.int(3), bits: 8 + random.int(17), nominal: 1 + random.int(128) };
    const limit = 2 ** (shape.bits - 1);
    const step = 2 ** random.int(shape.bits);
    const samples = Array.from({ length: shape.leads }, () => {
      let at = 0;
      return Array.from({ length: shape.nominal }, () => {
        at = Math.max(-limit, Math.min(limit - 1, at + Math.round(step * (random.next() - 0.5))));
        return at + 0;
      });
    });
    out.push({ name: `random block ${n}`, shape, samples });
  }
  for (const bits of [8, 18, 24]) {
    const high = 2 ** (bits - 1) - 1;
    const samples = [Array.from({ length: 64 }, (_, i) => (i % 2 ? high : -high - 1))];
    out.push({ name: `extremes of ${bits} bits`, shape: { leads: 1, bits, nominal: 64 }, samples });
  }
  for (const file of ecgFiles("mitdb", ".hea").slice(0, 2)) {
    const record = readRecord(file);
    const [lead] = record.signals;
    for (let second = 0; second < 4; second++) {
      const samples = [Array.from(lead!.subarray(second * 360, second * 360 + 360))];
      out.push({ name: `${file}, second ${second}`, shape: { leads: 1, bits: 12, nominal: 360 }, samples });
    }
  }
  return out.map((one) => ({
    ...one,
    bytes: toHex(
      encodeBlock(
        one.samples.map((lead) => Int32Array.from(lead)),
        one.shape,
      ),
    ),
  }));
}

function signatures(random: Random) {
  return [0, 37].map((leaf) => {
    const signing = { seed: random.bytes(32), trees: 2, height: 5 };
    const message = random.bytes(200);
    const { tree, leaf: at, ots } = signWithLeaf(nodeCrypto, signing, leaf, message);
    const { seed, ...shape } = signing;
    return { seed: toHex(seed), ...shape, leaf, message: toHex(message), tree, at, ots: toHex(ots) };
  });
}

/** What each part of the program is given: each has an interpreter of its own, which is quick while it holds little. */
function sections(random: Random): Record<string, Json> {
  const files = ["frames.json", "receipt.json", "command.json", "claim.json"];
  const frames = files.flatMap((file) => readVectors(file).frames);
  const short = frames.filter(({ body }) => body.length < 320);
  const refused = readVectors("refused.json").refused.filter(({ decoder }: Json) => decoder !== "envelope");
  return {
    primitives: primitives(random),
    layouts: { frames, messages: readVectors("session.json").messages },
    cutAnywhere: { frames: short },
    keys: {
      keys: readVectors("keys.json").keys,
      up: Direction.up,
      down: Direction.down,
      chains: readVectors("chain.json").chains,
      codes: readVectors("claim.json").codes,
    },
    fragments: { fragments: readVectors("fragments.json").messages },
    refusals: { refused },
    blocks: { blocks: readVectors("block.json").blocks, encoded: encoded(random) },
    signatures: { signatures: signatures(random) },
  };
}

describe("protocol/ on the interpreter", function () {
  const random = new Random(`${SEED} espruino vectors`);
  let program: string;

  before(function () {
    skipUnlessInterpreter(this);
    console.log(`      AVNODE_SEED=${SEED}`);
    program = bundleFile("programs/vectors", { minify: true });
  });

  /** Runs a part here and there: both find nothing wrong, and print the same but for times. */
  async function same(section: string): Promise<string[]> {
    const data = { section, ...sections(random)[section] };
    const script = `var DATA = ${JSON.stringify(data)};\n${program}`;
    const plain = (lines: string[]) => lines.filter((line) => !/^(?:TIME|ERROR: Auth)/.test(line));
    const there = await interpret(script, { seconds: 250 });
    assert.deepEqual(plain(there), plain(runOnNode(script)));
    assert.deepEqual(
      there.filter((line) => line.startsWith("WRONG")),
      [],
    );
    return there;
  }

  const WHAT: Record<string, string> = {
    primitives: "hashes, authenticates and seals as OpenSSL does",
    layouts: "writes and reads every layout of the vectors",
    keys: "derives keys, chains frames, prints and reads claim codes",
    fragments: "cuts messages to notifications and puts them together",
    refusals: "refuses what the vectors refuse, with their codes",
    blocks: "reads the vectors' blocks, and encodes hearts and noise to Node's bytes",
  };
  for (const [section, what] of Object.entries(WHAT))
    it(what, async () => {
      const last = (await same(section)).at(-1)!;
      assert.match(last, /^CHECKED [1-9]\d+$/);
      console.log(`      ${last.slice(8)} results`);
    });

  it("refuses every body cut anywhere, or too long, as Node does", async () => {
    const lines = await same("cutAnywhere");
    assert.ok(lines.length > 20);
    for (const line of lines.slice(0, -1)) assert.match(line, / 0:[A-Z]+_TRUNCATED/);
  });

  it("signs a close to Node's bytes; how long it takes is said, not judged", async () => {
    const times = (await same("signatures")).filter((line) => line.startsWith("TIME"));
    assert.equal(times.length, 2);
    for (const line of times) console.log(`      ${line.slice(5)} (20,000 additions each)`);
  });
});
