/** A recording's first seconds, small: to tell one from the other, not to be read. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Recording } from "../../../schema/recordings";
import { SIGNAL_HEADERS, signal } from "../../../schema/signal";
import type { Api } from "../api/client";
import { leadsOf } from "../api/windows";
import { fittedPlace } from "../paper/overview";
import { countsPerMillivolt } from "../paper/place";
import { extremesOf } from "../paper/reach";
import type { Piece } from "../paper/samples";
import { drawTrace } from "../paper/trace";
import { Canvas, type Look, useLook } from "./canvas";
import { usePage } from "./context";
import { useSeen } from "./seen";

const SECONDS = 5;
/** What takes all of the height, at least: noise alone is not to look like a heart. */
const LEAST_MV = 1;
/** A front end's filters settle first. */
const SKIPPED_SECONDS = 1;

export function Thumbnail({ recording }: { recording: Recording }) {
  const { api, messages } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const look = useLook(box);
  const isSeen = useSeen(box);
  const [piece, setPiece] = useState<Piece>();
  const { id } = recording;
  useEffect(() => {
    if (!isSeen) return;
    const control = new AbortController();
    // Without one the entry says as much in words.
    read(api, recording, control.signal).then(setPiece, () => undefined);
    return () => control.abort();
  }, [api, id, isSeen]);
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { area, ratio, ink }: Look) => {
      context.clearRect(0, 0, area.width, area.height);
      if (!piece) return;
      const place = fittedPlace(area, piece.values.length, rangeOf(recording, piece));
      drawTrace(context, area, { ...piece, from: 0 }, place, Math.max(1, Math.round(ratio)), ink.trace);
    },
    [piece],
  );
  return (
    <div class="thumbnail" ref={box} role="img" aria-label={messages.say("thumbnail")}>
      <Canvas draw={draw} look={look} />
    </div>
  );
}

/** As high as the box needs: all of the curve is to be seen, its measure on the paper. */
function rangeOf({ form }: Recording, piece: Piece): [number, number] {
  const { least, most } = extremesOf([piece]) ?? { least: 0, most: 0 };
  const missing = Math.max(0, LEAST_MV * (countsPerMillivolt(form!.leads[0]!) ?? 0) - (most - least)) / 2;
  return [least - missing, most + missing];
}

async function read(api: Api, { id, form, samples }: Recording, abort: AbortSignal): Promise<Piece> {
  const rate = form!.rateNum / form!.rateDen;
  const length = Math.floor(SECONDS * rate);
  const from = Math.max(0, Math.min(Math.floor(SKIPPED_SECONDS * rate), samples - length));
  const query = { from: String(from), to: String(Math.min(samples, from + length)), lead: "0" };
  const answer = await api.send(signal, { params: { id }, query }, abort);
  const count = Number(answer.headers.get(SIGNAL_HEADERS.count));
  return { from, step: 1, values: leadsOf(await answer.arrayBuffer(), 1, count, 1)[0]! };
}
