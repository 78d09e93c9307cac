/** A hub that adopts, in a process of its own, which ends itself like a power cut: data directory, and where, as arguments. */
import { startHub } from "../../../gateway/hub";
import { Adoptions } from "../../../gateway/store/adoptions";

const [dataDir = "", moment = "", nth = "0"] = process.argv.slice(2);
let counted = 0;

function reach(what: string): void {
  if (what === moment && ++counted === Number(nth)) process.kill(process.pid, "SIGKILL");
}

const { tell } = Adoptions.prototype;
Adoptions.prototype.tell = function (adoption) {
  reach("before-tell");
  tell.call(this, adoption);
  reach("after-tell");
  if (adoption.done) process.send!(adoption.done.id);
};

async function main(): Promise<void> {
  const hub = await startHub({ dataDir, kind: "home", broker: "memory", adopt: true });
  hub.store!.events.on("committed", () => reach("commit"));
  process.on("SIGTERM", () => void hub.stop());
}

void main();
