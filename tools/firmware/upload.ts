/** Writes a build into a unit's Storage, and believes nothing but what is read back. */
import { textOf, UnitConsole, type Wire } from "./console";
import { FirmwareFailure } from "./failure";
import type { FlashedFile, Manifest } from "./manifest";

export type { Wire } from "./console";

export interface Payload {
  manifest: Manifest;
  /** Contents by `FlashedFile.file`. */
  files: Record<string, Uint8Array>;
}

export type Progress = (file: FlashedFile, doneBytes: number) => void;

async function checkRuntime(unit: UnitConsole, manifest: Manifest): Promise<void> {
  const board = await unit.ask("process.env.BOARD").catch((error) => `nobody (${textOf(error)})`);
  if (board !== manifest.runtime)
    throw new FirmwareFailure(
      "UPLOAD_STRANGER",
      `cannot upload the build for ${manifest.board}: it needs the runtime ${manifest.runtime}, and ${board} answers. Connect the right unit, unlocked, and try again`,
    );
}

/** Sends one file. @throws FirmwareFailure UPLOAD_BROKEN, UPLOAD_DIFFERS */
export async function uploadFile(
  unit: UnitConsole,
  file: FlashedFile,
  contents: Uint8Array,
  progress: (doneBytes: number) => void,
): Promise<void> {
  let found: [number, number];
  try {
    await unit.send(file.storage, Buffer.from(contents), progress);
    found = await unit.standing(file.storage);
  } catch (error) {
    throw new FirmwareFailure(
      "UPLOAD_BROKEN",
      `${file.storage} did not arrive: ${textOf(error)}. Look after the connection and upload again`,
    );
  }
  const [length, crc] = found;
  if (length !== file.bytes || crc !== file.crc32)
    throw new FirmwareFailure(
      "UPLOAD_DIFFERS",
      `${file.storage} is ${length} bytes with CRC-32 ${crc} in the unit, not ${file.bytes} with ${file.crc32}: nothing further was written. Upload again`,
    );
}

/**
 * The boot code comes last, after the application was read back: a unit whose upload was cut short boots nothing of ours.
 * @throws FirmwareFailure UPLOAD_*
 */
export async function upload(
  wire: Wire,
  { manifest, files }: Payload,
  progress: Progress = () => {},
): Promise<void> {
  const unit = new UnitConsole(wire);
  await checkRuntime(unit, manifest);
  for (const file of manifest.files)
    await uploadFile(unit, file, files[file.file]!, (done) => progress(file, done));
}
