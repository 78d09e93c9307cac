/**
 * Beats, their classes, episodes, and the whole chain from signal quality to episodes on real ECG: how many times faster
 * than the heart, and whether the chain's memory stays flat. Where MIT-BIH's Noise Stress records are at hand, also how
 * well beats are found in noise, beside a peer.
 */
import { dirname } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Analysis } from "../../gateway/rhythm/analysis";
import { BeatClassifier } from "../../gateway/rhythm/beats/classifier";
import { RhythmTracker } from "../../gateway/rhythm/episodes/tracker";
import { BeatDetector } from "../../gateway/rhythm/qrs/detector";
import { QualityMeter } from "../../gateway/rhythm/quality";
import type { Beat } from "../../gateway/rhythm/types";
import { readRecord } from "../../gateway/wfdb/read";
import type { Context, Row } from "./area";
import { benchNoise } from "./noise";
import { readEcg, recordsAtHand, secondsOfRecord } from "./records";
import { interleave, secondsOf } from "./rounds";

const ROUNDS = 5;
const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;

export async function benchRhythm(context: Context): Promise<Row[]> {
  const { headers, origin } = recordsAtHand();
  const ecg = readEcg(headers[0]!);
  const { gain } = readRecord(headers[0]!).leads[0]!;
  const blocks = secondsOfRecord(ecg).map((block) => [block]);
  const settings = { rate: ecg.samplesPerSecond, gains: [gain] };
  context.note(
    `${origin}; record ${ecg.name}, channel 0 at ${ecg.samplesPerSecond} Hz, blocks of one second`,
  );
  const { speed, classed, episodes, chain } = await interleave(
    ROUNDS,
    {
      speed: async () => {
        const seconds = await secondsOf(() => {
          const detector = new BeatDetector(settings);
          for (const block of blocks) detector.push(block);
        });
        return blocks.length / seconds;
      },
      classed: async () => {
        const seconds = await secondsOf(() => {
          const classifier = new BeatClassifier(settings);
          for (const block of blocks) classifier.push(block);
        });
        return blocks.length / seconds;
      },
      episodes: async () => {
        const push = newFollower(settings.rate, gain);
        const seconds = await secondsOf(() => {
          for (const block of blocks) push(block);
        });
        return blocks.length / seconds;
      },
      chain: async () => {
        const push = newChain(settings.rate, gain);
        const seconds = await secondsOf(() => {
          for (const block of blocks) push(block);
        });
        return blocks.length / seconds;
      },
    },
    context.progress,
  );
  const day = await overADay(newChain(settings.rate, gain), blocks, context);
  return [
    { name: "rhythm/beats-times-real-time", value: speed, unit: "× real time", peers: {} },
    { name: "rhythm/classes-times-real-time", value: classed, unit: "× real time", peers: {} },
    { name: "rhythm/episodes-times-real-time", value: episodes, unit: "× real time", peers: {} },
    { name: "rhythm/chain-times-real-time", value: chain, unit: "× real time", peers: {} },
    { name: "rhythm/day-times-real-time", value: day.speed, unit: "× real time", peers: {} },
    { name: "rhythm/growth-over-a-day", value: day.growth, unit: "MB", peers: {} },
    ...benchNoise(dirname(headers[0]!)),
  ];
}

/** A day of the record over and over; growth is what is left when garbage was collected, the most of any hour, in MB. */
async function overADay(
  push: (block: Int32Array[]) => void,
  blocks: Int32Array[][],
  context: Context,
): Promise<{ speed: number; growth: number }> {
  const collect = collector();
  const used = () => process.memoryUsage().heapUsed;
  collect();
  const before = used();
  let most = before;
  let mostWithGarbage = before;
  let seconds = 0;
  for (let second = 0; second < DAY_SECONDS; second += HOUR_SECONDS) {
    seconds += await secondsOf(() => {
      for (let at = second; at < second + HOUR_SECONDS; at++) push(blocks[at % blocks.length]!);
    });
    mostWithGarbage = Math.max(mostWithGarbage, used());
    collect();
    most = Math.max(most, used());
    context.progress(`hour ${second / HOUR_SECONDS + 1} of a day`);
  }
  const garbage = ((mostWithGarbage - most) / 1e6).toFixed(1);
  context.note(`growth over a day: garbage collected first, of which there were ${garbage} MB at most`);
  return { speed: DAY_SECONDS / seconds, growth: (most - before) / 1e6 };
}

/** Node's own collector, also where it was not started with --expose-gc. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/** Signal quality, beats without classes and episodes of one lead, second by second. */
function newFollower(rate: number, gain: number): (block: Int32Array[]) => void {
  const meter = new QualityMeter({ rate, gain });
  const detector = new BeatDetector({ rate, gains: [gain] });
  const tracker = new RhythmTracker({ rate, gain });
  return (block) => {
    const beats = detector.push(block).map((sample): Beat => ({ sample, class: "N", confidence: 1 }));
    tracker.push(block[0]!, beats, meter.push(block[0]!));
  };
}

/** All that is said of one lead, second by second. */
function newChain(rate: number, gain: number): (block: Int32Array[]) => void {
  const analysis = new Analysis({ rate, gain });
  return (block) => {
    analysis.push(block[0]!);
  };
}
