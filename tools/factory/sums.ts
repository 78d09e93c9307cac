/** SHA256SUMS and the maker's signature over it: of a release's folder, and of the build that a station is made with. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../gateway/backup/files";
import { ed25519Verify } from "../../gateway/crypto";
import { fromHex } from "../../protocol/bytes";
import type { Firmware } from "./bench";
import { FactoryFailure } from "./failure";
import type { MakerKey } from "./keys";
import type { Station } from "./station";

export const SUMS = "SHA256SUMS";
export const SUMS_SIGNATURE = "SHA256SUMS.sig";
const MANIFEST = "manifest.json";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const sumLine = (name: string, sum: string) => `${sum}  ${name}`;

/** As coreutils' sha256sum takes them. */
export function sumsOf(files: Record<string, Uint8Array>): Uint8Array {
  const lines = Object.keys(files)
    .sort()
    .map((name) => `${sumLine(name, sha256(files[name]!))}\n`);
  return new Uint8Array(Buffer.from(lines.join("")));
}

/** A build that nobody signed yet; a release was signed as it was made. */
export function signBuild(folder: string, { manifest }: Firmware, maker: MakerKey): void {
  if (existsSync(join(folder, SUMS_SIGNATURE))) return;
  const names = [...manifest.files.map(({ file }) => file), MANIFEST];
  const sums = sumsOf(Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))])));
  replaceFile(join(folder, SUMS), sums);
  replaceFile(join(folder, SUMS_SIGNATURE), maker.sign(sums));
}

/** @param firmware as it was read from the folder, and is flashed @throws FACTORY_FIRMWARE where its maker did not sign it so */
export function requireSigned(folder: string, { manifest }: Firmware, { makerKey }: Station): void {
  const files = [...manifest.files, { file: MANIFEST, sha256: sha256(readFileSync(join(folder, MANIFEST))) }];
  if (isSignedSums(folder, makerKey)) {
    const lines = readFileSync(join(folder, SUMS), "utf8").split("\n");
    if (files.every((one) => lines.includes(sumLine(one.file, one.sha256)))) return;
  }
  throw new FactoryFailure(
    "FACTORY_FIRMWARE",
    `what is in ${folder} is not what the station's maker signed, and would go into every unit: put a release there with 'avnode factory use', and see who changed it`,
  );
}

function isSignedSums(folder: string, makerKey: string): boolean {
  const [sums, signature] = [join(folder, SUMS), join(folder, SUMS_SIGNATURE)];
  if (!existsSync(sums) || !existsSync(signature)) return false;
  return ed25519Verify(fromHex(makerKey), readFileSync(sums), readFileSync(signature));
}
