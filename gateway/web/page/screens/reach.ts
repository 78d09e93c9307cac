/** What a recording's leads need of the paper's height, for all of it: so that it stays one height while it is moved. */
import { useMemo, useRef } from "preact/hooks";
import type { Recording } from "../../../schema/recordings";
import { MAX_STEP } from "../../../schema/signal";
import type { Windows } from "../api/windows";
import { stepFor } from "../paper/overview";
import { type Reach, usualReach, widened } from "../paper/reach";

/** A few thousand values say how far a day's curve goes. */
const ENTRIES = 1000;

type Leads = NonNullable<Recording["form"]>["leads"];

/** @returns per lead; undefined until it is known. It never falls while a recording is open */
export function useReach(
  leads: Leads,
  windows: Windows,
  version: number,
  samples: number,
  rate: number,
): readonly (Reach | undefined)[] {
  const known = useRef<readonly (Reach | undefined)[]>([]);
  return useMemo(() => {
    const pieces = windows.read(0, samples, stepFor(samples, ENTRIES, MAX_STEP));
    const reaches = leads.map((lead, n) => widened(known.current[n], usualReach(lead, pieces[n]!, rate)));
    const isAsWas = reaches.every(
      (one, n) => one?.above === known.current[n]?.above && one?.below === known.current[n]?.below,
    );
    if (!isAsWas || known.current.length !== reaches.length) known.current = reaches;
    return known.current;
  }, [windows, version, samples]);
}
