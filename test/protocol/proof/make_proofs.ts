/** Writes protocol/vectors/proofs: every case as a file, and an index of the verdicts that every verifier must come to. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allCases } from "./cases";

const directory = process.argv[2] ?? join(__dirname, "../../../protocol/vectors/proofs");
mkdirSync(directory, { recursive: true });
/** Cases that differ in what is trusted share their file. */
const files = new Map<string, string>();
const lines = allCases().map(({ name, proof, verdict, code, trust, revocations }) => {
  const hash = createHash("sha256").update(proof).digest("hex");
  const file = files.get(hash) ?? `${name}.proof`;
  files.set(hash, file);
  writeFileSync(join(directory, file), proof);
  const lists = revocations.map((list) => Buffer.from(list).toString("hex"));
  return JSON.stringify({ name, file, verdict, code, trust, revocations: lists });
});
const about =
  "Proofs and the verdict on each; trust is the lines of a trust file, revocations are lists in hexadecimal.";
writeFileSync(
  join(directory, "index.json"),
  `{\n"about": ${JSON.stringify(about)},\n"cases": [\n${lines.join(",\n")}\n]\n}\n`,
);
