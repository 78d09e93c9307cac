/**
 * Verification of a proof file, offline: nothing but the file and what the verifier believes beforehand. The first thing
 * that contradicts ends it, because what was altered in one place proves nothing in another.
 */
import { type Close, decodeClose, signedClose } from "../bodies";
import { sameBytes, toHex } from "../bytes";
import { type Certificate, DeviceClass, SIMULATION_MAKER } from "../certificate";
import type { Crypto } from "../crypto";
import {
  decodeManifest,
  type Manifest,
  type ManifestDrop,
  ManifestState,
  personCommitment,
} from "../manifest";
import type { Ed25519Verify } from "../note";
import type { Refusal } from "../refusal";
import { type Contents, listedKey, type Onlooker, readContents } from "./contents";
import { checkEcho } from "./echo";
import { decodeProof, type ProofFile } from "./file";
import { checkChain, type Placed, placeFrames } from "./frames";
import {
  fault,
  LINE_ORDER,
  LineName,
  LineState,
  type ProofFault,
  type ProofLine,
  utc,
  Verdict,
  verdictOfFault,
} from "./lines";
import { checkInclusion, checkSigners, trustedTimes } from "./logged";
import { checkCertificate, classText, deviceText, isSignedBy, revocationText } from "./signer";
import { type Trust, trustedMaker } from "./trust";

export interface ProofCrypto extends Pick<Crypto, "sha256" | "open"> {
  ed25519: Ed25519Verify;
}

/** Of the gaps between frames. A page of them tells a reader no more, and a file of nothing else would be a book. */
const MAX_GAPS_TOLD = 100;

export interface ProofReport {
  verdict: string;
  /** Why it is not authentic; PROOF_AUTHENTIC when it is. */
  code: string;
  lines: ProofLine[];
  manifest?: Manifest;
  /** True when the manifest's rate, start, leads and gaps are those of the frames; else only the hub says so. */
  opened: boolean;
  /** UTF-8, as the hub's owner gave it. */
  person?: Uint8Array;
}

/** What was found so far. */
class Findings {
  private readonly lines: { [name: string]: ProofLine } = {};
  private verdict = "";
  private code = "";

  say(name: string, state: string, text: string): void {
    this.lines[name] = { name, state, text };
  }

  /** Keeps the verdict that was there before: callers go from the gravest on. */
  judge(verdict: string, code: string): void {
    if (this.verdict !== "") return;
    this.verdict = verdict;
    this.code = code;
  }

  into(report: ProofReport): ProofReport {
    report.verdict = this.verdict;
    report.code = this.code;
    for (let i = 0; i < LINE_ORDER.length; i++) {
      const name = LINE_ORDER[i];
      report.lines.push(this.lines[name] || { name, state: LineState.unknown, text: "not looked at" });
    }
    return report;
  }
}

interface Evidence {
  proof: ProofFile;
  manifest: Manifest;
  close: Close | null;
}

/** @throws PROOF_MANIFEST, PROOF_CLOSE */
function read(proof: ProofFile): Evidence {
  let manifest: Manifest;
  try {
    manifest = decodeManifest(proof.manifest);
  } catch (error) {
    throw fault(LineName.logged, "PROOF_MANIFEST", "the leaf is none: " + (error as Error).message);
  }
  try {
    return { proof, manifest, close: manifest.close && decodeClose(manifest.close) };
  } catch (error) {
    throw fault(LineName.unchanged, "PROOF_CLOSE", "the close is none: " + (error as Error).message);
  }
}

/** @throws PROOF_CLOSE, PROOF_PART */
function checkClose(manifest: Manifest, close: Close | null): void {
  if (manifest.from !== 0) {
    throw fault(LineName.complete, "PROOF_PART", "the log's leaf is about the end of a recording alone");
  }
  if (!close) return;
  let lost = 0;
  for (let i = 0; i < manifest.gaps.length; i++) lost += manifest.gaps[i].count;
  // Where frames are declared lost some of them may be held nevertheless, and then less is missing.
  if (manifest.rate !== null && manifest.drops.length === 0 && lost !== close.dropped) {
    throw fault(LineName.complete, "PROOF_COUNTS", "the log lists other gaps than the close counts");
  }
  const isCounted = manifest.rate === null || close.samples === manifest.samples;
  if (close.frames !== manifest.to || !isCounted || !sameBytes(close.chain, manifest.chain)) {
    throw fault(
      LineName.unchanged,
      "PROOF_CLOSE",
      "the log says otherwise than the close: frames, samples or chain",
    );
  }
}

