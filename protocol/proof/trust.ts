/** What a verifier believes beforehand: it never comes from the proof. */
import { sameBytes } from "../bytes";
import type { VerifierKey } from "../note";
import type { Revocations } from "../revocations";

export interface TrustedKey extends VerifierKey {
  /** What whoever trusts it calls it. */
  label: string;
}

export interface Trust {
  makers: TrustedKey[];
  hubs: TrustedKey[];
  witnesses: TrustedKey[];
  revocations: Revocations[];
}

export function trustedMaker(trust: Trust, maker: Uint8Array): TrustedKey | undefined {
  for (let i = 0; i < trust.makers.length; i++) {
    if (sameBytes(trust.makers[i].publicKey, maker)) return trust.makers[i];
  }
  return undefined;
}

/** By name and key: a name says which log, a key alone does not. */
export function trustedSigner(list: TrustedKey[], signer: VerifierKey): TrustedKey | undefined {
  for (let i = 0; i < list.length; i++) {
    if (list[i].name === signer.name && sameBytes(list[i].publicKey, signer.publicKey)) return list[i];
  }
  return undefined;
}
