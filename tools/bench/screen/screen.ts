/** The page in Debian's Chromium in front of a hub of its own: what eyes wait for, beside uPlot on the same samples. */
import { join } from "node:path";
import type { Context, Row } from "../area";
import { median, quantile } from "../rounds";
import { login } from "../session";
import { hasChromium, type Opener, withChromium } from "./chromium";
import { buildPages } from "./folder";
import { type HubProcess, withHub } from "./hub";
import { pixelDelays } from "./live";
import { type Loads, loads, panning } from "./opened";

/** Beside one that warms the hub up. */
const LOADS = 7;
const BLOCKS = 60;
const FIRST_PAINT_MS = 1000;
const FRAMES_PER_SECOND = 55;
const PIXEL_MS = 150;
const WHOSE = ["ours", "peer"] as const;
const PEER = "uPlot, same windows of the same hub";

/** @param dataDir of a day's recording */
export async function benchScreen(context: Context, dataDir: string, folder: string): Promise<Row[]> {
  if (!hasChromium()) {
    context.note("without Chromium no screen was measured (Debian package chromium)");
    return [];
  }
  const page = join(folder, "page");
  await buildPages(page);
  return withChromium(async (opener) => [
    ...(await withHub((hub) => opened(context, opener, hub, dataDir, page))),
    ...(await withHub((hub) => live(context, opener, hub, join(folder, "live"), page))),
  ]);
}

async function opened(
  context: Context,
  opener: Opener,
  hub: HubProcess,
  dataDir: string,
  page: string,
): Promise<Row[]> {
  const address = await hub.order("serve", dataDir, page);
  context.progress("waiting until the day's beats are found");
  const id = await prepared(address);
  const taken: Record<(typeof WHOSE)[number], Loads[]> = { ours: [], peer: [] };
  for (let n = 0; n <= LOADS; n++)
    for (const whose of WHOSE) {
      context.progress(`first paint, ${whose}: ${n} of ${LOADS}`);
      const one = await loads(opener, address, id, whose);
      if (n > 0) taken[whose].push(one);
    }
  const paint = (which: keyof Loads) => {
    const [ours, peer] = WHOSE.map((whose) => median(taken[whose].map((one) => one[which])));
    return row(`first-paint-${which}`, ours!, "ms", { budget: FIRST_PAINT_MS, [PEER]: peer! });
  };
  context.progress("panning");
  const ours = await panning(opener, address, id, "ours");
  const peer = await panning(opener, address, id, "peer");
  const frames = (which: keyof typeof ours) => {
    const rate = (intervals: number[], q: number) => 1000 / quantile(intervals, q);
    const [mine, theirs] = [ours[which], peer[which]];
    return [
      row(`${which}-frames-p50`, rate(mine, 0.5), "a second", {
        ...{ budget: FRAMES_PER_SECOND, [PEER]: rate(theirs, 0.5) },
      }),
      row(`${which}-frames-p5`, rate(mine, 0.95), "a second", { [PEER]: rate(theirs, 0.95) }),
    ];
  };
  context.note(
    `first paint: from the address to the frame in which overview and all leads stand, by their pixels; median of ${LOADS}, cold in a browser that was never here`,
  );
  context.note("frames: those in which the paper moved, while a mouse sends an event each 8 ms");
  return [paint("cold"), paint("warm"), ...frames("drag"), ...frames("wheel")];
}

/** Beats are found on a thread of the hub when somebody asks first: that must not run beside what is measured. */
async function prepared(address: string): Promise<string> {
  const headers = await login(address);
  const listed = await (await fetch(`${address}/api/recordings`, { headers })).json();
  const { id } = (listed as { recordings: { id: string }[] }).recordings[0]!;
  while ((await fetch(`${address}/api/recordings/${id}/beats`, { headers })).status === 503);
  return id;
}

async function live(
  context: Context,
  opener: Opener,
  hub: HubProcess,
  dataDir: string,
  page: string,
): Promise<Row[]> {
  context.progress(`${BLOCKS} seconds of a live trace`);
  const address = await hub.order("record", dataDir, page);
  const delays = await pixelDelays(opener, hub, address, BLOCKS);
  context.note(
    "notification to pixel: from the last notification of a block, through relay, broker, store and live stream, to the frame with its first samples",
  );
  return [
    row("notification-to-pixel-p50", quantile(delays, 0.5), "ms", { budget: PIXEL_MS }),
    row("notification-to-pixel-p99", quantile(delays, 0.99), "ms", { budget: PIXEL_MS }),
  ];
}

function row(what: string, value: number, unit: string, peers: Record<string, number>): Row {
  return { name: `page/${what}`, value, unit, peers };
}
