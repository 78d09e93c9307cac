/** `avnode verify FILE`: a proof from elsewhere, judged with nothing but the file and what the verifier trusts. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { MAX_PROOF_BYTES } from "../../protocol/proof/file";
import { Verdict } from "../../protocol/proof/lines";
import type { Trust } from "../../protocol/proof/trust";
import { verifyProof } from "../../protocol/proof/verify";
import { decodeRevocations, MAX_REVOCATIONS_BYTES } from "../../protocol/revocations";
import { ed25519Verify, nodeCrypto } from "../crypto";
import { noTrust, parseTrust, TrustError } from "../proof/trust";
import { worded } from "../proof/words";
import { CliError, Exit, type Terminal } from "./terminal";

export interface TrustOptions {
  trust?: string;
  revocations?: string;
  json?: boolean;
}

/** IDs of recordings are hexadecimal: whatever has a dot or a slash, or is there as a file, is one. */
export function isProofFile(what: string): boolean {
  return /[./\\]/.test(what) || (existsSync(what) && !/^[0-9a-f]{4,32}$/.test(what));
}

const MAX_TRUST_BYTES = 1_048_576;

/** Nothing of a stranger's file is read before its size is known. */
function readFile(file: string, what: string, maxBytes: number): Buffer {
  const there = statSync(file, { throwIfNoEntry: false });
  if (!there?.isFile()) throw new CliError(Exit.failed, `there is no file ${file}`);
  if (there.size > maxBytes)
    throw new CliError(Exit.failed, `${file} has ${there.size} bytes; ${what} has at most ${maxBytes}`);
  return readFileSync(file);
}

function trustOf({ trust: file, revocations }: TrustOptions): Trust {
  let trust = noTrust();
  try {
    if (file !== undefined)
      trust = parseTrust(readFile(file, "a trust file", MAX_TRUST_BYTES).toString("utf8"), file);
  } catch (error) {
    if (error instanceof TrustError) throw new CliError(Exit.usage, error.message);
    throw error;
  }
  if (revocations !== undefined) {
    try {
      trust.revocations.push(
        decodeRevocations(readFile(revocations, "a revocation list", MAX_REVOCATIONS_BYTES)),
      );
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(Exit.failed, `${revocations} is no revocation list: ${(error as Error).message}`);
    }
  }
  return trust;
}

/** Prints what the file shows. @returns the exit code */
export function verifyFile(file: string, options: TrustOptions, terminal: Terminal): number {
  const crypto = { sha256: nodeCrypto.sha256, open: nodeCrypto.open, ed25519: ed25519Verify };
  const report = verifyProof(crypto, readFile(file, "a proof", MAX_PROOF_BYTES), trustOf(options));
  const { judged, about, hint } = worded(report);
  const { verdict, code, lines } = judged;
  const exit = verdict === Verdict.authentic ? Exit.done : Exit.no;
  if (options.json) {
    terminal.json({ file, ...judged });
    return exit;
  }
  terminal.print(`${verdict.toUpperCase()} (${code})`);
  if (about) terminal.print(about);
  for (const { name, state, text } of lines) terminal.print(`${state.padEnd(8)}${name.padEnd(10)}${text}`);
  terminal.say(`${basename(file)}: ${verdict}${hint ? `; ${hint}` : ""}`);
  return exit;
}
