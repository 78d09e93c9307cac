/**
 * A hub with real adapters' driver as a process of its own, told what to do by the one that started it. It counts for
 * monitoring as every hub does, and has no page. Usage: HubArguments as JSON.
 */
import { HubHealth } from "../../../gateway/health/health";
import { Metrics } from "../../../gateway/health/metrics";
import { type Hub, startHub } from "../../../gateway/hub";
import { type OpenOptions, openBluetooth } from "../../../gateway/radio/open";
import type { RadioStatus } from "../../../gateway/radio/radio";
import { ROLES } from "../../../gateway/roles";
import type { Log } from "../../../gateway/store/log";
import { fromHex } from "../../../protocol/bytes";

const SWEEP_MS = 100;

/** Ids of adapters are "unix:PATH#ADDRESS". */
export interface HubArguments extends Pick<OpenOptions, "limits" | "dialLimits"> {
  dataDir: string;
  adapters: string[];
}

/** One line of the hub's log. */
export interface Logged {
  level: string;
  text: string;
  fields: Record<string, unknown>;
}

export type ToHub =
  /** @property collect garbage first; a hub on its own would do that later */
  | { ask: "usage"; collect: boolean }
  /** Papers of a unit, hex. */
  | { ask: "claim"; claimCode: string; dossier: string }
  | { ask: "claimed"; claim: number }
  | { ask: "stop" };

export interface HubUsage {
  status: RadioStatus;
  memory: NodeJS.MemoryUsage;
  /** User and system, since its start. */
  cpuMicros: number;
}

/** Every question is answered once, in order; the first word comes by itself. */
export type FromHub =
  | { ready: true }
  | HubUsage
  | { claim: number }
  | { claimed: boolean }
  | { stopped: true }
  | { error: string };

const log: Log = {
  info: (fields, text) => say("info", fields, text),
  warn: (fields, text) => say("warn", fields, text),
  error: (fields, text) => say("error", fields, text),
};

function say(level: string, fields: object, text: string): void {
  const line: Logged = { level, text, fields: { ...fields } };
  process.stderr.write(`${JSON.stringify({ at: new Date(), ...line })}\n`);
}

async function answer(hub: Hub, question: ToHub): Promise<FromHub> {
  const store = hub.store!;
  if (question.ask === "claim") {
    const dossier = fromHex(question.dossier);
    return { claim: store.claim(fromHex(question.claimCode), { dossier }) };
  }
  if (question.ask === "claimed") return { claimed: store.claimState(question.claim)?.state === "claimed" };
  if (question.ask === "stop") {
    await hub.stop();
    return { stopped: true };
  }
  if (question.collect) await collectGarbage();
  const { user, system } = process.cpuUsage();
  return { status: hub.radio!.status(), memory: process.memoryUsage(), cpuMicros: user + system };
}

/** Twice: buffers that the first finds unused are given back behind it. */
async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    global.gc!();
    await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
  }
}

async function main({ dataDir, ...settings }: HubArguments): Promise<void> {
  const radio = openBluetooth({ ...settings, log });
  // "import": a home's directory believes no simulated handheld.
  const hub = await startHub({ dataDir, kind: "import", broker: "memory", radio, log });
  const health = new HubHealth({ hub, dataDir, version: "0", roles: ROLES, broker: "in memory" });
  new Metrics({ store: hub.store!, status: () => health.status() });
  const send = (message: FromHub) => process.connected && process.send!(message);
  process.on("message", (question: ToHub) => {
    answer(hub, question).then(send, (error: Error) => send({ error: error.message }));
  });
  // With whoever started it, whatever becomes of that.
  process.on("disconnect", () => process.exit(0));
  send({ ready: true });
}

main(JSON.parse(process.argv[2]!)).catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(3);
});
