/**
 * The peer: the same windows of the same hub, drawn by uPlot as its manual says, without what else is on our page. The
 * recording's id stands behind the #.
 */
import uPlot from "uplot";
import type { SIGNAL_HEADERS } from "../../../../gateway/schema/signal";
import { HEIGHT, PEER_SECONDS, SHOWN_SECONDS, WIDTH } from "../sizes";

const OVERVIEW_HEIGHT = 60;
/** By their types alone: the schemas would come along. */
const LEADS: (typeof SIGNAL_HEADERS)["leads"] = "x-avnode-leads";
const RATE: (typeof SIGNAL_HEADERS)["rate"] = "x-avnode-rate";
const SAMPLES: (typeof SIGNAL_HEADERS)["samples"] = "x-avnode-samples";

interface Window {
  leads: Int32Array[];
  rate: number;
  samples: number;
}

const id = location.hash.slice(1);

async function read(from: number, to: number, step: number): Promise<Window> {
  const answer = await fetch(`/api/recordings/${id}/signal?from=${from}&to=${to}&step=${step}`);
  const header = (name: string) => answer.headers.get(name)!;
  const leads = header(LEADS).split(",").length;
  const [num, den] = header(RATE).split("/").map(Number);
  const bytes = await answer.arrayBuffer();
  const length = bytes.byteLength / 4 / leads;
  return {
    leads: Array.from({ length: leads }, (_, lead) => new Int32Array(bytes, lead * length * 4, length)),
    rate: num! / den!,
    samples: Number(header(SAMPLES)),
  };
}

function plot(height: number, x: ArrayLike<number>, y: ArrayLike<number>, seconds: number): uPlot {
  const grid = { stroke: "#ffa8a8", grid: { stroke: "#ffdede", width: 1 } };
  const options: uPlot.Options = {
    ...{ width: WIDTH, height, legend: { show: false }, cursor: { show: false } },
    scales: { x: { time: false, min: 0, max: seconds } },
    axes: [grid, grid],
    series: [{}, { stroke: "#000000", width: 1, points: { show: false } }],
  };
  const data = [Float64Array.from(x), Float64Array.from(y)] as unknown as uPlot.AlignedData;
  return new uPlot(options, data, document.body);
}

const times = (count: number, step: number) => Float64Array.from({ length: count }, (_, n) => n * step);

async function show(): Promise<void> {
  const shown = await read(0, SHOWN_SECONDS * 256, 1);
  const { rate, samples } = shown;
  const step = 2 ** Math.floor(Math.log2(samples / WIDTH));
  const whole = (await read(0, samples, step)).leads[0]!;
  plot(OVERVIEW_HEIGHT, times(whole.length, step / 2 / rate), whole, samples / rate);
  const charts = shown.leads.map((lead) =>
    plot(HEIGHT / shown.leads.length, times(lead.length, 1 / rate), lead, SHOWN_SECONDS),
  );
  // For panning: all that a hand reaches, at once.
  const far = await read(0, PEER_SECONDS * rate, 1);
  for (const [n, chart] of charts.entries()) {
    const data = [times(far.leads[n]!.length, 1 / rate), Float64Array.from(far.leads[n]!)];
    chart.setData(data as unknown as uPlot.AlignedData, false);
  }
  let from = 0;
  const pan = (seconds: number) => {
    from = Math.min(PEER_SECONDS - SHOWN_SECONDS, Math.max(0, from + seconds));
    for (const chart of charts) chart.setScale("x", { min: from, max: from + SHOWN_SECONDS });
  };
  addEventListener("pointermove", ({ buttons, movementX }) => {
    if (buttons > 0) pan((-movementX / WIDTH) * SHOWN_SECONDS);
  });
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    pan((event.deltaX / 400) * SHOWN_SECONDS);
  };
  addEventListener("wheel", onWheel, { passive: false });
}

void show();
