/** Virtual time inside the interpreter: its timers run when Node lets time pass, and at no other moment. */

interface Timer {
  id: number;
  at: number;
  /** Milliseconds between two runs, 0 for one that runs once. */
  every: number;
  run: () => void;
}

/** So many runs without any time passing are a loop. */
const MAX_RUNS_AT_ONCE = 20000;

const timers: Timer[] = [];
let lastId = 0;
/** Milliseconds since power-on. */
let elapsedMs = 0;
/** What `setTime` added: the clock of a chip that was just switched on begins at zero. */
let offsetMs = 0;

export function uptimeMs(): number {
  return elapsedMs;
}

function add(run: () => void, ms: number, every: number): number {
  if (typeof run !== "function") throw new Error("this clock runs functions only");
  lastId++;
  timers.push({ id: lastId, at: elapsedMs + Math.max(ms || 0, 0), every, run });
  return lastId;
}

export function after(run: () => void, ms: number): number {
  return add(run, ms, 0);
}

export function every(run: () => void, ms: number): number {
  // The runtime takes less than a millisecond for one as well.
  return add(run, ms, Math.max(ms || 0, 1));
}

export function cancel(id: number): void {
  // The runtime takes `undefined` for a mistake too: it would clear every timer.
  if (id === undefined) throw new Error("clearing a timer that is undefined");
  for (let i = 0; i < timers.length; i++) {
    if (timers[i].id !== id) continue;
    timers.splice(i, 1);
    return;
  }
}

function earliest(until: number): Timer | undefined {
  let first: Timer | undefined;
  for (let i = 0; i < timers.length; i++) {
    const timer = timers[i];
    if (timer.at <= until && (!first || timer.at < first.at)) first = timer;
  }
  return first;
}

/** @param failed told of what a timer threw */
export function pass(ms: number, failed: (error: unknown) => void): void {
  const until = elapsedMs + ms;
  let runs = 0;
  let timer = earliest(until);
  while (timer) {
    runs = timer.at > elapsedMs ? 0 : runs + 1;
    if (runs > MAX_RUNS_AT_ONCE) throw new Error("timers run on and on at " + elapsedMs + " ms");
    if (timer.at > elapsedMs) elapsedMs = timer.at;
    if (timer.every > 0) timer.at += timer.every;
    else cancel(timer.id);
    try {
      timer.run();
    } catch (error) {
      failed(error);
    }
    timer = earliest(until);
  }
  elapsedMs = until;
}

/** Puts this clock in the place of the runtime's. */
export function installClock(scope: { [name: string]: unknown }): void {
  scope.setTimeout = after;
  scope.setInterval = every;
  scope.clearTimeout = cancel;
  scope.clearInterval = cancel;
  scope.getTime = function (): number {
    return (offsetMs + elapsedMs) / 1000;
  };
  scope.setTime = function (seconds: number): void {
    offsetMs = seconds * 1000 - elapsedMs;
  };
  (Date as unknown as { [name: string]: unknown }).now = function (): number {
    return offsetMs + elapsedMs;
  };
}
