/** The handheld as witness: a later close that it signed states a checkpoint of the log, and so vouches for what came before. */
import { type Close, decodeClose, signedClose } from "../bodies";
import { Reader, sameBytes } from "../bytes";
import type { Certificate } from "../certificate";
import type { Crypto } from "../crypto";
import { DEVICE_ID_BYTES } from "../keys";
import type { Manifest } from "../manifest";
import { isConsistent } from "../merkle";
import type { Checkpoint } from "../note";
import type { ProofEcho } from "./file";
import { fault, LineName } from "./lines";
import { isSignedBy } from "./signer";

const seen = LineName.seen;

export interface SignedClose {
  epoch: number;
  recording: number;
  close: Close;
}

/** @throws CLOSE_*, PROOF_ECHO when it is not of this device */
function decodeSignedClose(bytes: Uint8Array, device: Uint8Array): SignedClose {
  const reader = new Reader(bytes, "CLOSE");
  reader.raw(signedClose(device, 0, 0, new Uint8Array(0)).length - DEVICE_ID_BYTES - 6);
  reader.raw(DEVICE_ID_BYTES);
  const epoch = reader.uint(2);
  const recording = reader.uint(4);
  const body = reader.rest();
  if (!sameBytes(signedClose(device, epoch, recording, body), bytes)) {
    throw fault(seen, "PROOF_ECHO", "the later close is of another device");
  }
  return { epoch, recording, close: decodeClose(body) };
}

/** @throws PROOF_ECHO */
export function checkEcho(
  crypto: Pick<Crypto, "sha256">,
  echo: ProofEcho,
  certificate: Certificate,
  manifest: Manifest,
  checkpoint: Checkpoint,
): SignedClose {
  let later: SignedClose;
  try {
    later = decodeSignedClose(echo.close, manifest.device);
  } catch (error) {
    throw fault(seen, "PROOF_ECHO", "the later close is none of this device: " + (error as Error).message);
  }
  const isLater =
    later.epoch > manifest.epoch || (later.epoch === manifest.epoch && later.recording > manifest.recording);
  if (!isLater) throw fault(seen, "PROOF_ECHO", "the close that is to vouch for the log is not a later one");
  const size = later.close.checkpointSize;
  const root = later.close.checkpointRoot;
  if (!isConsistent(crypto.sha256, checkpoint.size, checkpoint.root, size, root, echo.consistency)) {
    throw fault(seen, "PROOF_ECHO_LOG", "the handheld later saw a log that does not contain this one");
  }
  if (!isSignedBy(crypto, certificate, echo.close, echo.signature, echo.path)) {
    throw fault(seen, "PROOF_ECHO_SIGNATURE", "the later close was not signed by this device");
  }
  return later;
}
