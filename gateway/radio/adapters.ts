/** Which Bluetooth adapters there are now. The kernel's own list; asking it costs no right and loads nothing. */
import { existsSync, readdirSync } from "node:fs";

const KERNEL_LIST = "/sys/class/bluetooth";
/** Links stand beside adapters there, as hci0:64. */
const ADAPTER = /^hci\d+$/;
const SOCKET = /^unix:(\/[^#]+)(#.*)?$/;

/**
 * @param wanted ids as `radio.adapters` names them; without any, all that the kernel knows
 * @returns ids of those that are there, in order
 */
export function presentAdapters(wanted?: readonly string[], kernelList = KERNEL_LIST): string[] {
  const known = kernelAdapters(kernelList);
  if (!wanted) return known;
  return wanted.filter((id) => {
    const socket = SOCKET.exec(id);
    return socket ? existsSync(socket[1]!) : known.includes(id);
  });
}

function kernelAdapters(kernelList: string): string[] {
  let names: string[];
  try {
    names = readdirSync(kernelList);
  } catch {
    // A kernel without Bluetooth has no such directory.
    return [];
  }
  const number = (name: string) => Number(name.slice(3));
  return names.filter((name) => ADAPTER.test(name)).sort((a, b) => number(a) - number(b));
}
