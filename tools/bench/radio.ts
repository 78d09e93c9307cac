/** Handhelds that stream at 256 Hz over real stacks and the virtual radio: loss, memory and processor of the hub. */
import type { Context, Row } from "./area";
import { inFolder } from "./folder";
import { type Growth, type Look, RATE, stream } from "./stream";

const SHORT = { minutes: 2, handhelds: 2 };
const LONG = { minutes: 60, handhelds: 8 };
const TELL_SECONDS = 10;
/** Of an hour; within minutes the garbage collector's own swing is more than that. */
const MAX_GROWTH_PERCENT = 5;
const BAR_MINUTES = 60;
const MEBIBYTE = 2 ** 20;

export function benchRadio(context: Context): Promise<Row[]> {
  const { minutes, handhelds } = {
    minutes: context.minutes ?? (context.long ? LONG : SHORT).minutes,
    handhelds: context.handhelds ?? (context.long ? LONG : SHORT).handhelds,
  };
  const seed = Date.now() % 1_000_000;
  let due = TELL_SECONDS;
  const told = (look: Look) => {
    if (look.seconds < due) return;
    due = TELL_SECONDS * (1 + Math.floor(look.seconds / TELL_SECONDS));
    context.tell(lineOf(look));
  };
  return inFolder(async (parent) => {
    context.progress(`claiming ${handhelds}`);
    const found = await stream({ handhelds, seconds: 60 * minutes, seed, parent, told });
    const { rss, live, cpuPercent } = found;
    for (const fault of found.faults) context.miss(fault);
    for (const [what, { percent }] of [
      ["resident memory", rss],
      ["memory in use", live],
    ] as const) {
      if (minutes >= BAR_MINUTES && percent > MAX_GROWTH_PERCENT)
        context.miss(`${what} grew by ${percent.toFixed(1)} %, more than ${MAX_GROWTH_PERCENT} %`);
    }
    context.note(
      `${handhelds} handhelds at ${RATE} Hz for ${minutes} min, seed ${seed}, on Node ${process.version}; each is a process with bleno, the hub one with noble, the air is in this one`,
    );
    context.note(
      `samples: ${found.samplesKept} of ${found.samplesTaken} are in the store, compared one by one by their hash; frames: ${found.framesStored} of ${found.framesSealed}`,
    );
    context.note(
      `resident memory, means of the sixth behind the first third and of the last: ${figures(rss)}`,
    );
    context.note(`heap and buffers in use, after garbage collections behind each of these: ${figures(live)}`);
    context.note(
      "processor time: of one core, user and system, while they stream; the air's with the watching",
    );
    const row = (name: string, value: number, unit: string): Row => ({
      ...{ name: `radio/${name}`, value, unit, peers: {} },
    });
    return [
      row("samples-lost", found.samplesTaken - found.samplesKept, "samples"),
      row("frames-stored", found.framesStored, "frames"),
      row("hub-rss-mb", rss.lateBytes / MEBIBYTE, "MiB"),
      row("hub-rss-growth", rss.percent, "%"),
      row("hub-live-growth", live.percent, "%"),
      row("hub-cpu", cpuPercent.hub, "% of a core"),
      row("air-cpu", cpuPercent.air, "% of a core"),
      row("handhelds-cpu", cpuPercent.handhelds, "% of a core, all"),
      row("notifications", found.notificationsPerSecond, "/s"),
      row("notifications-vanished", found.notificationsVanished, ""),
      row("reconnects", found.reconnects, ""),
    ];
  });
}

function lineOf({ seconds, rssBytes, heapBytes, externalBytes, cpuPercent, links }: Look): string {
  const [rss, heap, external] = [rssBytes, heapBytes, externalBytes].map((bytes) => inMebibytes(bytes));
  return `${seconds.toFixed(0)} s: hub ${rss} resident, ${heap} heap, ${external} buffers, ${cpuPercent.toFixed(1)} % of a core, ${links} links`;
}

function figures({ earlyBytes, lateBytes, percent }: Growth): string {
  return `${inMebibytes(earlyBytes)}, then ${inMebibytes(lateBytes)}: ${percent.toFixed(1)} %`;
}

function inMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
