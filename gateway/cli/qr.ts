/** A QR code on the terminal, for a camera that looks at it. */
import { readFileSync } from "node:fs";

/** Dark on light, whatever the terminal's own colours are: some readers take no other. */
const ON_PAPER = "\x1b[30;107m";
const PLAIN = "\x1b[0m";

/** @returns its lines; two rows of modules to a line */
export async function qrLines(text: string): Promise<string[]> {
  // Loaded late: a megabyte that only the first run needs.
  const { prepareZXingModule, writeBarcode } =
    require("zxing-wasm/writer") as typeof import("zxing-wasm/writer");
  // Left to itself it would fetch this from a server.
  const wasm = readFileSync(require.resolve("zxing-wasm/writer/zxing_writer.wasm"));
  const wasmBinary = wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength);
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  const { utf8, error } = await writeBarcode(text, { format: "QRCode" });
  if (error) throw new Error(`cannot draw a QR code: ${error}`);
  const lines = utf8.replace(/\n+$/, "").split("\n");
  const width = Math.max(...lines.map((line) => line.length));
  const margin = " ".repeat(width + 4);
  return [margin, ...lines.map((line) => `  ${line.padEnd(width)}  `), margin].map(
    (line) => ON_PAPER + line + PLAIN,
  );
}
