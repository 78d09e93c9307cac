/** Brings the faults of a plan upon the world, at moments that the seed decides. */
import type { Random } from "../random";
import type { Fault } from "./faults";
import type { Schedule } from "./schedule";
import type { Unit } from "./unit";
import type { World } from "./world";

const DAY_MS = 86_400_000;
/** A fault strikes about so often in a run, however long; beyond it, about so often in ten minutes. */
const STRIKES = 4;
const RARELY_MS = 150_000;

export function bringTrouble(world: World, schedule: Schedule, random: Random): void {
  const { faults, durationMs } = world.plan;
  const pause = Math.min(RARELY_MS, durationMs / STRIKES);
  const often = (fault: Fault, run: (random: Random) => unknown, share = 1) => {
    const own = random.fork(fault);
    if (faults.has(fault)) schedule.often(own, [0, 2 * pause * share], () => run(own));
  };
  /** Down for a while; the pause until the next time begins when it is back. */
  const down = (
    what: string,
    random: Random,
    mostMs: number,
    kill: () => void,
    start: () => void,
  ): number => {
    const ms = random.between([0, Math.min(mostMs, pause)]);
    world.chronicle.event(what);
    kill();
    setTimeout(start, ms);
    return ms;
  };
  const { broker, relay } = world;
  often("broker", (own) =>
    down(
      "broker restart",
      own,
      20_000,
      () => void broker.kill(),
      () => void broker.start(),
    ),
  );
  often("relay", (own) =>
    down(
      "relay kill",
      own,
      20_000,
      () => relay.kill(),
      () => relay.start(),
    ),
  );
  often("store", (own) => storeTrouble(world, own));
  often("statement", (own) => world.breakStatement(1 + own.int(60), own.chance(0.5)));
  often("disk", (own) => {
    const ms = own.between([0, Math.min(60_000, pause)]);
    world.fillDisk(ms);
    return ms;
  });
  often("clock", (own) => {
    world.time.offsetMs = Math.round(own.between([-DAY_MS, DAY_MS]));
    world.chronicle.event("clock jump", world.time.offsetMs);
  });
  often("attack", () => world.attacker?.strike(), 0.05);
  for (const unit of world.units) unitTrouble(unit, faults, schedule, random.fork(unit.name), pause);
}

function storeTrouble(world: World, random: Random): void {
  const revive = random.between([0, 20_000]);
  // Right after a commit, when the first message of it goes out, or at any moment.
  if (random.chance(0.5)) world.killStoreAtNextMessage(revive);
  else world.killStore(revive);
}

function unitTrouble(
  unit: Unit,
  faults: ReadonlySet<Fault>,
  schedule: Schedule,
  random: Random,
  pause: number,
): void {
  const offMs = () => random.between([100, Math.min(30_000, pause)]);
  const boot = () => {
    const cutAgain = faults.has("power") && random.chance(0.2) ? 1 + random.int(20) : undefined;
    unit.powerOn(cutAgain);
    if (!unit.isOn) setTimeout(boot, offMs());
  };
  if (faults.has("power")) {
    schedule.often(random.fork("power"), [0, 2 * pause], () => {
      if (!unit.isOn) return;
      const inVault = random.chance(0.2);
      unit.cutAfter(1 + random.int(inVault ? 4 : 60), inVault);
      const ms = offMs();
      setTimeout(() => {
        if (!unit.isOn) boot();
        else unit.disarm();
      }, ms);
      return ms;
    });
  }
  if (faults.has("battery")) {
    schedule.often(random.fork("battery"), [0, 3 * pause], () => {
      if (!unit.isOn) return;
      unit.powerOff();
      const ms = offMs();
      setTimeout(() => {
        if (!unit.isOn) boot();
      }, ms);
      return ms;
    });
  }
}
