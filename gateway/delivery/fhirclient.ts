/** A transaction to a FHIR server (R4 §3.1.0.11), with a token by OAuth 2.0 client credentials (RFC 6749 §4.4). */
import { DeliveryError } from "./error";

export interface FhirServer {
  /** Its base, such as https://fhir.example/r4 */
  url: string;
  /** Undefined for one that asks for none. */
  token?: { url: string; clientId: string; clientSecret: string; scope?: string };
}

/** Whose token it is and until when it is taken; nothing of it is ever on disk. */
interface Token {
  value: string;
  until: number;
}

const TIMEOUT_MS = 60_000;
/** What is read of an answer. */
const MAX_ANSWER_BYTES = 65_536;
const MAX_SAID = 200;
/** A token is not used when it is about to end, and for so long where its server does not say. */
const MARGIN_MS = 30_000;
const TOKEN_MS = 300_000;
/** Trying again may help (RFC 9110 §15): a timeout, too early, too many. */
const LATER = new Set([408, 425, 429]);

export class FhirClient {
  private token: Token | undefined;

  constructor(
    private readonly server: FhirServer,
    private readonly clock: { now(): number },
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /**
   * @param bundle a transaction whose every entry is put where it belongs: sent twice, it is there once
   * @throws DeliveryError DELIVERY_FHIR, DELIVERY_TOKEN
   */
  async post(bundle: object): Promise<void> {
    const body = JSON.stringify(bundle);
    let answer = await this.send(body);
    // The server may have ended a token before its time.
    if (answer.status === 401 && this.token) {
      this.token = undefined;
      answer = await this.send(body);
    }
    if (answer.status >= 200 && answer.status < 300) return;
    throw new DeliveryError("DELIVERY_FHIR", `${this.server.url} ${saidBy(answer)}`, isLater(answer.status));
  }

  private async send(body: string): Promise<Answer> {
    const { url, token } = this.server;
    const headers: Record<string, string> = {
      "content-type": "application/fhir+json",
      accept: "application/fhir+json",
      ...(token && { authorization: `Bearer ${await this.freshToken(token)}` }),
    };
    return this.ask("DELIVERY_FHIR", url, { method: "POST", headers, body });
  }

  private async freshToken({ url, clientId, clientSecret, scope }: NonNullable<FhirServer["token"]>) {
    if (this.token && this.clock.now() < this.token.until) return this.token.value;
    const credentials = [clientId, clientSecret].map(encodeURIComponent).join(":");
    const answer = await this.ask("DELIVERY_TOKEN", url, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: new URLSearchParams({ grant_type: "client_credentials", ...(scope && { scope }) }).toString(),
    });
    const said = parsed(answer.text);
    const value = said.access_token;
    // What a token's server says beside it may hold the secret: none of it is repeated.
    if (answer.status !== 200 || typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value))
      throw new DeliveryError(
        "DELIVERY_TOKEN",
        `${url} gave no token: it answered ${answer.status}. Check client id and secret`,
        isLater(answer.status),
      );
    const lastsMs = typeof said.expires_in === "number" ? said.expires_in * 1000 : TOKEN_MS;
    this.token = { value, until: this.clock.now() + lastsMs - MARGIN_MS };
    return value;
  }

  /** Follows nobody elsewhere: what is sent is for this server. */
  private async ask(code: string, url: string, request: RequestInit): Promise<Answer> {
    try {
      const signal = AbortSignal.timeout(this.timeoutMs);
      const response = await fetch(url, { ...request, redirect: "manual", signal });
      return { status: response.status, text: await beginningOf(response) };
    } catch (error) {
      const { name, cause, message } = error as Error;
      const why = name === "TimeoutError" ? "did not answer in time" : ((cause as Error)?.message ?? message);
      throw new DeliveryError(code, `${url}: ${why}`, true, { cause: error });
    }
  }
}

interface Answer {
  status: number;
  text: string;
}

async function beginningOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces).toString("utf8", 0, MAX_ANSWER_BYTES);
}

const isLater = (status: number) => status >= 500 || LATER.has(status);

function parsed(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown>) ?? {};
  } catch {
    return {};
  }
}

/** In an OperationOutcome's own words, where it is one. */
function saidBy({ status, text }: Answer): string {
  const { issue } = parsed(text) as { issue?: { diagnostics?: string; details?: { text?: string } }[] };
  const words = Array.isArray(issue)
    ? issue.map((one) => one?.diagnostics ?? one?.details?.text).find((one) => typeof one === "string")
    : undefined;
  const said = words?.replace(/[\p{C}\s]+/gu, " ").slice(0, MAX_SAID);
  const moved = status >= 300 && status < 400 ? "; it has moved: correct its address" : "";
  return `refused it with ${status}${said ? `: ${said}` : ""}${moved}`;
}
