/** A virtual handheld's flash chips and identity as files, so that it outlives its process as a real one would. */
import fs from "node:fs";
import path from "node:path";
import type { Identity } from "../../firmware/board";
import { fromHex, toHex } from "../../protocol/bytes";
import { SimFlash } from "./flash";
import { simulatedIdentity } from "./handheld";
import { Random } from "./random";

/** The reference handheld's flash: 2 MB outside for the ring, two pages inside for the keys. */
export const RING = { pageBytes: 4096, pages: 512, writeBytes: 4 };
export const VAULT = { pageBytes: 4096, pages: 2, writeBytes: 4 };

export interface Keepsake {
  identity: Identity;
  flash: SimFlash;
  vault: SimFlash;
  close(): void;
}

/** A new handheld that lives as long as its process. @param seed decides how power cuts tear */
export function newKeepsake(seed: number | string, ring = RING): Keepsake {
  const random = new Random(seed);
  return {
    identity: simulatedIdentity(),
    flash: new SimFlash({ ...ring, random: random.fork("ring") }),
    vault: new SimFlash({ ...VAULT, random: random.fork("vault") }),
    close() {},
  };
}

/** Opens the handheld that lives in this folder, or makes a new one. */
export function openKeepsake(folder: string): Keepsake {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const random = new Random("power cuts");
  const flash = new SimFlash({ ...RING, random, path: path.join(folder, "ring.img") });
  const vault = new SimFlash({ ...VAULT, random, path: path.join(folder, "vault.img") });
  return {
    identity: openIdentity(path.join(folder, "identity.json")),
    flash,
    vault,
    close() {
      flash.close();
      vault.close();
    },
  };
}

function openIdentity(file: string): Identity {
  if (fs.existsSync(file)) {
    const { device, claimCode, certificate } = JSON.parse(fs.readFileSync(file, "utf8"));
    return { device: fromHex(device), claimCode: fromHex(claimCode), certificate: fromHex(certificate) };
  }
  const identity = simulatedIdentity();
  const { device, claimCode, certificate } = identity;
  const hex = { device: toHex(device), claimCode: toHex(claimCode), certificate: toHex(certificate) };
  fs.writeFileSync(`${file}.new`, JSON.stringify(hex), { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
  return identity;
}
