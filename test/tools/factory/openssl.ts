/** A plain Ed25519 signature, judged by OpenSSL. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasOpenssl } from "../../gateway/mqtt/certificates";
import { skipUnless } from "../../machine";

export function skipUnlessOpenssl(context: Mocha.Context): void {
  skipUnless(hasOpenssl, context, "openssl (Debian: openssl)");
}

/** @param publicKey raw, 32 bytes */
export function opensslTakes(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const folder = mkdtempSync(join(tmpdir(), "avnode-openssl-"));
  const put = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  try {
    // SubjectPublicKeyInfo of RFC 8410.
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]).toString(
      "base64",
    );
    const pem = put("pem", `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`);
    const key = ["-pubin", "-inkey", pem];
    const files = ["-in", put("message", message), "-sigfile", put("signature", signature)];
    return spawnSync("openssl", ["pkeyutl", "-verify", ...key, "-rawin", ...files]).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
