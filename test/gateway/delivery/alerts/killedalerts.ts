/**
 * Alerts in a process of their own, a thousand times as fast, that is killed without notice at one point of a message.
 * Usage: killedalerts.ts DATA_DIR POINT. "end" is no point: it leaves once nothing waits and something was told.
 */
import { Alerts } from "../../../../gateway/delivery/alerts/alerts";
import { AlertBook } from "../../../../gateway/delivery/alerts/book";
import { tell } from "../../../../gateway/delivery/alerts/ways";
import { silentLog } from "../../../../gateway/store/log";

const SPEED = 1000;

const [dataDir, point] = process.argv.slice(2);
const reach = (here: string) => {
  if (here === point) process.kill(process.pid, "SIGKILL");
};

const clock = {
  now: () => Date.now() * SPEED,
  after(ms: number, run: () => void) {
    const timer = setTimeout(run, ms / SPEED);
    return () => clearTimeout(timer);
  },
};
const book = AlertBook.open(dataDir!, true, () => {});
const alerts = new Alerts({
  ...{ clock, log: silentLog, random: () => 0.5 },
  book: {
    wanted: () => book.wanted(),
    told: () => book.told(),
    keep(piles) {
      const isTold = piles.some(({ told }) => told.length > 0);
      reach(isTold ? "answered" : "seen");
      book.keep(piles);
      reach(isTold ? "noted" : "kept");
    },
  },
  lookout: () => new Map([["disk", { text: "the disk is full: make room", topic: "hub" }]]),
  async tell({ way }, message) {
    reach("leaving");
    const sent = tell(way, message, true);
    if (point === "connected") setTimeout(() => reach("connected"), 500);
    await sent;
  },
});
setInterval(() => {
  if (!book.told().some(({ told, lines }) => told.length > 0 && Object.keys(lines).length === 0)) return;
  alerts.stop();
  process.exit(0);
}, 50);
