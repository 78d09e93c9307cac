/** What every request passes before anything answers it: host, origin, who it is, whether it may. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Tally } from "../mqtt/tally";
import { StoreError } from "../store/errors";
import { HEADERS, isElsewhere, isLoopbackHost, isOurHost, isOurPage, PROXY_HEADERS } from "./headers";
import type { Link, Links } from "./links";
import type { Passwords } from "./passwords";
import { type Caller, ruleOf } from "./rules";
import type { Session, Sessions } from "./sessions";
import { isLoopback } from "./throttle";
import { csrfToken, sameText } from "./tokens";

export const CSRF_HEADER = "x-avnode-csrf";

/** Who asks. */
export interface Asker {
  role: Caller;
  session?: Session;
  link?: Link;
}

declare module "fastify" {
  interface FastifyRequest {
    asker?: Asker;
  }
}

/** An answer that is a refusal. */
export class Refused extends Error {
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface GuardOptions {
  sessions: Sessions;
  links: Links;
  tally: Tally;
  scheme: "http" | "https";
  names: readonly string[];
  sessionCookie: string;
  /** Whoever is on this machine is let in until there is a password. */
  open: boolean;
  passwords: Pick<Passwords, "has">;
}

/** To be added after cookies are parsed and before any route. */
export function addGuard(app: FastifyInstance, options: GuardOptions): void {
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat())
      if (ruleOf(each, url) === undefined)
        throw new StoreError(
          "ACCESS_RULE",
          `${each} ${url} cannot be registered: nobody said who may call it. Write it into gateway/access/rules.ts`,
        );
  });
  app.decorateRequest("asker", undefined);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    admit(request, options);
  });
}

function admit(request: FastifyRequest, options: GuardOptions): void {
  const { headers, method } = request;
  const refusal = (status: number, kind: string, message: string): Refused => {
    options.tally.count(kind, `refused a request: ${kind}`);
    return new Refused(status, `ACCESS_${kind.toUpperCase().replaceAll("-", "_")}`, message);
  };
  if (!isOurHost(headers.host, options.names))
    throw refusal(421, "host", "this hub is not known by that name; if it is yours, write it into web.names");
  if (request.is404) return;
  const rule = ruleOf(method, request.routeOptions.url);
  const changes = method !== "GET" && method !== "HEAD";
  if (
    changes ? !isOurPage(headers, options.scheme) : rule !== "anyone" && isElsewhere(headers, options.scheme)
  )
    throw refusal(403, "cross-site", "only this hub's own page may ask this");
  if (rule === "anyone") return;
  if (rule === "this machine") {
    if (isHere(request)) return;
    throw refusal(403, "elsewhere", "this is told on the hub's own machine alone");
  }
  // Sessions and links of a time when this machine alone was let in open nothing to the network.
  if (!options.open && !options.passwords.has("owner"))
    throw refusal(403, "setup", "the owner has set no password yet: open this hub's page and set it up");
  const asker = askerOf(request, options);
  if (!asker)
    throw headers.authorization === undefined
      ? refusal(401, "session", "nobody is logged in; log in first")
      : refusal(401, "link", "this link is none, has expired or was revoked; ask for a new one");
  if (rule === undefined || !rule.includes(asker.role))
    throw refusal(403, "role", `a ${asker.role} may not do this`);
  const { id } = request.params as { id?: string };
  if (asker.link && id !== undefined && id !== asker.link.recording)
    throw refusal(404, "other-recording", "this link opens no such recording");
  // A link's token is no cookie: no browser sends it along by itself.
  if (changes && !asker.link && !hasCsrf(request, asker))
    throw refusal(403, "csrf", `send along the ${CSRF_HEADER} that logging in answered with`);
  request.asker = asker;
}

/** What a proxy on this machine would pass on comes from here, too: known by what it adds, or by the name it was asked under. */
export function isHere({ socket, headers }: FastifyRequest): boolean {
  return (
    isLoopback(socket.remoteAddress ?? "") &&
    isLoopbackHost(headers.host) &&
    !PROXY_HEADERS.some((name) => headers[name] !== undefined)
  );
}

/** A link's token stands in the address's fragment, which browsers do not send: the page puts it into this header. */
function askerOf(
  request: FastifyRequest,
  { sessions, links, sessionCookie }: GuardOptions,
): Asker | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const link = links.find(/^Bearer ([\w-]{1,64})$/.exec(authorization)?.[1]);
    return link && { role: "clinician", link };
  }
  const session = sessions.find(request.cookies[sessionCookie]);
  return session && { role: session.role, session };
}

function hasCsrf(request: FastifyRequest, { session }: Asker): boolean {
  const sent = request.headers[CSRF_HEADER];
  return session !== undefined && typeof sent === "string" && sameText(sent, csrfToken(session.token));
}

/** Of the store's errors that are answers; of any other the log is told. */
const STATUS_OF: Record<string, number> = {
  STORE_NOT_FOUND: 404,
  STORE_UNKNOWN_DEVICE: 404,
  STORE_AMBIGUOUS: 409,
  STORE_AMBIGUOUS_DEVICE: 409,
  STORE_NO_SESSION: 409,
  STORE_NO_OPEN: 409,
  STORE_ERASED: 410,
  DEVICE_NAME: 400,
  STORE_ALTERED: 409,
  STORE_LAYERS: 409,
  PERSON_NAME: 409,
  PERSON_MANY: 409,
  PERSON_UNKNOWN: 404,
  ACCESS_LINKS: 409,
  ACCESS_PASSWORD: 400,
  ACCESS_PASSWORD_SET: 409,
};

/** Of what somebody typed or showed. */
const TYPED = /^CLAIM_CODE_/;

/** Errors as every route answers them; what is ours to repair is told to the log alone. */
export function answerError(
  error: Error & { code?: string; statusCode?: number },
  reply: FastifyReply,
  onDefect: (error: Error) => void,
): FastifyReply {
  const known = STATUS_OF[error.code ?? ""] ?? (TYPED.test(error.code ?? "") ? 400 : undefined);
  const status = known ?? error.statusCode ?? 500;
  if (status >= 500 && !(error instanceof Refused)) {
    onDefect(error);
    return reply.code(500).send({ code: "ACCESS_DEFECT", message: "the hub failed; its log says why" });
  }
  return reply.code(status).send({ code: error.code ?? "ACCESS_REQUEST", message: error.message });
}
