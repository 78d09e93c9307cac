/** Keys of the paper: all that its buttons, a mouse and fingers do. */
import { type Calipers, type Foot, nudged } from "../paper/calipers";
import { isRaw, MONITOR, RAW } from "../paper/filter";
import type { LayoutName } from "../paper/layout";
import { GAINS, SPEEDS } from "../paper/scale";
import type { Paper } from "./papers";
import { atSpeed, type Frame, panned, type View, zoomed } from "./view";

export const ZOOM = 1.5;
/** Of what is shown, for a key. */
const KEY_PAN = 0.25;
const NUDGE_FAST = 10;

export interface Keyed {
  /** Of the recording. */
  samples: number;
  /** Samples that are shown. */
  across: number;
  change: (to: (view: View, frame: Frame) => View) => void;
  paper: Paper;
  setPaper: (paper: Paper) => void;
  layouts: readonly LayoutName[];
  layoutName: LayoutName;
  calipers: Calipers | undefined;
  setCalipers: (to: Calipers) => void;
  toggleCalipers: () => void;
  foot: Foot;
  setFoot: (foot: Foot) => void;
}

export function onPaperKey(event: KeyboardEvent, keyed: Keyed): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const act = keysOf(event.shiftKey, keyed)[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function keysOf(isFast: boolean, keyed: Keyed): Record<string, (() => void) | undefined> {
  const { samples, across, change, paper, setPaper, layouts, layoutName } = keyed;
  const { calipers, setCalipers, toggleCalipers, foot, setFoot } = keyed;
  const sideways = (direction: number) => () => {
    if (calipers) setCalipers(nudged(calipers, foot, direction * (isFast ? NUDGE_FAST : 1), samples));
    else change((one, f) => panned(one, direction * KEY_PAN * across, f));
  };
  return {
    ArrowLeft: sideways(-1),
    ArrowRight: sideways(1),
    "+": () => change((one, f) => zoomed(one, ZOOM, 0.5, f)),
    "-": () => change((one, f) => zoomed(one, 1 / ZOOM, 0.5, f)),
    Home: () => change((one, f) => panned(one, -samples, f)),
    End: () => change((one, f) => panned(one, samples, f)),
    1: () => change((one, f) => atSpeed(one, SPEEDS[0]!, f)),
    2: () => change((one, f) => atSpeed(one, SPEEDS[1]!, f)),
    3: () => change((one, f) => atSpeed(one, SPEEDS[2]!, f)),
    g: () => setPaper({ ...paper, gain: nextOf(GAINS, paper.gain) }),
    f: () => setPaper({ ...paper, filters: isRaw(paper.filters) ? MONITOR : RAW }),
    r: () => setPaper({ ...paper, filters: RAW }),
    l: () => setPaper({ ...paper, layout: nextOf(layouts, layoutName) }),
    m: calipers && (() => setPaper({ ...paper, marchesOut: !paper.marchesOut })),
    c: toggleCalipers,
    a: () => setFoot("a"),
    b: () => setFoot("b"),
    Escape: calipers && toggleCalipers,
  };
}

const nextOf = <T>(all: readonly T[], one: T): T => all[(all.indexOf(one) + 1) % all.length]!;
