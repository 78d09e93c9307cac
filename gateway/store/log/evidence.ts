/** All that a proof of one recording is made of, as the store holds it. */

/** A checkpoint that the handheld itself saw, echoed in a later close that it signed. */
export interface Echo {
  /** `signedClose` of that later recording, which tells size and root. */
  close: Uint8Array;
  /** Body of its signature frame. */
  signature: Uint8Array;
  /** Authentication path of the signature's leaf, lowest node first; absent while its public table is not known. */
  lmsPath?: Uint8Array[];
  size: number;
  root: Uint8Array;
  /** From the evidence's checkpoint to this one, which is not smaller. */
  consistency: Uint8Array[];
}

export interface Evidence {
  /** The recording's newest leaf: protocol/manifest.ts. Of a running one it is about the frames below its `to`. */
  leaf: Uint8Array;
  /** Which of the store's logs, and the leaf's index in it. */
  log: number;
  origin: string;
  index: number;
  /** The first checkpoint over the leaf: of all of them it says earliest that the recording was there. */
  note: Uint8Array;
  size: number;
  path: Uint8Array[];
  /** As sealed, in order: those below the manifest's `to`, then the close and its signature. */
  frames: Uint8Array[];
  /** MK. */
  key: Uint8Array;
  certificate: Uint8Array;
  /** Authentication path of the close's signature, where there is one and its public table is known. */
  lmsPath?: Uint8Array[];
  /** What the manifest commits to. */
  person?: { name: string; salt: Uint8Array };
  echo?: Echo;
}
