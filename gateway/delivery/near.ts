/** Which hosts are on this machine or in this house, by what they are called. */
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

const house = new BlockList();
house.addSubnet("10.0.0.0", 8);
house.addSubnet("172.16.0.0", 12);
house.addSubnet("192.168.0.0", 16);
house.addSubnet("169.254.0.0", 16);
house.addSubnet("fc00::", 7, "ipv6");
house.addSubnet("fe80::", 10, "ipv6");

const isIn = (list: BlockList, host: string) =>
  isIP(host) > 0 && list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");

/** An IPv6 address without its brackets. @throws TypeError for what is no URL */
export function hostIn(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}

export function isThisMachine(host: string): boolean {
  return host === "localhost" || isIn(loopback, host);
}

/** A name may lead anywhere: beside localhost, addresses alone are believed. */
export function isInTheHouse(host: string): boolean {
  return isThisMachine(host) || isIn(house, host);
}