function personOf(crypto: ProofCrypto, proof: ProofFile, manifest: Manifest, found: Findings): void {
  const person = proof.person;
  if (!person) {
    const text = manifest.person ? "the log names somebody; this file does not tell whom" : "nobody is named";
    found.say(LineName.identity, LineState.unknown, text);
    return;
  }
  if (!manifest.person || !sameBytes(personCommitment(crypto, person.salt, person.name), manifest.person)) {
    throw fault(
      LineName.identity,
      "PROOF_PERSON",
      "the name in the file is not the one that the log commits to",
    );
  }
  found.say(LineName.identity, LineState.unknown, "named by the hub's owner, whom nobody checked");
}

/** True when every frame is here, or declared lost by the handheld itself so that nothing in front can be exchanged. */
function completeness(
  manifest: Manifest,
  placed: Placed,
  contents: Contents | null,
  untied: ManifestDrop[],
  found: Findings,
): boolean {
  let isDeclared = true;
  let gaps = "";
  for (let i = 0; i < placed.lost.length; i++) {
    const drop = placed.lost[i];
    const isDropHere = contents !== null && !drop.later && contents.declared[listedKey(drop)] !== undefined;
    const isTied = untied.indexOf(drop) < 0;
    if (!isTied) isDeclared = false;
    let whose = isDropHere ? "as the handheld itself declared" : "as only the hub says";
    if (isDropHere && !isTied) whose += ", without tying to them what came before";
    gaps += "; frames " + drop.from + " to " + drop.to + " lost with " + drop.samples + " samples, " + whose;
  }
  if (contents) {
    const told = Math.min(contents.gaps.length, MAX_GAPS_TOLD);
    for (let i = 0; i < told; i++) {
      gaps += "; no samples " + contents.gaps[i].from + " to " + (contents.gaps[i].to - 1);
    }
    if (told < contents.gaps.length)
      gaps += "; no samples in " + (contents.gaps.length - told) + " more stretches";
  }
  for (let i = 0; i < manifest.gaps.length; i++) {
    const gap = manifest.gaps[i];
    if (gap.reason === 0) isDeclared = false;
    const whose = gap.reason === 0 ? ", which nobody declared" : "";
    if (!contents || gap.reason === 0)
      gaps +=
        "; no samples " + gap.first + " to " + (gap.first + gap.count - 1) + ", as the hub says" + whose;
  }
  const count = placed.places.length + " frames";
  const text = gaps === "" ? "every frame is here: " + count : count + gaps;
  found.say(LineName.complete, isDeclared ? LineState.ok : LineState.no, text);
  return isDeclared;
}

/** True when the device's own signature holds. @throws PROOF_SIGNATURE, PROOF_PATH */
function checkSignature(crypto: ProofCrypto, evidence: Evidence, certificate: Certificate): boolean {
  const proof = evidence.proof;
  const manifest = evidence.manifest;
  const close = manifest.close;
  const signature = manifest.signature;
  if (!close || !signature) {
    if (proof.path)
      throw fault(LineName.signed, "PROOF_PATH", "a path without a signature that it belongs to");
    return false;
  }
  if (!proof.path) return false;
  const message = signedClose(manifest.device, manifest.epoch, manifest.recording, close);
  if (!isSignedBy(crypto, certificate, message, signature, proof.path)) {
    throw fault(LineName.signed, "PROOF_SIGNATURE", "the device did not sign this close");
  }
  return true;
}

function stateText(manifest: Manifest): string {
  if (manifest.state === ManifestState.open) return "it was still running when it was logged";
  return "it ended without a close";
}

