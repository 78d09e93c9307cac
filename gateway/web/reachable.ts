/** An address for people to type: "every interface" is none. */
import { networkInterfaces } from "node:os";

export function reachable(address: string, interfaces = networkInterfaces()): string {
  const url = new URL(address);
  if (url.hostname !== "0.0.0.0" && url.hostname !== "[::]") return address;
  const own = Object.values(interfaces).flatMap((all) => all ?? []);
  const outside = own.find(({ internal, family }) => !internal && family === "IPv4");
  return `${url.protocol}//${outside?.address ?? "127.0.0.1"}:${url.port}`;
}
