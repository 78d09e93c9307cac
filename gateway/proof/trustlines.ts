/**
 * The trust file: whose word a verifier takes. One a line, `maker|hub|witness NAME VERIFIER-KEY`, `#` begins a comment;
 * a verifier key is `name+id+base64`, as `avnode trust` and other tools of transparency logs print it.
 */
import type { Crypto } from "../../protocol/crypto";
import { decodeVerifierKey } from "../../protocol/note";
import type { Trust, TrustedKey } from "../../protocol/proof/trust";

export class TrustError extends Error {
  readonly code = "TRUST_LINE";
}

export function noTrust(): Trust {
  return { makers: [], hubs: [], witnesses: [], revocations: [] };
}

/** @param file named in errors @throws TrustError with the line's number */
export function parseTrustLines(sha256: Crypto["sha256"], text: string, file: string): Trust {
  const trust = noTrust();
  const lists: Record<string, TrustedKey[]> = {
    maker: trust.makers,
    hub: trust.hubs,
    witness: trust.witnesses,
  };
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.replace(/#.*/s, "").trim().split(/\s+/);
    if (words[0] === "") continue;
    const wrong = (why: string) => new TrustError(`${file}, line ${index + 1}: ${why}`);
    const [kind, label, key] = words;
    const list = Object.hasOwn(lists, kind!) ? lists[kind!] : undefined;
    if (!list) throw wrong(`'${kind}' is none of maker, hub, witness`);
    if (!label || !key || words.length > 3) throw wrong(`write '${kind} NAME VERIFIER-KEY'`);
    try {
      list.push({ label, ...decodeVerifierKey(sha256, key) });
    } catch {
      throw wrong(`the key is not a verifier key, name+id+base64, or was mistyped`);
    }
  }
  return trust;
}
