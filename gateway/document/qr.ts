/** QR codes as modules, for whoever draws them. */
import { readFileSync } from "node:fs";

export interface QrCode {
  /** Modules in a row; there are as many rows. */
  size: number;
  isDark(row: number, column: number): boolean;
}

/** Without its quiet zone of four modules. @param level of its error correction; the least by default */
export async function qrCode(text: string, level?: "M" | "Q" | "H"): Promise<QrCode> {
  // Loaded late: a megabyte that few commands need.
  const { prepareZXingModule, writeBarcode } =
    require("zxing-wasm/writer") as typeof import("zxing-wasm/writer");
  // Left to itself it would fetch this from a server.
  const wasm = readFileSync(require.resolve("zxing-wasm/writer/zxing_writer.wasm"));
  const wasmBinary = wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength);
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  const { symbol, error } = await writeBarcode(text, {
    format: "QRCode",
    options: level === undefined ? "" : `ecLevel=${level}`,
  });
  if (error) throw new Error(`cannot draw a QR code: ${error}`);
  return {
    size: symbol.width,
    isDark: (row, column) => symbol.data[row * symbol.width + column] === 0,
  };
}
