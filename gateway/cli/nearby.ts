/** Which handhelds without an owner the hub hears, live while somebody watches, and which of them is meant. */
import { setTimeout as wait } from "node:timers/promises";
import { distanceText, unclaimedNearby } from "../claim/nearby";
import type { HubStatus } from "../health/status";
import type { NearbyStatus } from "../radio/radio";
import { askLine } from "./asking";
import { CliError, Exit, type Terminal } from "./terminal";
import { ago, table } from "./text";

const LOOK_MS = 500;

export type AskStatus = (dataDir: string) => Promise<HubStatus | undefined>;

function askHub(dataDir: string): Promise<HubStatus | undefined> {
  const { askStatus } = require("../health/socket") as { askStatus: AskStatus };
  return askStatus(dataDir);
}

/** Says whose button to hold; the radio cannot tell whose code it is. @throws CliError when there is nothing to choose from */
export async function chooseNearby(
  dataDir: string,
  terminal: Terminal,
  ask: AskStatus = askHub,
): Promise<void> {
  const status = await ask(dataDir);
  if (!status?.radio || status.radio.adapters.length === 0)
    throw new CliError(
      Exit.failed,
      "the hub has no Bluetooth adapter to hear with: 'avnode status' says why; a claim by its code needs none here",
    );
  const found = await watch(dataDir, terminal, ask);
  if (found.length === 0)
    throw new CliError(
      Exit.no,
      "no handheld without an owner is near the hub: switch it on within a few metres; one that has an owner says no name",
    );
  // Lines that are piped in cannot be asked for one by one.
  if (found.length > 1 && terminal.stdin.isTTY) await choose(found, terminal);
  terminal.say("hold its button for three seconds: it blinks long, short, and that is the one");
}

/** On a terminal until Enter, drawn anew every second; otherwise once. */
async function watch(dataDir: string, terminal: Terminal, ask: AskStatus): Promise<NearbyStatus[]> {
  const { stdin, stderr } = terminal;
  let found: NearbyStatus[] = [];
  let drawn = 0;
  const live = stdin.isTTY && stderr.isTTY;
  const draw = async () => {
    found = unclaimedNearby(await ask(dataDir), Date.now());
    const lines = linesOf(found);
    if (live) lines.push("press Enter when yours is in the list");
    if (drawn > 0) stderr.write(`\x1b[${drawn}A\x1b[J`);
    for (const line of lines) terminal.say(line);
    drawn = lines.length;
  };
  await draw();
  if (live) await redrawnUntilEnter(stdin, draw);
  return found;
}

async function redrawnUntilEnter(stdin: NodeJS.ReadStream, draw: () => Promise<void>): Promise<void> {
  let entered = false;
  const enter = () => {
    entered = true;
  };
  stdin.once("data", enter);
  stdin.resume();
  try {
    while (!entered) {
      await wait(LOOK_MS);
      if (!entered) await draw();
    }
  } finally {
    stdin.off("data", enter);
    stdin.pause();
  }
}

async function choose(found: NearbyStatus[], terminal: Terminal): Promise<NearbyStatus> {
  const typed = await askLine(terminal, `which of them, 1 to ${found.length}: `);
  const chosen = /^\d{1,4}$/.test(typed.trim()) ? found[Number(typed) - 1] : undefined;
  if (chosen) return chosen;
  throw new CliError(Exit.usage, `'${typed.trim()}' is none of 1 to ${found.length}; run it again`);
}

function linesOf(found: NearbyStatus[]): string[] {
  if (found.length === 0) return ["no handheld without an owner is heard yet"];
  const now = Date.now();
  const rows = found.map(({ name, address, rssi, heardAt }, i) => [
    String(i + 1),
    // Said by a stranger's radio.
    name!.replace(/[^\x20-\x7e]/g, "?").slice(0, 20),
    address,
    `${rssi} dBm`,
    distanceText(rssi),
    ago(now - heardAt),
  ]);
  return table(["", "NAME", "ADDRESS", "SIGNAL", "", "HEARD"], rows);
}
