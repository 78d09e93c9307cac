/** tcp://host:port: the console of a unit behind a terminal server. */
import { connect, type Socket } from "node:net";
import type { OpenWire, Port } from "./port";
import { streamWire } from "./stream";
import { until } from "./wait";

const HERE = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

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
      const socket = await until(dial, signal);
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
    },
    async waitForRemoval(signal) {
      await until(async () => {
        const socket = await dial();
        socket?.destroy();
        return socket ? undefined : true;
      }, signal);
    },
  };
}
