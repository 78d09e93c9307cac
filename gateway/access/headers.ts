/** What every answer tells the browser not to do, and which names a request may come under. */
import { isIP } from "node:net";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const HEADERS: Record<string, string> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};

/**
 * A page elsewhere can give its own name this machine's address and then read as if from itself (DNS rebinding); it
 * cannot make the browser send another name than its own. So: addresses, localhost, and the names the owner gave.
 */
export function isOurHost(host: string | undefined, names: readonly string[]): boolean {
  const [, address, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host ?? "") ?? [];
  if (address !== undefined) return isIP(address) === 6;
  if (name === undefined) return false;
  const lower = name.toLowerCase();
  return isIP(lower) === 4 || lower === "localhost" || names.includes(lower);
}

/** Whether the request was made under a name that only this machine's own programs use. */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host ?? "");
}

/** What proxies say of whom they pass on. */
export const PROXY_HEADERS = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-server",
  "x-real-ip",
  "cf-connecting-ip",
  "true-client-ip",
] as const;

interface Sender {
  host?: string;
  origin?: string;
  "sec-fetch-site"?: string;
}

/** For requests that change something: the browser must say that our own page sent it. */
export function isOurPage(headers: Sender, scheme: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  if (headers.origin !== undefined) return isOurOrigin(headers, scheme);
  return site === "same-origin";
}

/**
 * For requests that read: another site's page may not even cause them. Over plain HTTP to another machine browsers say no
 * site, and a page on another port of this one is sent our cookies: it is known by its origin.
 */
export function isElsewhere(headers: Sender, scheme: string): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  if (origin !== undefined && !isOurOrigin(headers, scheme)) return true;
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function isOurOrigin({ origin, host }: Sender, scheme: string): boolean {
  return origin === `${scheme}://${host?.toLowerCase()}`;
}
