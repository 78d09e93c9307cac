/** Everything that must hold when all faults are over and every handheld says that it owes nothing. */

import { nominalBlock } from "../../../firmware/sampler";
import { isSound, type RecordingInfo, type VerifiedRecording } from "../../../gateway/store/infos";
import type { StoreReader } from "../../../gateway/store/reader";
import type { RefusalKind } from "../../../gateway/store/refusals";
import { DropReason, decodeDrop } from "../../../protocol/bodies";
import { FrameType } from "../../../protocol/header";
import type { Chronicle } from "./chronicle";
import type { Fault } from "./faults";
import { digest, placeOf, type Story, type Truth } from "./truth";
import type { Unit } from "./unit";

/** What the store holds of a device's recordings, opened. */
interface Kept {
  info: RecordingInfo;
  /** Digest of each frame held, by sequence. */
  frames: Map<number, string>;
}

/** What the store says of frames that only a clone, or a handheld that was rolled back, can have made. */
const ALARMS: RefusalKind[] = ["recording-regressed", "leaf-regressed", "conflict", "after-close"];

interface Range {
  from: number;
  end: number;
}

export class Judgement {
  private readonly kept = new Map<string, Kept>();
  /** Of the recording's place: frames, and samples, that stored drop frames declare lost. */
  private readonly lostFrames = new Map<string, Range[]>();
  private readonly lostSamples = new Map<string, Range[]>();
  private readonly verdicts = new Map<string, VerifiedRecording>();

  constructor(
    private readonly reader: StoreReader,
    private readonly truth: Truth,
    private readonly chronicle: Chronicle,
    private readonly faults: ReadonlySet<Fault>,
  ) {
    for (const info of reader.recordings()) this.read(info);
  }

  /** @param cloned the device whose flash was copied, if one was */
  judge(units: Unit[], cloned: string | undefined): void {
    const report = this.reader.verify();
    for (const recording of report.recordings) this.verdicts.set(recording.id, recording);
    for (const problem of report.problems) this.chronicle.violated(`verify: ${problem}`);
    for (const unit of units) {
      if (unit.device === cloned) continue;
      for (const story of this.truth.stories.get(unit.name)!.values()) this.judgeStory(unit, story);
    }
    for (const { info, frames } of this.kept.values()) this.judgeGenuine(info, frames);
    const { counts } = this.chronicle;
    counts["recordings"] = this.kept.size;
    for (const { info } of this.kept.values()) {
      this.chronicle.count("frames kept", info.frames);
      this.chronicle.count("samples kept", info.samples - info.dropped);
      this.chronicle.count("samples declared lost", info.dropped);
      this.chronicle.event(
        "kept",
        info.device,
        info.epoch,
        info.recording,
        info.frames,
        info.samples,
        info.state,
      );
    }
  }

  private read(info: RecordingInfo): void {
    const { device, epoch, recording } = info;
    const frames = new Map<number, string>();
    for (const { header, frame, body } of this.reader.frames(info.id)) {
      frames.set(header.sequence, digest(frame));
      if (header.type !== FrameType.drop) continue;
      const drop = decodeDrop(body);
      const place = placeOf(device, epoch, drop.recording);
      append(this.lostSamples, place, { from: drop.firstSample, end: drop.firstSample + drop.samples });
      if (drop.reason === DropReason.ringFull)
        append(this.lostFrames, place, { from: drop.from, end: drop.to + 1 });
    }
    this.kept.set(placeOf(device, epoch, recording), { info, frames });
  }

  /** No byte is there that no handheld sealed. */
  private judgeGenuine(info: RecordingInfo, frames: Map<number, string>): void {
    const stories = [...this.truth.of(info.device)].filter(
      ({ epoch, number }) => epoch === info.epoch && number === info.recording,
    );
    for (const [sequence, frame] of frames) {
      if (!stories.some((story) => story.frames[sequence]?.frame === frame))
        this.chronicle.violated(`frame ${sequence} of ${info.id} is not as any handheld sealed it`);
    }
  }

  private judgeStory(unit: Unit, story: Story): void {
    const place = placeOf(story.device, story.epoch, story.number);
    const say = (what: string) => this.chronicle.violated(`${place}: ${what}`);
    const kept = this.kept.get(place);
    // A new owner's handheld forgets what it owed to the old one.
    const newest = unit.handheld.monitor!.keys()!.epoch === story.epoch;
    if (!kept) {
      if (newest && story.appended > 0) say(`its ${story.appended} frames are unknown to the store`);
      return;
    }
    const { info, frames } = kept;
    const lost = this.lostFrames.get(place) ?? [];
    const absent: number[] = [];
    for (let sequence = 0; sequence < story.appended; sequence++)
      if (!frames.has(sequence) && !within(lost, sequence)) absent.push(sequence);
    if (newest && absent.length > 0)
      say(`${absent.length} frames are neither stored nor declared lost, the first is ${absent[0]}`);
    if (!newest && absent.length > 0) return;
    this.judgeVerdict(info, say);
    if (story.close && story.appended === story.frames.length) this.judgeClosed(story, info, frames, say);
    const wrong = this.wrongSamples(unit, story, info, place);
    if (wrong !== undefined) say(wrong);
  }

  private judgeVerdict({ id, flags }: RecordingInfo, say: (what: string) => void): void {
    const verdict = this.verdicts.get(id);
    if (verdict && !isSound(verdict.verdict))
      say(`verify says ${verdict.verdict}: ${verdict.problems.slice(0, 3).join("; ")}`);
    if (flags.length > 0) say(`flagged as ${flags.join(", ")}`);
  }

