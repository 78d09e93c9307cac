/** The block codec on real ECG: how small, and how fast. */
import { encodeBlockBest } from "../../protocol/codec/best";
import { type BlockShape, decodeBlock, encodeBlock } from "../../protocol/codec/block";
import type { Context, Row } from "./area";
import { compressorBits, missingTools } from "./compressors";
import { type EcgRecord, readEcg, recordsAtHand, secondsOfRecord } from "./records";
import { riceBits } from "./rice";
import { interleave, secondsOf } from "./rounds";

const ROUNDS = 5;
const RICE = "second difference + best Rice k";

type Encoder = typeof encodeBlock;

interface Measured {
  name: string;
  best: number;
  handheld: number;
  peers: Record<string, number>;
}

export async function benchCodec(context: Context): Promise<Row[]> {
  const { headers, origin } = recordsAtHand();
  const missing = missingTools();
  context.note(`${origin}; channel 0, self-contained blocks of one second, block headers included`);
  for (const tool of missing) context.note(`${tool} is not installed here: left out`);
  const measured: Measured[] = [];
  for (const header of headers) {
    context.progress(`record ${measured.length + 1} of ${headers.length}`);
    measured.push(await measure(readEcg(header), missing));
  }
  return [...sizeRows(measured), ...(await speedRows(readEcg(headers[0]!), context))];
}

async function measure(ecg: EcgRecord, missing: string[]): Promise<Measured> {
  const compressors = compressorBits(ecg, missing);
  const rice = secondsOfRecord(ecg).reduce((sum, block) => sum + riceBits(block, ecg.bits), 0);
  const best = bitsPerSample(ecg, encodeBlockBest);
  const handheld = bitsPerSample(ecg, encodeBlock);
  const peers = { ...(await compressors), [RICE]: rice / ecg.samples.length };
  return { name: ecg.name, best, handheld, peers };
}

function shapeOf(ecg: EcgRecord): BlockShape {
  return { leads: 1, bits: ecg.bits, nominal: ecg.samplesPerSecond };
}

/** @throws when a block does not decode to the samples that it was made of: then its size means nothing */
function bitsPerSample(ecg: EcgRecord, encode: Encoder): number {
  const shape = shapeOf(ecg);
  let bytes = 0;
  for (const [index, block] of secondsOfRecord(ecg).entries()) {
    const encoded = encode([block], shape);
    const decoded = decodeBlock(encoded, shape)[0]!;
    if (decoded.length !== block.length || decoded.some((value, t) => value !== block[t]))
      throw new Error(`second ${index} of record ${ecg.name} does not come back as it went in`);
    bytes += encoded.length;
  }
  return (8 * bytes) / ecg.samples.length;
}

function sizeRows(measured: Measured[]): Row[] {
  const mean = (value: (of: Measured) => number) =>
    measured.reduce((sum, of) => sum + value(of), 0) / measured.length;
  const peers: Record<string, number> = {};
  for (const peer of Object.keys(measured[0]!.peers)) peers[peer] = mean((of) => of.peers[peer]!);
  const row = (name: string, value: number, of: Record<string, number>): Row => ({
    name: `codec/${name}`,
    value,
    unit: "bits/sample",
    peers: of,
  });
  return [
    row(
      "bits-per-sample",
      mean((of) => of.best),
      peers,
    ),
    row(
      "bits-per-sample-handheld",
      mean((of) => of.handheld),
      peers,
    ),
    ...measured.map(({ name, best, handheld, peers: own }) =>
      row(`bits-per-sample/${name}`, best, { "handheld's encoder": handheld, ...own }),
    ),
  ];
}

async function speedRows(ecg: EcgRecord, context: Context): Promise<Row[]> {
  const shape = shapeOf(ecg);
  const blocks = secondsOfRecord(ecg).map((block) => [block]);
  const encoded = blocks.map((block) => encodeBlock(block, shape));
  const over = async <Input>(inputs: Input[], work: (input: Input) => unknown) => {
    const seconds = await secondsOf(() => {
      for (const input of inputs) work(input);
    });
    return (1e9 * seconds) / ecg.samples.length;
  };
  const contenders = {
    "encode-ns-per-sample": () => over(blocks, (block) => encodeBlock(block, shape)),
    "encode-best-ns-per-sample": () => over(blocks, (block) => encodeBlockBest(block, shape)),
    "decode-ns-per-sample": () => over(encoded, (block) => decodeBlock(block, shape)),
  };
  const values = await interleave(ROUNDS, contenders, context.progress);
  context.note(`speeds: median of ${ROUNDS} rounds over record ${ecg.name} on Node ${process.version}`);
  return Object.entries(values).map(([name, value]) => ({
    name: `codec/${name}`,
    value,
    unit: "ns/sample",
    peers: {},
  }));
}
