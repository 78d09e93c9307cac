/** An address for people to type: "every interface" is none. */
import { networkInterfaces } from "node:os";
import { isLoopback } from "../access/throttle";

export function reachable(address: string, interfaces = networkInterfaces()): string {
  const url = new URL(address);
  if (url.hostname !== "0.0.0.0" && url.hostname !== "[::]") return address;
  const own = Object.values(interfaces).flatMap((all) => all ?? []);
  const outside = own.find(({ internal, family }) => !internal && family === "IPv4");
  return `${url.protocol}//${outside?.address ?? "127.0.0.1"}:${url.port}`;
}

/** As other machines reach it: under its first name, if it has any. @returns undefined for this machine's own alone */
export function fromOutside(address: string, [name]: readonly string[] = []): string | undefined {
  const url = new URL(reachable(address));
  if (isLoopback(url.hostname) || url.hostname === "localhost") return undefined;
  return `${url.protocol}//${name ?? url.hostname}:${url.port}`;
}
