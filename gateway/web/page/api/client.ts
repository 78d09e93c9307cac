/** Asks the hub: each request and answer is of the schemas that the server holds to, too. */
import type { z } from "zod";
import { problemSchema } from "../../../schema/common";
import { type Answer, BINARY, type Endpoint } from "../../../schema/endpoint";

type In<T> = T extends z.ZodType ? z.input<T> : T extends typeof BINARY ? Uint8Array<ArrayBuffer> : undefined;
export interface Input<E extends Endpoint> {
  params?: In<E["params"]>;
  query?: In<E["query"]>;
  body?: In<E["body"]>;
}

/** The hub said no. `code` is stable, `message` is in the hub's words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Other refusals of the same status are of a password. */
const ENDED: ReadonlySet<string> = new Set(["ACCESS_SESSION", "ACCESS_LINK"]);

export class Api {
  /** Of the session: goes along with whatever changes something. */
  csrf: string | undefined;
  /** A clinician's link, in whose place no session stands. */
  link: string | undefined;

  /** Told when the hub says that the session, or the link, is none any more. */
  ended: () => void = () => {};

  constructor(private readonly fetch: typeof globalThis.fetch = (...all) => globalThis.fetch(...all)) {}

  /** @throws ApiError, TypeError when the hub does not answer, ZodError when it is not our hub */
  async ask<E extends Endpoint>(endpoint: E, input: Input<E> = {}, signal?: AbortSignal): Promise<Answer<E>> {
    const { answer } = endpoint;
    const response = await this.send(endpoint, input, signal);
    if (typeof answer === "string") throw new TypeError(`${endpoint.path} answers no JSON`);
    return answer.parse(await response.json()) as Answer<E>;
  }

  /** The answer as it is: for those that are no JSON. @throws as `ask` */
  async send<E extends Endpoint>(
    { method, path }: E,
    { params, query, body }: Input<E>,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { csrf } = this;
    const bytes = body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : undefined;
    const response = await this.fetch(addressOf(path, params as Texts, query as Texts), {
      method,
      signal,
      headers: {
        ...(body !== undefined && { "content-type": bytes ? BINARY : "application/json" }),
        ...(this.link !== undefined && { authorization: `Bearer ${this.link}` }),
        ...(method !== "GET" && csrf !== undefined && { "x-avnode-csrf": csrf }),
      },
      body: bytes ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    if (response.ok) return response;
    const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
    const { code, message } = problem.data ?? { code: "WEB_STATUS", message: response.statusText };
    // What was asked before somebody logged in again says nothing of the new session.
    if (response.status === 401 && ENDED.has(code) && csrf === this.csrf) this.ended();
    throw new ApiError(response.status, code, message);
  }
}

type Texts = Record<string, string | undefined> | undefined;

export function addressOf(path: string, params?: Texts, query?: Texts): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params?.[name] ?? ""));
  const known = Object.entries(query ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return known.length === 0 ? filled : `${filled}?${new URLSearchParams(known)}`;
}
