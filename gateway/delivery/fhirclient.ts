/**
 * A FHIR transaction brought to a server, with OAuth2 client credentials where it wants them (RFC 6749 §4.4). What is
 * put has ids made of what it is about, so that a second time changes nothing.
 */
import { createHash } from "node:crypto";
import { DeliveryError } from "./error";

export interface FhirServer {
  /** Its base, at which transactions are posted. */
  url: string;
  token?: { url: string; clientId: string; clientSecret: string; scope?: string };
  /** The same for every try of one delivery. */
  key: string;
}

interface Token {
  value: string;
  /** Unix ms. */
  until: number;
}

const PATIENCE_MS = 60_000;
const MAX_SAID = 64 << 20;
const MAX_HEARD = 1 << 20;
const MAX_RETRY_AFTER_MS = 86_400_000;
/** A token is not used in its last seconds: it would end on the way. */
const TOKEN_MARGIN_MS = 10_000;
const TOKEN_LIFE_MS = 300_000;
const MAX_TOKENS = 16;

/** Tokens of this process, until they end. By all that was said to get them, for a new secret needs a new one. */
const tokens = new Map<string, Token>();

/**
 * @throws DeliveryError FHIR_URL, FHIR_SIZE, FHIR_UNREACHABLE, FHIR_STATUS, FHIR_ANSWER, FHIR_TOKEN
 */
export async function postBundle(
  bundle: object,
  server: FhirServer,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const said = JSON.stringify(bundle);
  if (Buffer.byteLength(said) > MAX_SAID)
    throw new DeliveryError("FHIR_SIZE", "the transaction is longer than 64 MB: send a stretch of it", false);
  const url = checked(server.url);
  const post = async (bearer?: string) =>
    asked(url, patienceMs, {
      body: said,
      headers: {
        "content-type": "application/fhir+json",
        accept: "application/fhir+json",
        // For servers, and for what stands before them, that know it.
        "idempotency-key": server.key,
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
    });
  const { token } = server;
  let answer = await post(token && (await tokenFor(token, patienceMs)));
  if (answer.status === 401 && token) {
    // It may have been withdrawn before its time.
    tokens.delete(nameOf(token));
    answer = await post(await tokenFor(token, patienceMs));
  }
  requireGood("FHIR_STATUS", url, answer);
  requireTaken(bundle, url, answer.text);
}

async function tokenFor(token: NonNullable<FhirServer["token"]>, patienceMs: number): Promise<string> {
  const name = nameOf(token);
  const kept = tokens.get(name);
  if (kept && Date.now() < kept.until) return kept.value;
  const { clientId, clientSecret, scope } = token;
  const url = checked(token.url);
  const basic = [clientId, clientSecret].map(formEncoded).join(":");
  const answer = await asked(url, patienceMs, {
    body: new URLSearchParams({ grant_type: "client_credentials", ...(scope && { scope }) }).toString(),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
      authorization: `Basic ${Buffer.from(basic).toString("base64")}`,
    },
  });
  requireGood("FHIR_TOKEN", url, answer);
  const { access_token: value, expires_in: seconds } = (parsed(answer.text) ?? {}) as Record<string, unknown>;
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value))
    throw new DeliveryError(
      "FHIR_TOKEN",
      `${url.host} answers without a token: check the token's address`,
      true,
    );
  const lifeMs = typeof seconds === "number" && seconds > 0 ? seconds * 1000 : TOKEN_LIFE_MS;
  tokens.delete(name);
  if (tokens.size >= MAX_TOKENS) tokens.delete(tokens.keys().next().value!);
  tokens.set(name, { value, until: Date.now() + lifeMs - TOKEN_MARGIN_MS });
  return value;
}

function nameOf({ url, clientId, clientSecret, scope }: NonNullable<FhirServer["token"]>): string {
  return createHash("sha256")
    .update(JSON.stringify([url, clientId, clientSecret, scope]))
    .digest("hex");
}

/** RFC 6749 §2.3.1. */
const formEncoded = (value: string) => new URLSearchParams({ value }).toString().slice("value=".length);

/** Health data and secrets go over TLS, but within this machine. */
function checked(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url && !url.username && (url.protocol === "https:" || (url.protocol === "http:" && isHere))) return url;
  throw new DeliveryError("FHIR_URL", `"${url?.host ?? "the address"}" is not https: give https://…`, false);
}

interface Answer {
  status: number;
  retryAfter: string | null;
  text: string;
}

async function asked(url: URL, patienceMs: number, request: RequestInit): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(patienceMs);
    // Elsewhere, nobody was asked whether it may have them.
    const answer = await fetch(url, { ...request, method: "POST", redirect: "manual", signal });
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of answer.body ?? []) {
      length += piece.length;
      if (length > MAX_HEARD) throw new DeliveryError("FHIR_ANSWER", `${url.host} answers without end`, true);
      pieces.push(piece);
    }
    const text = Buffer.concat(pieces).toString();
    return { status: answer.status, retryAfter: answer.headers.get("retry-after"), text };
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    throw new DeliveryError("FHIR_UNREACHABLE", `${url.host} cannot be reached: ${reasonOf(error)}`, true);
  }
}

/** fetch itself says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it was silent for too long";
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? error.message;
}

function requireGood(code: string, url: URL, { status, retryAfter, text }: Answer): void {
  if (status >= 200 && status < 300) return;
  const what =
    status >= 300 && status < 400
      ? "sends us elsewhere: give the address itself"
      : status === 401 || status === 403
        ? "does not let us in: check client id, secret and scope"
        : `refuses${issueOf(text)}`;
  const retry = status >= 500 || status === 408 || status === 425 || status === 429;
  const wait = retry ? waitOf(retryAfter) : undefined;
  throw new DeliveryError(code, `${url.host} ${what} (status ${status})`, retry, { retryAfterMs: wait });
}

/** Of what a server says only the code of the first issue: its words may tell of the person, and are logged. */
function issueOf(text: string): string {
  const { resourceType, issue } = (parsed(text) ?? {}) as {
    resourceType?: string;
    issue?: { code?: unknown }[];
  };
  const code = resourceType === "OperationOutcome" && Array.isArray(issue) ? issue[0]?.code : undefined;
  return typeof code === "string" && /^[a-z-]{1,40}$/.test(code) ? `: ${code}` : "";
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function waitOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
}

/** Good words alone are not enough: a hotel's log-in page has them too. */
function requireTaken(bundle: object, url: URL, text: string): void {
  const answer = parsed(text) as { resourceType?: string; type?: string; entry?: unknown } | undefined;
  const { entry: asked } = bundle as { entry?: unknown[] };
  const entries = Array.isArray(answer?.entry) ? answer.entry : [];
  const isTaken =
    answer?.resourceType === "Bundle" &&
    answer.type === "transaction-response" &&
    entries.length === (asked?.length ?? 0) &&
    entries.every((one) => /^2\d\d\b/.test(String(one?.response?.status)));
  if (isTaken) return;
  throw new DeliveryError(
    "FHIR_ANSWER",
    `${url.host} answers, but not that it took the transaction: check its address`,
    true,
  );
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
