/** Espruino's API on Node, as far as programs of these tests use it: the same bundle runs here and there. */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import { crc32 } from "node:zlib";

const OPTIONS = { authTagLength: 8 } as const;

/** In an ArrayBuffer of its own, as the runtime's library answers. */
const own = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

const CRYPTO = {
  SHA256: (data: Uint8Array) => own(createHash("sha256").update(data).digest()),
};

/** Global only, as on a board: the XIAO's runtime has no `require("crypto").AES`, the build for Linux has. */
const AES = {
  ccmEncrypt(message: Uint8Array, key: Uint8Array, nonce: Uint8Array) {
    const cipher = createCipheriv("aes-128-ccm", key, nonce, OPTIONS);
    const data = cipher.update(message);
    cipher.final();
    return { data: own(data), tag: own(cipher.getAuthTag()) };
  },
  ccmDecrypt(message: Uint8Array, key: Uint8Array, nonce: Uint8Array, tag: Uint8Array) {
    const decipher = createDecipheriv("aes-128-ccm", key, nonce, OPTIONS);
    decipher.setAuthTag(tag);
    try {
      const plain = decipher.update(message);
      decipher.final();
      return own(plain);
    } catch {
      return undefined;
    }
  },
};

/** @returns what the script printed */
export function runOnNode(script: string): string[] {
  const lines: string[] = [];
  const print = (...words: unknown[]) => void lines.push(words.join(" "));
  const E = { CRC32: (data: Uint8Array) => crc32(data), hwRand: () => 0x2545f491 };
  const modules: Record<string, unknown> = { crypto: CRYPTO };
  const getTime = () => performance.now() / 1000;
  runInNewContext(script, { print, require: (name: string) => modules[name], E, AES, getTime });
  return lines;
}