  private judgeClosed(
    story: Story,
    { state, samples }: RecordingInfo,
    frames: Map<number, string>,
    say: (what: string) => void,
  ): void {
    const end = endOf(story);
    if (story.close!.samples !== end)
      say(`its close counts ${story.close!.samples} samples, ${end} were given`);
    if (!frames.has(story.close!.frames)) return;
    if (state !== "closed") say(`its close is stored, and it is ${state}`);
    if (samples !== end) say(`the store counts ${samples} samples, ${end} were given`);
  }

  /** Every sample is kept as it was given or declared lost, and none twice. */
  private wrongSamples(unit: Unit, story: Story, info: RecordingInfo, place: string): string | undefined {
    if (!info.open) return undefined;
    const lost = this.lostSamples.get(place) ?? [];
    let position = 0;
    for (const { firstSample, samples } of this.reader.pieces(info.id)) {
      if (firstSample < position) return `sample ${firstSample} is there twice`;
      if (!covers(lost, position, firstSample))
        return `samples ${position} to ${firstSample - 1} are missing, and no drop frame says so`;
      const wrong = story.trace.differs(firstSample, samples);
      if (wrong !== undefined) return `sample ${wrong} is not what the front end delivered`;
      position = firstSample + samples[0]!.length;
    }
    if (!covers(lost, position, info.samples))
      return `samples from ${position} on are missing, and no drop frame says so`;
    const end = endOf(story);
    // With the power goes the block that is being collected, the one being written, and what waits in the FIFO's burst.
    const nominal = nominalBlock({ ...story.open, name: "" } as never);
    const burst = Math.ceil((unit.plan.burstMs / 1000) * nominal * 1.1) + 1;
    const mayBeShort = story.close && story.appended === story.frames.length ? 0 : 2 * nominal + burst;
    if (info.samples < end - mayBeShort || info.samples > end)
      return `it ends at sample ${info.samples}, and ${end} were given`;
    return undefined;
  }

  /**
   * A clone is detected once the store has seen two frames of one place that differ, or frames of both in a recording
   * whose close it holds. Of frames that nowhere meet, in a recording that was cut off, nothing tells.
   * @param told kinds that the store's log told of the device
   */
  judgeDetection(original: Unit, clone: Unit, told: ReadonlySet<string> = new Set()): void {
    const { device } = original;
    const counted = this.reader.refusals(device) as Record<string, number | undefined>;
    const alarmed = ALARMS.some((kind) => (counted[kind] ?? 0) > 0 || (this.forgets() && told.has(kind)));
    for (const [place, copied] of this.truth.stories.get(clone.name)!) {
      const story = this.truth.story(original.name, place);
      if (!story || !this.sawOwn(place, story, copied) || !this.sawOwn(place, copied, story)) continue;
      const kept = this.kept.get(place);
      if (!this.met(place, story, copied) && kept?.info.state !== "closed") continue;
      this.chronicle.count("recordings of two units");
      const verdict = kept && this.verdicts.get(kept.info.id)?.verdict;
      if (!alarmed && verdict === "authentic")
        this.chronicle.violated(
          `${place}: frames of a handheld and of its clone reached the store, and nothing tells of it`,
        );
    }
  }

  /** Whether the store saw frames of `story` that the other unit did not seal as well. */
  private sawOwn(place: string, story: Story, other: Story): boolean {
    return story.frames.some(
      ({ frame }, sequence) => other.frames[sequence]?.frame !== frame && this.saw(place, sequence, frame),
    );
  }

  /** Whether the store saw two frames for one place of the recording. */
  private met(place: string, story: Story, other: Story): boolean {
    return story.frames.some(({ frame }, sequence) => {
      const twin = other.frames[sequence]?.frame;
      if (twin === undefined || twin === frame) return false;
      return this.saw(place, sequence, frame) && this.saw(place, sequence, twin);
    });
  }

  /** What a store opened that then died, or had to roll back, it may not have seen. */
  private saw(place: string, sequence: number, frame: string): boolean {
    return this.forgets() ? this.kept.get(place)?.frames.get(sequence) === frame : this.truth.reached(frame);
  }

  /** Whether the store may have lost a second's counts, or a batch. */
  private forgets(): boolean {
    const faults: Fault[] = ["store", "statement", "disk"];
    return faults.some((fault) => this.faults.has(fault));
  }

  /** Whoever forges is refused and counted; a store that is killed forgets a second's counts. */
  judgeRefusals(foreign: number, devices: string[]): void {
    const all = [undefined, ...devices].flatMap((device) => Object.entries(this.reader.refusals(device)));
    const refused = all.filter(([kind]) => kind !== "duplicate").reduce((sum, [, count]) => sum + count, 0);
    if (this.forgets()) return;
    if (refused < foreign)
      this.chronicle.violated(
        `${foreign} forged frames reached the store, and it counted ${refused} refusals`,
      );
  }
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

function within(ranges: Range[], place: number): boolean {
  return ranges.some(({ from, end }) => from <= place && place < end);
}

function covers(ranges: Range[], from: number, end: number): boolean {
  let at = from;
  while (at < end) {
    const next = ranges.find((range) => range.from <= at && at < range.end);
    if (!next) return false;
    at = next.end;
  }
  return true;
}

/** Where a recording ends that nothing cut short. */
function endOf({ open, trace }: Story): number {
  const limit = Math.round((open.seconds * open.rateNum) / open.rateDen);
  return open.seconds > 0 ? Math.min(limit, trace.position) : trace.position;
}
