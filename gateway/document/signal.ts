/** A recording as documents see it: what it is, where its samples are, and where they are not. */
import { DropReason } from "../../protocol/bodies";
import { ClockTrust, type Lead } from "../../protocol/open";
import { StoreError } from "../store/errors";
import type { RecordingInfo } from "../store/infos";
import type { StoreReader } from "../store/reader";

export type OpenRecording = RecordingInfo & { open: NonNullable<RecordingInfo["open"]> };

/** Samples that the store does not hold, per lead. */
export interface Absence {
  firstSample: number;
  samples: number;
  cause: "ring-full" | "front-end" | "not-in-file" | "not-received";
}

const CAUSES: Record<number, Absence["cause"]> = {
  [DropReason.ringFull]: "ring-full",
  [DropReason.frontEnd]: "front-end",
};
const TRUSTS: Record<number, string> = {
  [ClockTrust.unknown]: "unknown",
  [ClockTrust.sinceBoot]: "counted since the handheld's start",
  [ClockTrust.setByHub]: "set by the hub",
};

/** @throws STORE_NOT_FOUND, STORE_AMBIGUOUS, STORE_NO_OPEN */
export function openRecording(reader: Pick<StoreReader, "recording">, id: string): OpenRecording {
  const info = reader.recording(id);
  if (info.open) return info as OpenRecording;
  throw new StoreError(
    "STORE_NO_OPEN",
    `recording ${info.id} cannot be decoded: its open frame has not arrived. Bring the handheld near and try again`,
  );
}

export function trustName(trust: number): string {
  return TRUSTS[trust] ?? `unknown (${trust})`;
}

/** Collects where pieces are not, in the order in which they come. */
export class Absences {
  readonly list: Absence[] = [];
  private readonly declared;

  /** @param position the first sample that is asked for */
  constructor(
    reader: Pick<StoreReader, "gaps">,
    private readonly info: RecordingInfo,
    private position = 0,
  ) {
    this.declared = reader.gaps(info.id);
  }

  /** True when samples are missing before `first`. */
  isBehind(first: number): boolean {
    return this.position < first;
  }

  /** Samples are here from `first` to `end`. @returns the absences before them */
  upTo(first: number, end: number): Absence[] {
    const found: Absence[] = [];
    while (this.position < first) {
      const at = this.position;
      const gap = this.declared.find(
        (each) => at >= each.firstSample && at < each.firstSample + each.samples,
      );
      const next = this.declared.find((each) => each.firstSample > at);
      const stop = Math.min(first, gap ? gap.firstSample + gap.samples : (next?.firstSample ?? first));
      found.push({
        firstSample: at,
        samples: stop - at,
        cause: this.causeOf(gap?.reason),
      });
      this.position = stop;
    }
    this.position = Math.max(this.position, end);
    this.list.push(...found);
    return found;
  }

  private causeOf(reason = -1): Absence["cause"] {
    const cause = CAUSES[reason];
    return cause && this.info.adopted ? "not-in-file" : (cause ?? "not-received");
  }
}

/** Unit that a text format can hold. */
export function unitOf(lead: Lead): string {
  return lead.unit.trim().replace(/\s+/g, "_") || "NU";
}

export function nameOf(lead: Lead, index: number, unnamed = `lead ${index + 1}`): string {
  return lead.name.trim().replace(/\s+/g, " ") || unnamed;
}
