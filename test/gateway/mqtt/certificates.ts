/** Certificates that openssl makes for a test: CAs that sign, servers that expired or bear another name, clients. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

export interface Certified {
  cert: string;
  key: string;
}

function openssl(...words: string[]): void {
  const { status, stderr } = spawnSync("openssl", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${words[0]}: ${stderr}`);
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export function makeCa(dir: string, name: string): Certified {
  const made = { cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) };
  const subject = ["-subj", `/CN=${name}`, "-days", "2"];
  openssl("req", "-x509", ...newKey, ...subject, "-keyout", made.key, "-out", made.cert);
  return made;
}

/** @param names as in subjectAltName, e.g. `IP:127.0.0.1`; @param days from now, negative for one that expired */
export function certify(dir: string, name: string, ca: Certified, names: string, days = 2): Certified {
  const made = { cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) };
  const request = join(dir, `${name}.csr`);
  const extensions = join(dir, `${name}.ext`);
  writeFileSync(extensions, `subjectAltName=${names}\n`);
  openssl("req", "-new", ...newKey, "-subj", `/CN=${name}`, "-keyout", made.key, "-out", request);
  const signer = ["-CA", ca.cert, "-CAkey", ca.key, "-CAcreateserial"];
  const form = ["-days", String(days), "-extfile", extensions, "-out", made.cert];
  openssl("x509", "-req", "-in", request, ...signer, ...form);
  return made;
}
