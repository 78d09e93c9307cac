/** The routes: logging in and out, the hub's state, a recording, links. Who may call each stands in rules.ts. */
import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Tally } from "../mqtt/tally";
import type { Health } from "../store/commit";
import type { StoreReader } from "../store/reader";
import { Refused } from "./guard";
import { type Links, MAX_LINK_HOURS } from "./links";
import type { PasswordRole, Passwords } from "./passwords";
import { BROWSER_MS, LIFE_MS, type Sessions } from "./sessions";
import { isLoopback, type Throttle } from "./throttle";
import { csrfToken } from "./tokens";

/** What the page shows of the store. */
export interface HubView {
  readonly health: Health;
  readonly reader: Pick<StoreReader, "devices" | "recording">;
}

export interface ApiOptions {
  hub: HubView;
  passwords: Passwords;
  sessions: Sessions;
  links: Links;
  throttle: Throttle;
  tally: Tally;
  scheme: "http" | "https";
  cookies: { session: string; browser: string };
  /** Whoever is on this machine is the owner until there is a password: bound to loopback, under no name. */
  open: boolean;
}

const LOGIN = {
  type: "object",
  additionalProperties: false,
  properties: {
    password: { type: "string", maxLength: 4096 },
    role: { enum: ["owner", "viewer"] },
  },
};
const LINK = {
  type: "object",
  additionalProperties: false,
  required: ["recording", "hours"],
  properties: {
    recording: { type: "string", maxLength: 64 },
    hours: { type: "number", exclusiveMinimum: 0, maximum: MAX_LINK_HOURS },
    label: { type: "string", maxLength: 100 },
  },
};

export function addApi(app: FastifyInstance, options: ApiOptions): void {
  const { hub, links, sessions } = options;

  app.get("/healthz", async (_request, reply) => {
    const { ok } = hub.health;
    return reply.code(ok ? 200 : 503).send({ ok });
  });

  app.post("/api/login", { schema: { body: LOGIN } }, (request, reply) => login(request, reply, options));

  app.post("/api/logout", async (request, reply) => {
    sessions.close(request.asker!.session!.token);
    return reply.clearCookie(options.cookies.session, cookieOptions(options, 0)).send({});
  });

  app.get("/api/session", async (request) => {
    const { role, token } = request.asker!.session!;
    return { role, csrf: csrfToken(token) };
  });

  app.get("/api/status", async () => {
    const devices = hub.reader.devices();
    const sum = (of: (device: (typeof devices)[number]) => number) =>
      devices.reduce((total, device) => total + of(device), 0);
    return {
      health: hub.health,
      handhelds: devices.length,
      recordings: sum(({ recordings }) => recordings),
      backlog: sum(({ status }) => status?.backlog ?? 0),
    };
  });

  app.get<{ Params: { id: string } }>("/api/recordings/:id", async (request) =>
    hub.reader.recording(request.params.id),
  );

  app.get("/api/link", async (request) => {
    const { recording, expiresAt } = request.asker!.link!;
    return { recording, expiresAt };
  });

  app.get("/api/links", async () => ({ links: links.list() }));

  app.post<{ Body: { recording: string; hours: number; label?: string } }>(
    "/api/links",
    { schema: { body: LINK } },
    async (request, reply) => {
      const { recording, hours, label } = request.body;
      const { token, ...link } = links.make(hub.reader.recording(recording).id, hours, label);
      // Behind the #, where no server, proxy or log on the way sees it.
      const address = `${options.scheme}://${request.headers.host}/link#${token}`;
      return reply.code(201).send({ ...link, address });
    },
  );

  app.delete<{ Params: { id: string } }>("/api/links/:id", async (request) => {
    if (links.revoke(request.params.id)) return {};
    throw new Refused(404, "ACCESS_LINK", "there is no such link; it may have expired");
  });
}

async function login(request: FastifyRequest, reply: FastifyReply, options: ApiOptions) {
  const { passwords, sessions, throttle, tally, cookies } = options;
  const { password, role = "owner" } = request.body as { password?: string; role?: PasswordRole };
  const address = request.socket.remoteAddress ?? "";
  const browser = sessions.browser(request.cookies[cookies.browser]);
  if (passwords.has("owner")) {
    const waitMs = throttle.admit(address, browser);
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
    throttle.failed(address, browser);
    if (password === undefined || !(await passwords.verify(role, password))) {
      tally.count("login", "refused a password");
      throw new Refused(401, "ACCESS_LOGIN", "the password is wrong");
    }
    throttle.succeeded(address, browser);
  } else if (!options.open || !isLoopback(address) || role !== "owner")
    throw new Refused(
      403,
      "ACCESS_NO_PASSWORD",
      "there is no such password; run 'avnode password' on the hub",
    );
  sessions.close(request.cookies[cookies.session]);
  const session = sessions.open(role);
  reply.setCookie(cookies.session, session.token, cookieOptions(options, LIFE_MS));
  if (!browser && passwords.has("owner"))
    reply.setCookie(cookies.browser, sessions.knowBrowser(role), cookieOptions(options, BROWSER_MS));
  return { role, csrf: csrfToken(session.token) };
}

function cookieOptions({ scheme }: ApiOptions, lifeMs: number): CookieSerializeOptions {
  return {
    httpOnly: true,
    sameSite: "strict",
    secure: scheme === "https",
    path: "/",
    maxAge: Math.floor(lifeMs / 1000),
  };
}
