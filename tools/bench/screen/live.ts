/** From a notification of the radio to the pixel that shows it: through relay, broker, store and live stream. */
import type { Opener } from "./chromium";
import type { HubProcess } from "./hub";
import type { Watch } from "./watching";

declare const window: { watch: Watch; arriving: { stop(): number[] } };

const TRACES = ".paper.live canvas:nth-of-type(2)";
/** Of three bands, the upper half of the first: where a spike of 1 mV goes through, and nothing else. */
const ROW = 0.11;
/** The page begins a sweep with the first. */
const SETTLE_BLOCKS = 4;

/** ms of each block from its last notification to the frame with its first samples. */
export async function pixelDelays(
  opener: Opener,
  hub: HubProcess,
  address: string,
  blocks: number,
): Promise<number[]> {
  const context = await opener.context(address);
  try {
    const page = await context.newPage();
    await page.goto(address);
    await page.locator(".paper.live").waitFor({ state: "attached" });
    await hub.order("send", SETTLE_BLOCKS);
    await page.evaluate(
      (all) => {
        window.arriving = window.watch.arrivals(all.selector, all.row);
      },
      { selector: TRACES, row: ROW },
    );
    const sent = await hub.order("send", blocks);
    await page.waitForTimeout(1000);
    const shown = await page.evaluate(() => window.arriving.stop());
    return sent.map((time, n) => {
      const seen = shown.find((one) => one >= time);
      const next = sent[n + 1] ?? Number.POSITIVE_INFINITY;
      if (seen === undefined || seen >= next) throw new Error(`block ${n} of ${blocks} was not seen in time`);
      return seen - time;
    });
  } finally {
    await context.close();
  }
}
