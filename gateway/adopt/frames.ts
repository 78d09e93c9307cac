/** The frames of an old recording: its counts in blocks, its gaps as drops of the front end, and a close that nobody signs. */
import { CloseReason, DropReason, encodeClose, encodeData, encodeDrop } from "../../protocol/bodies";
import { chainNext, chainStart } from "../../protocol/chain";
import { type BlockShape, encodeBlock } from "../../protocol/codec/block";
import { rawBytes } from "../../protocol/codec/bounds";
import type { Crypto } from "../../protocol/crypto";
import { FrameType } from "../../protocol/header";
import { ClockTrust, encodeOpen, type Open, RecordingMode } from "../../protocol/open";
import { MAX_BODY_BYTES, sealFrame } from "../../protocol/seal";
import type { Seat } from "../store/adopted";
import type { OldRecording } from "./recording";

const POSITION_BYTES = 6;
const NO_CHAIN = new Uint8Array(32);

/** @param fingerprint of the file, by which it is known again */
export function openOf(old: OldRecording, fingerprint: string): Open {
  const { rateNum, rateDen, bits, leads } = old;
  return {
    ...{ rateNum, rateDen, bits, leads, nominal: nominalOf(leads.length, bits) },
    frontEnd: `adopted: ${old.format}`,
    firmware: fingerprint,
    startMs: startOf(old),
    // Somebody's clock, in a time zone that nobody wrote down.
    trust: ClockTrust.unknown,
    mode: RecordingMode.fixed,
    seconds: 0,
  };
}

/** What fits a frame even if no prediction helps. */
function nominalOf(leads: number, bits: number): number {
  const room = MAX_BODY_BYTES - POSITION_BYTES;
  let count = Math.floor((8 * room) / (leads * bits));
  while (count > 1 && rawBytes({ leads, bits, nominal: count }, count) > room) count--;
  return count;
}

/** Where the file names no time zone, it is taken for this machine's; 0 where it names no time. */
function startOf({ start }: OldRecording): number {
  if (!start) return 0;
  const { year, month, day, hour, minute, second, fraction, zoneMinutes } = start;
  const parts = [year, month - 1, day, hour, minute, second, Math.floor(1000 * fraction)] as const;
  const at =
    zoneMinutes === undefined ? new Date(...parts).getTime() : Date.UTC(...parts) - zoneMinutes * 60_000;
  return Math.max(0, at);
}

export function* framesOf(crypto: Crypto, old: OldRecording, open: Open, seat: Seat): Generator<Uint8Array> {
  const { device, epoch, number, key } = seat;
  const shape: BlockShape = { leads: open.leads.length, bits: open.bits, nominal: open.nominal };
  let chain = chainStart(crypto, device, epoch, number, key);
  let sequence = 0;
  const seal = (type: number, body: Uint8Array) => {
    const frame = sealFrame(crypto, key, { type, epoch, recording: number, sequence }, body);
    if (type !== FrameType.close) chain = chainNext(crypto, chain, frame);
    sequence++;
    return frame;
  };
  yield seal(FrameType.open, encodeOpen(open));
  let next = 0;
  let dropped = 0;
  for (const { firstSample, leads } of old.pieces()) {
    if (firstSample > next) {
      const gap = firstSample - next;
      const body = {
        ...{ reason: DropReason.frontEnd, recording: number, from: 0, to: 0 },
        ...{ firstSample: next, samples: gap, before: NO_CHAIN, chain: NO_CHAIN },
      };
      yield seal(FrameType.drop, encodeDrop(body));
      dropped += gap;
    }
    const { length } = leads[0]!;
    for (let at = 0; at < length; at += shape.nominal) {
      const block = encodeBlock(
        leads.map((lead) => lead.slice(at, at + shape.nominal)),
        shape,
      );
      yield seal(FrameType.data, encodeData({ firstSample: firstSample + at, block }));
    }
    next = firstSample + length;
  }
  yield seal(
    FrameType.close,
    encodeClose({
      ...{ frames: sequence, samples: next, dropped, chain, previousClose: NO_CHAIN },
      ...{ checkpointSize: 0, checkpointRoot: NO_CHAIN, uptimeMs: 0, batteryMillivolts: 0 },
      reason: CloseReason.complete,
    }),
  );
}
