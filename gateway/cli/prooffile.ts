/** `avnode verify FILE`: a proof from elsewhere, judged with nothing but the file and what the verifier trusts. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { inflateSync } from "node:zlib";
import { MAX_PROOF_BYTES } from "../../protocol/proof/file";
import { Verdict } from "../../protocol/proof/lines";
import type { Trust } from "../../protocol/proof/trust";
import { verifyProof } from "../../protocol/proof/verify";
import { decodeRevocations, MAX_REVOCATIONS_BYTES } from "../../protocol/revocations";
import { ed25519Verify, nodeCrypto } from "../crypto";
import { attachedProof, isPdf } from "../document/attachment";
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
export function readFile(file: string, what: string, maxBytes: number): Buffer {
  const there = statSync(file, { throwIfNoEntry: false });
  if (!there?.isFile())
    throw new CliError(
      Exit.failed,
      there ? `${file} is no file: name the files in it` : `there is no file ${file}`,
    );
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

/** A proof and the pages around it. */
const MAX_PDF_BYTES = 2 * MAX_PROOF_BYTES;
const PAGES_UNJUDGED =
  "this is about the recording inside the PDF; what its pages say was not judged: anybody can draw a page";

/** Of a report the proof that it carries. */
function proofIn(file: string): { bytes: Uint8Array; isFromPdf: boolean } {
  const bytes = readFile(file, "a proof or a report", MAX_PDF_BYTES);
  if (!isPdf(bytes)) {
    if (bytes.length > MAX_PROOF_BYTES)
      throw new CliError(
        Exit.failed,
        `${file} has ${bytes.length} bytes; a proof has at most ${MAX_PROOF_BYTES}`,
      );
    return { bytes, isFromPdf: false };
  }
  try {
    const attached = attachedProof(bytes);
    if (!attached)
      throw new CliError(
        Exit.failed,
        `${file} carries no proof: it was made without one, or is none of avnode's reports, or was printed to a new file`,
      );
    const proof = attached.deflated
      ? inflateSync(attached.bytes, { maxOutputLength: MAX_PROOF_BYTES })
      : attached.bytes;
    return { bytes: proof, isFromPdf: true };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(Exit.failed, `no proof can be taken out of ${file}: ${(error as Error).message}`);
  }
}

/** Prints what the file shows. @returns the exit code */
export function verifyFile(file: string, options: TrustOptions, terminal: Terminal): number {
  const crypto = { sha256: nodeCrypto.sha256, open: nodeCrypto.open, ed25519: ed25519Verify };
  const { bytes, isFromPdf } = proofIn(file);
  const report = verifyProof(crypto, bytes, trustOf(options));
  const { judged, about, hint } = worded(report);
  const { verdict, code, lines } = judged;
  const exit = verdict === Verdict.authentic ? Exit.done : Exit.no;
  if (options.json) {
    terminal.json({ file, ...judged });
  } else {
    terminal.print(`${verdict.toUpperCase()} (${code})`);
    if (about) terminal.print(about);
    for (const { name, state, text } of lines) terminal.print(`${state.padEnd(8)}${name.padEnd(10)}${text}`);
    terminal.say(`${basename(file)}: ${verdict}${hint ? `; ${hint}` : ""}`);
  }
  if (isFromPdf) terminal.say(PAGES_UNJUDGED);
  return exit;
}
