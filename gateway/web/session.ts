/** Logging in and out. */
import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isHere, Refused } from "../access/guard";
import type { PasswordRole } from "../access/passwords";
import { BROWSER_MS, LIFE_MS } from "../access/sessions";
import type { Secret } from "../access/throttle";
import { csrfToken } from "../access/tokens";
import type { Asked } from "../schema/endpoint";
import * as schema from "../schema/session";
import { type ApiParts, isDemo } from "./parts";
import { addRoute } from "./route";

export function addSession(app: FastifyInstance, parts: ApiParts): void {
  const { sessions, cookies } = parts;

  addRoute(app, schema.login, ({ body }, request, reply) => login(body, request, reply, parts));

  addRoute(app, schema.logout, (_asked, request, reply) => {
    sessions.close(request.asker!.session!.token);
    reply.clearCookie(cookies.session, cookieOptions(parts, 0));
    return {};
  });

  addRoute(app, schema.session, (_asked, request) => {
    const { role, token } = request.asker!.session!;
    return { role, csrf: csrfToken(token), demo: isDemo(parts) };
  });
}

async function login(
  { password, role = "owner" }: Asked<typeof schema.login>["body"],
  request: FastifyRequest,
  reply: FastifyReply,
  options: ApiParts,
) {
  const { passwords } = options;
  if (passwords.has("owner")) {
    await guessed(role, request, reply, options, async () => {
      if (password === undefined || !(await passwords.verify(role, password))) {
        options.tally.count("login", "refused a password");
        throw new Refused(401, "ACCESS_LOGIN", "the password is wrong");
      }
    });
  } else if (!options.open || !isHere(request) || role !== "owner")
    throw new Refused(
      403,
      "ACCESS_NO_PASSWORD",
      "there is no such password; run 'avnode password' on the hub",
    );
  return letIn(role, request, reply, options);
}

/** Opens a session in place of the browser's one before. */
export function letIn(role: PasswordRole, request: FastifyRequest, reply: FastifyReply, parts: ApiParts) {
  const { passwords, sessions, cookies } = parts;
  sessions.close(request.cookies[cookies.session]);
  const session = sessions.open(role);
  reply.setCookie(cookies.session, session.token, cookieOptions(parts, LIFE_MS));
  if (!sessions.browser(request.cookies[cookies.browser], role) && passwords.has("owner"))
    reply.setCookie(cookies.browser, sessions.knowBrowser(role), cookieOptions(parts, BROWSER_MS));
  return { role, csrf: csrfToken(session.token), demo: isDemo(parts) };
}

/** Whatever could be guessed, slowly. @param check throws what refuses it */
export async function guessed(
  secret: Secret,
  request: FastifyRequest,
  reply: FastifyReply,
  { sessions, throttle, tally, cookies }: ApiParts,
  check: () => Promise<void>,
): Promise<void> {
  const address = request.socket.remoteAddress ?? "";
  const browser = sessions.browser(request.cookies[cookies.browser], secret === "viewer" ? secret : "owner");
  const waitMs = throttle.admit(secret, address, browser);
  if (waitMs > 0) {
    tally.count("login-slowed", "slowed down a login");
    reply.header("retry-after", String(Math.ceil(waitMs / 1000)));
    throw new Refused(
      429,
      "ACCESS_SLOWED",
      `too many wrong passwords; try again in ${Math.ceil(waitMs / 1000)} s`,
    );
  }
  // Until it proves right: attempts at one time are as many failures.
  throttle.failed(secret, address, browser);
  await check();
  throttle.succeeded(secret, address, browser);
}

function cookieOptions({ scheme }: ApiParts, lifeMs: number): CookieSerializeOptions {
  return {
    httpOnly: true,
    sameSite: "strict",
    secure: scheme === "https",
    path: "/",
    maxAge: Math.floor(lifeMs / 1000),
  };
}
