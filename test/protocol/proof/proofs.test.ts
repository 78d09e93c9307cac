import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseTrust } from "../../../gateway/proof/trust";
import { fromHex } from "../../../protocol/bytes";
import { verifyProof } from "../../../protocol/proof/verify";
import { decodeRevocations } from "../../../protocol/revocations";
import { PYTHON, skipUnlessPython } from "../../machine";
import { VECTORS } from "../vectors";
import { allCases } from "./cases";
import { proofCrypto } from "./notary";

interface Vector {
  name: string;
  file: string;
  verdict: string;
  code: string;
  trust: string[];
  revocations: string[];
}

const PROOFS = join(VECTORS, "proofs");
const { cases } = JSON.parse(readFileSync(join(PROOFS, "index.json"), "utf8")) as { cases: Vector[] };

describe("proofs", () => {
  for (const v of cases) {
    it(`${v.name}: ${v.verdict}, ${v.code}`, () => {
      const trust = parseTrust(v.trust.join("\n"), "index.json");
      trust.revocations = v.revocations.map((list) => decodeRevocations(fromHex(list)));
      const report = verifyProof(proofCrypto, readFileSync(join(PROOFS, v.file)), trust);
      assert.equal(
        `${report.verdict} ${report.code}`,
        `${v.verdict} ${v.code}`,
        JSON.stringify(report.lines),
      );
      const isYes = report.lines.every(({ name, state }) => state !== "no" || name === "class");
      if (v.verdict === "authentic") assert.ok(isYes, JSON.stringify(report.lines));
    });
  }

  it("show every code that the verifier has", () => {
    const folder = join(__dirname, "../../../protocol/proof");
    const source = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    const known = new Set(source.join("").match(/(?<=")PROOF_[A-Z_]+(?=")/g));
    // A file of 64 MB is no vector: limits.test.ts makes it.
    known.delete("PROOF_SIZE");
    const shown = new Set(cases.map(({ code }) => code));
    assert.ok(known.size > 40);
    assert.deepEqual(
      [...known].filter((code) => !shown.has(code)),
      [],
    );
  });

  it("are those that the notary makes, byte for byte", function () {
    const made = allCases();
    assert.deepEqual(
      made.map(({ name, verdict, code }) => ({ name, verdict, code })),
      cases.map(({ name, verdict, code }) => ({ name, verdict, code })),
    );
    for (const [i, { name, proof }] of made.entries()) {
      assert.equal(Buffer.compare(proof, readFileSync(join(PROOFS, cases[i]!.file))), 0, name);
    }
  });

  it("a second verifier, in Python, comes to every verdict too", function () {
    skipUnlessPython(this, "cryptography");
    const run = spawnSync(PYTHON, ["-B", join(__dirname, "../second/verify_proof.py"), "--index", PROOFS], {
      encoding: "utf8",
    });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.match(run.stdout, new RegExp(`^${cases.length} of ${cases.length} agree$`, "m"));
  });
});
