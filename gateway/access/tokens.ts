/** Secrets that are handed out once and kept as hashes: sessions, browsers, links. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** What a token is for: the hash of one is worthless as another. */
export type Purpose = "session" | "csrf" | "browser" | "link" | "link id";

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** @returns undefined for what was never a token */
export function hashOf(purpose: Purpose, token: string | undefined): Buffer | undefined {
  if (token === undefined || !TOKEN.test(token)) return undefined;
  return createHash("sha256").update(`avnode/access/${purpose}/v1\0${token}`).digest();
}

/** What a page of this session must send along: nobody derives it who cannot read the session's cookie or our answers. */
export function csrfToken(sessionToken: string): string {
  return hashOf("csrf", sessionToken)!.toString("base64url");
}

/** In a time that tells nothing of where they differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
