/** Writes a build into a unit's Storage, and believes nothing but what is read back. */
import { type Connection, loadConnection } from "./connection";
import { FirmwareFailure } from "./failure";
import type { FlashedFile, Manifest } from "./manifest";

/** Bytes to and from the unit's console, whatever carries them and however it cuts them. */
export interface Wire {
  write(bytes: Uint8Array): void;
  /** Set by whoever reads. */
  onData: (bytes: Uint8Array) => void;
}

export interface Payload {
  manifest: Manifest;
  /** Contents by `FlashedFile.file`. */
  files: Record<string, Uint8Array>;
}

export type Progress = (file: FlashedFile, doneBytes: number) => void;

/** The console's input holds 1,024 bytes, and overflows without a word. */
const CHUNK_BYTES = 512;
/** Reading the CRC of a file takes a unit well under a second. */
const ANSWER_MS = 5000;
/** Consoles lose a byte now and then, and the packet with it. */
const TRIES = 5;
/** A unit gives up an unfinished packet five seconds after its beginning, as this side does; its word of that must pass. */
const SETTLE_MS = 1000;

function connect(wire: Wire): Connection {
  const connection = loadConnection();
  connection.chunkSize = CHUNK_BYTES;
  connection.writeLowLevel = async (data) => wire.write(Buffer.from(data, "latin1"));
  wire.onData = (bytes) => {
    try {
      connection.rxDataHandler(Uint8Array.from(bytes).buffer);
    } catch {
      // It throws at an answer that it cannot read; whoever waits for one is told when its time is over.
    }
  };
  connection.openHandler();
  return connection;
}

/** Ctrl-C and Ctrl-D, which a console takes out of whatever comes, and 255, which Linux' takes for nothing. */
const CONTROLS = [3, 4, 255];
/** Packet lengths to choose from, none of which is written with such a byte. */
const CHUNKS = [CHUNK_BYTES, 368, 352, 336, 320, 304, 288, 272];

/** Most bytes in a packet, such that the last one's length is written without such a byte either. */
export function chunkFor(length: number): number {
  return CHUNKS.find((chunk) => !CONTROLS.includes((length % chunk) & 255))!;
}

/** The library rejects with strings. */
const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function persist<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = TRIES - 1; left > 0; left--) {
    try {
      return await attempt();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
  }
  return attempt();
}

const ask = (connection: Connection, expression: string) =>
  persist(() => connection.espruinoEval(expression, { timeout: ANSWER_MS }));

async function checkRuntime(connection: Connection, manifest: Manifest): Promise<void> {
  const board = await ask(connection, "process.env.BOARD").catch((error) => `nobody (${textOf(error)})`);
  if (board !== manifest.runtime)
    throw new FirmwareFailure(
      "UPLOAD_STRANGER",
      `cannot upload the build for ${manifest.board}: it needs the runtime ${manifest.runtime}, and ${board} answers. Connect the right unit, unlocked, and try again`,
    );
}

/** @returns the length and CRC-32 that the file has in the unit */
async function readBack(connection: Connection, { storage }: FlashedFile): Promise<[number, number]> {
  const read = `require("Storage").read(${JSON.stringify(storage)})`;
  return (await ask(connection, `(s=>s?[s.length,E.CRC32(s)]:[0,0])(${read})`)) as [number, number];
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
  const connection = connect(wire);
  await checkRuntime(connection, manifest);
  for (const file of manifest.files) {
    const data = Buffer.from(files[file.file]!).toString("latin1");
    // Its figures count a hundred for the packet that announces the file.
    const tell = (done: number, all: number) =>
      progress(file, Math.max(0, Math.min(data.length, done - (all - data.length))));
    let found: [number, number];
    try {
      await persist(() =>
        connection.espruinoSendFile(file.storage, data, { chunkSize: chunkFor(data.length), progress: tell }),
      );
      found = await readBack(connection, file);
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
}