/** @returns whether its content was there to be held against the log @throws the faults of a proof that contradicts itself */
function examine(
  crypto: ProofCrypto,
  evidence: Evidence,
  trust: Trust,
  found: Findings,
  onlooker: Onlooker | undefined,
): boolean {
  const proof = evidence.proof;
  const manifest = evidence.manifest;
  const close = evidence.close;
  // What is cheap comes first, and what names the frame before what only tells that one is wrong.
  const inclusion = checkInclusion(crypto, proof);
  checkClose(manifest, close);
  const certificate = checkCertificate(crypto, crypto.ed25519, proof.certificate, manifest, SIMULATION_MAKER);
  const placed = placeFrames(manifest, proof.frames);
  const contents = proof.key
    ? readContents(crypto, proof.key, manifest, proof.frames, close, placed.lost, onlooker)
    : null;
  const untied = checkChain(crypto, manifest, proof.frames, placed, contents && contents.declared);
  const logged = checkSigners(
    crypto,
    crypto.ed25519,
    inclusion.note,
    inclusion.checkpoint,
    proof.log.signers,
  );
  const isSigned = checkSignature(crypto, evidence, certificate);
  const echo = proof.echo && checkEcho(crypto, proof.echo, certificate, manifest, logged.checkpoint);
  personOf(crypto, proof, manifest, found);

  const times = trustedTimes(logged, trust);
  const leaf = "leaf " + proof.log.index + " of " + logged.hub.name + ", ";
  found.say(LineName.logged, times.state, leaf + times.text);
  if (echo) {
    const where = "recording " + echo.recording + " of epoch " + echo.epoch;
    found.say(LineName.seen, LineState.ok, "the handheld saw this log later, and signed so in " + where);
  } else found.say(LineName.seen, LineState.unknown, "no later close of the handheld vouches for the log");

  const isComplete = completeness(manifest, placed, contents, untied, found);
  const end = close ? "to the close" : "to where " + stateText(manifest);
  const depth = contents ? ", every frame opened and decoded" : ", content not disclosed";
  found.say(LineName.unchanged, LineState.ok, "the chain runs from the key's commitment " + end + depth);

  const isSimulated = certificate.deviceClass === DeviceClass.simulated;
  const isAdopted = certificate.deviceClass === DeviceClass.adopted;
  const maker = trustedMaker(trust, certificate.maker);
  const makerText = maker
    ? "maker " + maker.label
    : "a maker that nobody vouches for, " + toHex(certificate.maker);
  const revocation = revocationText(crypto.ed25519, certificate, trust, times.at);
  found.say(
    LineName.deviceClass,
    isSimulated || isAdopted ? LineState.no : maker ? LineState.ok : LineState.unknown,
    (maker || isAdopted ? "" : "claims to be ") + classText(certificate.deviceClass),
  );
  let text = isSigned
    ? deviceText(certificate) + " of " + makerText
    : "sealed only, which a hub could forge: said to be " + deviceText(certificate) + " of " + makerText;
  if (isAdopted) text = "adopted: no handheld signed it; what it says is what a hub read in a file";
  if (manifest.signature && !isSigned) text += "; its signature cannot be checked without the path";
  if (revocation) text += "; " + revocation.text;
  if (revocation && !revocation.revoked && times.at !== undefined)
    text += ", after it was logged at " + utc(times.at);
  const isBelieved = isSigned && maker !== undefined && !(revocation && revocation.revoked);
  found.say(
    LineName.signed,
    isBelieved ? LineState.ok : isSigned && !revocation ? LineState.unknown : LineState.no,
    text,
  );

  // From the gravest on; the first stands.
  if (revocation && revocation.revoked) found.judge(Verdict.revoked, "PROOF_REVOKED");
  if (!close) found.judge(Verdict.truncated, manifest.part ? "PROOF_RUNNING" : "PROOF_TRUNCATED");
  if (!isSigned) found.judge(Verdict.sealedOnly, manifest.signature ? "PROOF_NO_PATH" : "PROOF_UNSIGNED");
  if (!isComplete) found.judge(Verdict.incomplete, "PROOF_GAP_HUB");
  // A simulated unit is believed by whoever pins the simulation maker itself, and by nobody else.
  if (isSimulated && !(maker && sameBytes(certificate.maker, SIMULATION_MAKER))) {
    found.judge(Verdict.simulated, "PROOF_SIMULATED");
  }
  if (!maker) found.judge(Verdict.unpinned, "PROOF_UNPINNED");
  found.judge(Verdict.authentic, "PROOF_AUTHENTIC");
  return contents !== null;
}

/**
 * Every proof gets a verdict; only `authentic` is a yes.
 * @param onlooker shown the contents; they are to be believed when the report says `opened`
 * @throws REVOCATIONS_SIGNATURE for a list among what is trusted that its maker did not sign
 */
export function verifyProof(
  crypto: ProofCrypto,
  bytes: Uint8Array,
  trust: Trust,
  onlooker?: Onlooker,
): ProofReport {
  const found = new Findings();
  const report: ProofReport = { verdict: "", code: "", lines: [], opened: false };
  let proof: ProofFile;
  try {
    proof = decodeProof(bytes);
  } catch (error) {
    const refused = error as Refusal;
    const isCut = refused.code === "CBOR_TRUNCATED";
    const text = isCut ? "the file ends before its end: " : "this is no proof: ";
    found.say(LineName.complete, LineState.no, text + refused.message);
    found.judge(Verdict.unknown, isCut ? "PROOF_FILE_TRUNCATED" : refused.code);
    return found.into(report);
  }
  try {
    const evidence = read(proof);
    report.manifest = evidence.manifest;
    report.opened = examine(crypto, evidence, trust, found, onlooker);
    if (proof.person) report.person = proof.person.name;
  } catch (error) {
    const refused = error as ProofFault;
    if (!refused.line) throw error;
    found.say(refused.line, LineState.no, refused.message);
    found.judge(verdictOfFault(refused.code), refused.code);
  }
  return found.into(report);
}
