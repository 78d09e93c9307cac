/** Judges an evidence file with nothing but itself, for a reviewer who has the maker's papers. */
import { z } from "zod";
import { ed25519Verify, nodeCrypto } from "../../gateway/crypto";
import { fromHex, sameBytes, toHex } from "../../protocol/bytes";
import { inclusionRoot, leafHash } from "../../protocol/merkle";
import { decodeCheckpoint, decodeNote, isSigned } from "../../protocol/note";
import {
  canonical,
  figuresOf,
  type LoggedLine,
  type SignedEvidence,
  signedBytes,
  turnOf,
  unitsOf,
} from "./evidence";
import { FactoryFailure } from "./failure";
import { decodeUnitLine } from "./unitline";

const { sha256 } = nodeCrypto;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const count = z.int().min(0);
/** What is relied on before the signature is known to be over it; all else is compared with what the lines prove. */
const shape = z.looseObject({
  type: z.literal("avnode/factory-evidence"),
  v: z.literal(1),
  makerKey: hex(32),
  batch: z.string().max(20),
  log: z.looseObject({
    origin: z.string().max(200),
    size: count,
    root: hex(32),
    checkpoint: z.string().max(2000),
    problems: z.array(z.string().max(1000)),
  }),
  figures: z.looseObject({ unitsPassed: count, turns: count }),
  lines: z.array(z.looseObject({ index: count, leaf: z.string(), proof: z.array(hex(32)).max(64) })),
  signature: hex(64),
});

/** @returns what is wrong; nothing of a file that is as its maker signed it @throws FACTORY_EVIDENCE for no such file at all */
export function evidenceProblems(text: string): { evidence: SignedEvidence; problems: string[] } {
  let evidence: SignedEvidence;
  try {
    evidence = JSON.parse(text) as SignedEvidence;
    const { error } = shape.safeParse(evidence);
    if (error) throw new Error(`${error.issues[0]!.path.join(".") || "it"} is not as stations write it`);
    return { evidence, problems: problemsOf(evidence) };
  } catch (cause) {
    throw new FactoryFailure(
      "FACTORY_EVIDENCE",
      `it is no evidence file: ${(cause as Error).message}. Name the JSON that 'avnode factory evidence' wrote`,
      { cause },
    );
  }
}

function problemsOf({ signature, ...evidence }: SignedEvidence): string[] {
  const { log, lines, units, figures, batch } = evidence;
  const maker = fromHex(evidence.makerKey);
  const problems = log.problems.map((problem) => `the station's log: ${problem}`);
  if (!ed25519Verify(maker, signedBytes(evidence), fromHex(signature)))
    problems.push("the maker's signature is not over this file: it was altered");
  const note = decodeNote(Buffer.from(log.checkpoint));
  if (!isSigned(sha256, ed25519Verify, note, { name: log.origin, publicKey: maker }))
    problems.push("the checkpoint is not signed by the maker");
  const { origin, size, root } = decodeCheckpoint(note.text);
  if (origin !== log.origin || size !== log.size || toHex(root) !== log.root)
    problems.push("the checkpoint is another one than the file says");
  const logged: LoggedLine[] = [];
  for (const { leaf, proof, ...turn } of lines) {
    const { index } = turn;
    const bytes = new Uint8Array(Buffer.from(leaf, "base64"));
    if (!leadsTo(root, size, index, bytes, proof)) problems.push(`line ${index} is not in the log`);
    const line = decodeUnitLine(bytes);
    if (line.batch !== batch) problems.push(`line ${index} is of another batch`);
    if (canonical(turnOf({ index, line })) !== canonical(turn)) problems.push(`line ${index} says otherwise`);
    logged.push({ index, line });
  }
  // What people read follows from what is proven.
  if (canonical(unitsOf(logged)) !== canonical(units)) problems.push("its units are not those of its lines");
  if (canonical(figuresOf(logged)) !== canonical(figures))
    problems.push("its figures are not those of its lines");
  return problems;
}

function leadsTo(root: Uint8Array, size: number, index: number, leaf: Uint8Array, proof: string[]): boolean {
  try {
    return sameBytes(inclusionRoot(sha256, leafHash(sha256, leaf), index, size, proof.map(fromHex)), root);
  } catch {
    // A path of another length, or an index beyond the tree.
    return false;
  }
}
