/** Buttons of the paper; each has its key, too. */

import { type Filters, HIGH_PASS_HZ, LOW_PASS_HZ } from "../paper/filter";
import type { LayoutName } from "../paper/layout";
import { GAINS, SPEEDS } from "../paper/scale";
import { usePage } from "../parts/context";
import type { Paper } from "./papers";

interface Props {
  paper: Paper;
  change: (paper: Paper) => void;
  layouts: LayoutName[];
  /** At a zoom at which single samples are drawn: others are not filtered. */
  canFilter: boolean;
  atSpeed: (speed: number) => void;
  zoom: (direction: -1 | 1) => void;
  pan: (direction: -1 | 1) => void;
  whole: () => void;
  /** Where what the paper shows is laid out for a printer. */
  sheet: string;
  calipers: { isOpen: boolean; toggle: () => void };
}

const MAINS = [50, 60] as const;

export function ViewerTools(props: Props) {
  const { paper, change, layouts, canFilter, atSpeed, zoom, pan, whole, sheet, calipers } = props;
  const { messages } = usePage();
  const { speed, gain, filters, layout, marchesOut, showsBeats } = paper;
  const filter = (to: Partial<Filters>) => change({ ...paper, filters: { ...filters, ...to } });
  const layoutName = (one: LayoutName) =>
    one === "rows" ? messages.say("layout-rows") : `${one.replace("x", " × ")} + II`;
  return (
    <div class="tools">
      <fieldset>
        <legend>{messages.say("speed")} mm/s</legend>
        {SPEEDS.map((one) => (
          <Choice key={one} isOn={Math.abs(speed - one) < 0.01} choose={() => atSpeed(one)}>
            {messages.number(one)}
          </Choice>
        ))}
      </fieldset>
      <fieldset>
        <legend>{messages.say("gain")} mm/mV</legend>
        {GAINS.map((one) => (
          <Choice key={one} isOn={gain === one} choose={() => change({ ...paper, gain: one })}>
            {messages.number(one)}
          </Choice>
        ))}
      </fieldset>
      <fieldset>
        <legend>{messages.say("zoom")}</legend>
        <button type="button" aria-label={messages.say("back")} onClick={() => pan(-1)}>
          ◀
        </button>
        <button type="button" aria-label={messages.say("forward")} onClick={() => pan(1)}>
          ▶
        </button>
        <button type="button" aria-label={messages.say("zoom-out")} onClick={() => zoom(-1)}>
          −
        </button>
        <button type="button" aria-label={messages.say("zoom-in")} onClick={() => zoom(1)}>
          +
        </button>
        <button type="button" onClick={whole}>
          {messages.say("whole")}
        </button>
      </fieldset>
      <fieldset disabled={!canFilter}>
        <legend>{messages.say(canFilter ? "filters" : "filters-closer")}</legend>
        <Choice isOn={filters.baseline} choose={() => filter({ baseline: !filters.baseline })}>
          ≥ {messages.number(HIGH_PASS_HZ, 2)} Hz
        </Choice>
        <Choice isOn={filters.muscle} choose={() => filter({ muscle: !filters.muscle })}>
          ≤ {messages.number(LOW_PASS_HZ)} Hz
        </Choice>
        {MAINS.map((one) => (
          <Choice
            key={one}
            isOn={filters.mains === one}
            choose={() => filter({ mains: filters.mains === one ? undefined : one })}
          >
            {messages.say("mains", { hz: one })}
          </Choice>
        ))}
      </fieldset>
      {layouts.length > 1 && (
        <fieldset>
          <legend>{messages.say("layout")}</legend>
          {layouts.map((one) => (
            <Choice key={one} isOn={layout === one} choose={() => change({ ...paper, layout: one })}>
              {layoutName(one)}
            </Choice>
          ))}
        </fieldset>
      )}
      <fieldset>
        <legend>{messages.say("measure")}</legend>
        <Choice isOn={calipers.isOpen} choose={calipers.toggle}>
          {messages.say("calipers")}
        </Choice>
        <Choice
          isOn={calipers.isOpen && marchesOut}
          isOff={!calipers.isOpen}
          choose={() => change({ ...paper, marchesOut: !marchesOut })}
        >
          {messages.say("march-out")}
        </Choice>
        <Choice isOn={showsBeats} choose={() => change({ ...paper, showsBeats: !showsBeats })}>
          {messages.say("beats")}
        </Choice>
      </fieldset>
      <a class="button" href={sheet}>
        {messages.say("print")}
      </a>
    </div>
  );
}

function Choice({
  isOn,
  isOff = false,
  choose,
  children,
}: {
  isOn: boolean;
  /** It changes nothing that is to be seen now. */
  isOff?: boolean;
  choose: () => void;
  children: preact.ComponentChildren;
}) {
  return (
    <button type="button" aria-pressed={isOn} disabled={isOff} onClick={choose}>
      {children}
    </button>
  );
}
