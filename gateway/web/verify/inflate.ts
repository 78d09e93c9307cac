/** zlib undone by the browser itself, and never more of it than is allowed. */
import { concat } from "../../../protocol/bytes";
import { refusal } from "../../../protocol/refusal";

/** @throws PDF_ATTACHMENT_SIZE, PDF_FORM */
export async function inflate(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = packed.pipeThrough(new DecompressionStream("deflate")).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    let next: { done: boolean; value?: Uint8Array };
    try {
      next = await reader.read();
    } catch (error) {
      throw refusal(
        "PDF_FORM",
        `the PDF is damaged: its attachment does not unpack: ${(error as Error).message}`,
      );
    }
    if (next.done) return concat(parts);
    length += next.value!.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw refusal(
        "PDF_ATTACHMENT_SIZE",
        `the attachment unpacks to more than the ${maxBytes} bytes of a proof`,
      );
    }
    parts.push(next.value!);
  }
}
