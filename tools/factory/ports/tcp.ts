/** tcp://host:port: the console of a unit behind a terminal server. */
import { connect, type Socket } from "node:net";
import { UnitConsole } from "../../firmware/console";
import type { OpenWire, Port } from "./port";
import { streamWire } from "./stream";
import { until } from "./wait";

const HERE = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
/** Between two looks at whoever is there. */
const REST_MS = 1000;
/** Of a console that is only asked whether it answers. */
const PATIENCE = { timeoutMs: 500, tries: 2, settleMs: 100 };

export function tcpPort(host: string, number: number): Port {
  const dial = () =>
    new Promise<Socket | undefined>((resolve) => {
      const socket = connect({ host, port: number, noDelay: true });
      socket.once("connect", () => resolve(socket));
      socket.once("error", () => resolve(undefined));
    });
  return {
    name: `tcp://${host}:${number}`,
    heardOver: HERE.test(host) ? undefined : "a network",
    async waitForUnit(signal): Promise<OpenWire> {
      return wireOver(await until(dial, signal));
    },
    async waitForRemoval(signal) {
      // A terminal server stays when a unit goes. Who is locked is as silent as nobody, and who failed may still answer: the
      // next one is there when something answers after a silence.
      let wasSilent = false;
      await until(
        async () => {
          const socket = await dial();
          if (!socket) return true;
          const isThere = await answers(wireOver(socket));
          wasSilent ||= !isThere;
          return (wasSilent && isThere) || undefined;
        },
        signal,
        REST_MS,
      );
    },
  };
}

function wireOver(socket: Socket): OpenWire {
  return streamWire({
    input: socket,
    output: socket,
    end: () =>
      new Promise((resolve) => {
        socket.once("close", () => resolve());
        if (socket.destroyed) resolve();
        socket.destroy();
      }),
  });
}

async function answers(wire: OpenWire): Promise<boolean> {
  try {
    await new UnitConsole(wire, PATIENCE).ask("1");
    return true;
  } catch {
    return false;
  } finally {
    await wire.close();
  }
}
