/**
 * The air as a process of its own: `airprocess.ts PATH [JSON]`, where PATH is the socket and JSON holds the seed and
 * {@link AirSettings}. It prints `ready`, then obeys: one JSON array a line on stdin, the name of a method and its
 * arguments, and one JSON line back, `{"ok": …}` or `{"error": …}`. It ends with its stdin.
 */
import { createInterface } from "node:readline";
import type { Clock } from "../../../gateway/clock";
import { systemClock } from "../../../gateway/clock";
import { Random } from "../random";
import { Air, type AirSettings } from "./air";
import { listenOnAir } from "./airserver";

const ORDERS = [
  "cut",
  "jam",
  "deafen",
  "swallow",
  "refuse",
  "vanish",
  "restore",
  "benumb",
  "readdress",
  "signal",
  "links",
  "stats",
] as const;

/** Of its own, because the air knows no jumps, and fractions of a millisecond make up a connection interval. */
const airClock: Clock = { now: () => performance.now(), after: systemClock.after };

async function main([path, options]: string[]): Promise<void> {
  if (!path) throw new Error("which socket? airprocess.ts PATH [JSON]");
  const { seed, ...settings }: Partial<AirSettings> & { seed?: number } = JSON.parse(options ?? "{}");
  const air = new Air(airClock, new Random(seed ?? 1), settings);
  const server = await listenOnAir(air, path);
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(obey(air, line))}\n`);
  }
  server.close();
  air.close();
}

function obey(air: Air, line: string): { ok: unknown } | { error: string } {
  try {
    const [name, ...values]: [(typeof ORDERS)[number], ...unknown[]] = JSON.parse(line);
    if (!ORDERS.includes(name)) return { error: `no such order: ${name}` };
    const act = air[name] as (...values: unknown[]) => unknown;
    return { ok: act.apply(air, values) ?? null };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`air: ${error.message}`);
  process.exitCode = 3;
});
