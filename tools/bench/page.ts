/** The page: what its server takes to open, pan and zoom a day's recording over HTTP and to serve viewers, and what stands on a screen when. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { type SIGNAL_HEADERS, signal } from "../../gateway/schema/signal";
import { Store } from "../../gateway/store/store";
import { startWeb, type Web } from "../../gateway/web/server";
import { Random } from "../sim/random";
import type { Context, Row } from "./area";
import { recordDay } from "./day";
import { inFolder } from "./folder";
import { isBuilt } from "./program";
import { quantile, secondsOf } from "./rounds";
import { benchScreen } from "./screen/screen";
import { login } from "./session";
import { viewerLoad } from "./viewerload";
import { blockCost } from "./viewers";

const LEADS = ["I", "II", "V5"];
const RATE = 256;
const DAY_SAMPLES = 86_400 * RATE;
/** A tablet's width: an entry a pixel. */
const PIXELS = 1200;
const OPENINGS = 7;
const WINDOWS = 100;
const STRIP_SECONDS = 10;
const VIEWERS = 20;
/** Blocks so large that what nobody reads fills every buffer on the way. */
const MANY_LEADS = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"];

export function benchPage(context: Context): Promise<Row[]> {
  return inFolder(async (folder) => {
    const dataDir = await recordDay(join(folder, "day"), context, LEADS);
    const before = process.cpuUsage();
    const first = await withHub(dataDir, async (hub) => 1000 * (await secondsOf(() => hub.open())));
    const { user, system } = process.cpuUsage(before);
    const openings: number[] = [];
    for (let n = 0; n < OPENINGS; n++)
      openings.push(await withHub(dataDir, async (hub) => 1000 * (await secondsOf(() => hub.open()))));
    const random = new Random("page");
    const [strips, minutes, hours] = await withHub(dataDir, async (hub) => {
      await hub.open();
      return [
        await hub.windows(random, STRIP_SECONDS * RATE, 1),
        await hub.windows(random, 8 * PIXELS, 8),
        await hub.windows(random, 1024 * PIXELS, 1024),
      ];
    });
    context.progress("a block for viewers");
    const alone = await blockCost(join(folder, "alone"), LEADS, 0);
    const watched = await blockCost(join(folder, "watched"), LEADS, VIEWERS);
    const slow = await blockCost(join(folder, "slow"), MANY_LEADS, VIEWERS, 1);
    const swift = await blockCost(join(folder, "swift"), MANY_LEADS, VIEWERS);
    context.progress(`${VIEWERS} viewers of a demo`);
    const load = isBuilt(context) ? await viewerLoad(join(folder, "demo"), VIEWERS) : undefined;
    const screen = await benchScreen(context, dataDir, folder);
    const bytes = (name: string) => statSync(join(dataDir, name)).size / 1e6;
    context.note(
      `a day of ${LEADS.length} leads at ${RATE}/s: ${bytes("avnode.db").toFixed(1)} MB of frames, ${bytes("pyramid.db").toFixed(1)} MB of pyramid`,
    );
    context.note(
      `opened: recording, events, overview of ${PIXELS} px and ${STRIP_SECONDS} s, all leads, each time by a hub started anew`,
    );
    return [
      row("first-sight", first, "ms"),
      row("first-sight-cpu", (user + system) / 1000, "ms"),
      row("open-p50", quantile(openings, 0.5), "ms", { budget: 1000 }),
      row("open-max", Math.max(...openings), "ms", { budget: 1000 }),
      ...[
        ["10s-samples", strips],
        ["38s-by-8", minutes],
        ["80min-by-1024", hours],
      ].flatMap(([what, times]) => [
        row(`window-${what}-p50`, quantile(times as number[], 0.5), "ms"),
        row(`window-${what}-p99`, quantile(times as number[], 0.99), "ms"),
      ]),
      // A handheld sends one a second.
      row(`block-${VIEWERS}-viewers`, watched, "ms", { "without viewers": alone }),
      row(`block-${VIEWERS}-viewers-one-silent`, slow, "ms", { "all read": swift }),
      ...(load
        ? [
            row(`demo-${VIEWERS}-viewers-cpu`, load.watched, "% of a core", {
              "without viewers": load.alone,
            }),
            row(`demo-${VIEWERS}-viewers-rss`, load.rssWatched, "MB", { "without viewers": load.rssAlone }),
          ]
        : []),
      ...screen,
    ];
  });
}

function row(what: string, value: number, unit: string, peers: Record<string, number> = {}): Row {
  return { name: `page/${what}`, value, unit, peers };
}

interface OpenHub {
  /** What the page asks for before it can paint. */
  open(): Promise<void>;
  /** @returns ms each, at random places */
  windows(random: Random, samples: number, step: number): Promise<number[]>;
}

async function withHub<Result>(dataDir: string, use: (hub: OpenHub) => Promise<Result>): Promise<Result> {
  const store = Store.openAsIs(dataDir);
  let web: Web | undefined;
  try {
    web = await startWeb({ dataDir, place: { port: 0 }, hub: store });
    return await use(await hubOf(web.address));
  } finally {
    await web?.stop();
    store.close();
  }
}

async function hubOf(address: string): Promise<OpenHub> {
  const headers = await login(address);
  const get = async (path: string) => {
    let answer = await fetch(address + path, { headers });
    // As a page does with a recording that the hub reads for the first time.
    while (answer.status === 503) answer = await fetch(address + path, { headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const listed = (await (await get("/api/recordings")).json()) as { recordings: { id: string }[] };
  const { id } = listed.recordings[0]!;
  const window = async (from: number, to: number, step: number) => {
    const path = signal.path.replace(":id", id);
    const answer = await get(`${path}?from=${from}&to=${to}&step=${step}`);
    const count: (typeof SIGNAL_HEADERS)["count"] = "x-avnode-count";
    const values = Number(answer.headers.get(count)) * LEADS.length * (step > 1 ? 2 : 1);
    const { byteLength } = await answer.arrayBuffer();
    if (values === 0 || byteLength !== 4 * values)
      throw new Error(`${byteLength} bytes for ${values} values`);
  };
  const overview = 2 ** Math.ceil(Math.log2(DAY_SAMPLES / PIXELS));
  return {
    async open() {
      await Promise.all([
        get(`/api/recordings/${id}`).then((answer) => answer.json()),
        get(`/api/recordings/${id}/events`).then((answer) => answer.json()),
        window(0, DAY_SAMPLES, overview),
        window(0, STRIP_SECONDS * RATE, 1),
      ]);
    },
    async windows(random, samples, step) {
      const times: number[] = [];
      for (let n = 0; n < WINDOWS; n++) {
        const from = random.int(DAY_SAMPLES - samples);
        times.push(1000 * (await secondsOf(() => window(from, from + samples, step))));
      }
      return times;
    },
  };
}
