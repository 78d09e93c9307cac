/** What must not be told, and a search for it in what was. */
import { readFileSync } from "node:fs";
import { Keyring } from "../../gateway/store/keyring";
import type { StoreReader } from "../../gateway/store/reader";
import { encodeClaimCode } from "../../protocol/claim";

/** Samples in a row that nothing else in a log says by chance. */
const ROW = 6;

/** Each in every way that code writes bytes. */
export class Secrets {
  private readonly bytes = new Map<string, string>();
  private readonly texts: [string, string][] = [];
  private readonly rows = new Set<string>();

  add(what: string, secret: Uint8Array): void {
    this.bytes.set(Buffer.from(secret).toString("hex"), what);
  }

  addText(what: string, text: string): void {
    this.texts.push([what, text.toLowerCase()]);
  }

  addClaimCode(code: Uint8Array): void {
    this.add("a claim code", code);
    this.addText("a claim code", encodeClaimCode(code));
  }

  /** Three keys. */
  addKeyring(dataDir: string): void {
    const keys = JSON.parse(readFileSync(Keyring.path(dataDir), "utf8"));
    for (const name of ["wrapKey", "macKey", "signKey"])
      this.add("the keyring's", Buffer.from(keys[name], "hex"));
  }

  /** Their samples. */
  addRecordings(reader: StoreReader): void {
    for (const { id } of reader.recordings())
      for (const piece of reader.pieces(id)) for (const lead of piece.samples) this.addSamples(lead);
  }

  private addSamples(samples: Int32Array): void {
    for (let at = 0; at + ROW <= samples.length; at++) this.addRow(samples.subarray(at, at + ROW));
  }

  count(what: string): number {
    return [...this.bytes.values()].filter((one) => one === what).length;
  }

  get sampleRows(): number {
    return this.rows.size;
  }

  /** @returns what of it each line says, never the secret itself */
  foundIn(lines: string[]): string[] {
    const forms = [...this.bytes].map(([hex, what]) => [what, formsOf(Buffer.from(hex, "hex"))] as const);
    return lines.flatMap((said) => {
      // JSON names the places of a typed array.
      const line = said.replaceAll(/"\d+":/g, "");
      const lower = line.toLowerCase();
      const found = new Set<string>();
      for (const [what, text] of this.texts) if (lower.includes(text)) found.add(what);
      for (const [what, { folded, exact }] of forms) {
        if (folded.some((form) => lower.includes(form)) || exact.some((form) => line.includes(form)))
          found.add(what);
      }
      if (this.hasSamples(line)) found.add("samples");
      return [...found].map((what) => `${what}: ${line.slice(0, 120)}`);
    });
  }

  private addRow(row: Int32Array): void {
    // A flat stretch is no secret, and looks like any padding.
    if (new Set(row).size > 3) this.rows.add(row.join());
  }

  private hasSamples(line: string): boolean {
    const numbers = (line.match(/-?\d+/g) ?? []).map(Number);
    const dumps = [Buffer.from(numbers.map((one) => one & 255))];
    for (const [token] of line.matchAll(/[A-Za-z0-9+/_-]{16,}/g)) {
      dumps.push(Buffer.from(token, "hex"), Buffer.from(token, "base64"));
    }
    return this.hasRow(numbers) || dumps.some((bytes) => this.hasRowOf(bytes));
  }

  private hasRow(numbers: number[]): boolean {
    for (let at = 0; at + ROW <= numbers.length; at++) {
      if (this.rows.has(numbers.slice(at, at + ROW).join())) return true;
    }
    return false;
  }

  /** Whether these bytes, from any of them on, are samples of two or four bytes, either end first. */
  private hasRowOf(bytes: Buffer): boolean {
    for (let from = 0; from < 4; from++) {
      for (const [size, read] of [
        [2, "readInt16LE"],
        [2, "readInt16BE"],
        [4, "readInt32LE"],
        [4, "readInt32BE"],
      ] as const) {
        const numbers: number[] = [];
        for (let at = from; at + size <= bytes.length; at += size) numbers.push(bytes[read](at));
        if (this.hasRow(numbers)) return true;
      }
    }
    return false;
  }
}

function formsOf(secret: Buffer): { folded: string[]; exact: string[] } {
  // Within something longer, base64 begins at any of three places of a group.
  const inBase64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), secret])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(before === 0 ? 0 : before + 1, -1);
  });
  const url = inBase64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const hex = secret.toString("hex");
  return {
    folded: [hex, hex.match(/../g)!.join(" "), hex.match(/../g)!.join(":"), [...secret].join()],
    exact: [...inBase64, ...url, JSON.stringify(secret.toString("latin1")).slice(1, -1)],
  };
}
