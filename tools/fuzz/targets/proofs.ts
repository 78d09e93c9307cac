/** Proof files and trust files: any bytes get a verdict, and "authentic" only those that their device and hub made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ed25519Verify, nodeCrypto } from "../../../gateway/crypto";
import { noTrust, parseTrust } from "../../../gateway/proof/trust";
import { decodeProof, encodeProof } from "../../../protocol/proof/file";
import { Verdict } from "../../../protocol/proof/lines";
import { type ProofCrypto, verifyProof } from "../../../protocol/proof/verify";
import { mustBeSame, type Target } from "../target";
import { type Json, readVectors } from "./vectors";

const FOLDER = join(__dirname, "../../../protocol/vectors/proofs");
const cases: Json[] = readVectors("proofs/index.json").cases;
/** Of the proofs that are good under the same trust, and of all that are bad. */
const [{ trust: lines }] = cases;
const files = [...new Set<string>(cases.map((one) => one.file))];
const read = (file: string): Uint8Array => readFileSync(join(FOLDER, file));
const good = cases.filter((one) => one.verdict === Verdict.authentic).map((one) => read(one.file));
const verdicts = Object.values(Verdict);

const real: ProofCrypto = { sha256: nodeCrypto.sha256, open: nodeCrypto.open, ed25519: ed25519Verify };
/** Behind signatures that nobody can forge, there is code that a forger would like to reach. */
const credulous: ProofCrypto = { ...real, ed25519: () => true };

function target(name: string, crypto: ProofCrypto): Target {
  return {
    name,
    seeds: () => files.map(read),
    maxBytes: 8000,
    // A signature frame alone is some 400 hashes.
    maxSteps: 20_000_000,
    codes: /^(?!)/,
    run(bytes) {
      const { verdict, code } = verifyProof(crypto, bytes, parseTrust(lines.join("\n"), "trust"));
      if (!verdicts.includes(verdict)) throw new Error(`has the verdict ${verdict}`);
      if (!/^[A-Z]+[0-9]*(_[A-Z]+)*$/.test(code)) throw new Error(`has the code ${code}`);
      if (crypto === real && verdict === Verdict.authentic && !good.some((one) => same(one, bytes)))
        throw new Error("is authentic, and nobody made it");
      if (verifyProof(crypto, bytes, noTrust()).verdict === Verdict.authentic)
        throw new Error("is authentic to who trusts nobody");
      if (verdict === Verdict.unknown) return false;
      mustBeSame(encodeProof(decodeProof(bytes)), bytes);
      return true;
    },
  };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

const trust: Target = {
  name: "trust",
  seeds: () =>
    [...new Set<string>(cases.map((one) => one.trust.join("\n")))].map((text) => Buffer.from(text)),
  words: ["maker ", "hub ", "witness ", "#", "\n", " ", "+", "\t", "\r\n", "__proto__ ", "constructor "],
  maxBytes: 1000,
  codes: /^TRUST_LINE$/,
  run(bytes) {
    const parsed = parseTrust(Buffer.from(bytes).toString("utf8"), "trust");
    for (const { label, publicKey } of [...parsed.makers, ...parsed.hubs, ...parsed.witnesses])
      if (label === "" || publicKey.length !== 32) throw new Error("trusts nobody in particular");
    return true;
  },
};

export const proofs: Target[] = [target("proof", real), target("proofContents", credulous), trust];
