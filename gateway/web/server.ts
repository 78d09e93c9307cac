/** Page and API over HTTP: on loopback, and elsewhere only behind an owner's password. */
import type { AddressInfo, Server } from "node:net";
import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import { BackupRuns } from "../access/backupruns";
import { openAccess } from "../access/database";
import { Egress } from "../access/egress";
import { addGuard, answerError, Refused } from "../access/guard";
import { HEADERS } from "../access/headers";
import { Links } from "../access/links";
import { Passwords } from "../access/passwords";
import { Sessions } from "../access/sessions";
import { SetupCode } from "../access/setupcode";
import { SetupSteps } from "../access/setupsteps";
import { isLoopback, Throttle } from "../access/throttle";
import { type Clock, systemClock } from "../clock";
import { addHealth, type HealthView } from "../health/routes";
import { Tally } from "../mqtt/tally";
import { listenFault, listenOrElse } from "../ports";
import type { Way } from "../schema/delivery";
import { BINARY } from "../schema/endpoint";
import { codeOf, StoreError } from "../store/errors";
import { type Log, silentLog } from "../store/log";
import { Outbox } from "../store/outbox/outbox";
import { addApi } from "./api";
import { addFiles } from "./files";
import { addInstall } from "./install";
import type { ApiParts, HubView } from "./parts";

export const DEFAULT_WEB_PORT = 8480;
const DEFAULT_HOST = "127.0.0.1";
const MAX_BODY_BYTES = 16_384;
const MAX_HEADER_BYTES = 16_384;
const MAX_CONNECTIONS = 128;
/** One that opens more, and says nothing, must not shut the others out. */
const MAX_CONNECTIONS_OF_ADDRESS = 32;
const SILENCE_MS = 5000;
const LOOK_FOR_SILENCE_MS = 1000;
const MAX_PARAM_LENGTH = 64;
const REQUEST_MS = 10_000;
const IDLE_MS = 30_000;
/** Of one address, whatever it asks. */
const MAX_REQUESTS_A_MINUTE = 600;

export interface WebPlace {
  /** Without one 8480, or a free one where another program has that. */
  port?: number;
  host?: string;
  /** Names under which browsers reach it, beside addresses and localhost. */
  names?: string[];
  /** PEM; with both it speaks https. */
  cert?: string;
  key?: string;
}

export interface WebOptions {
  dataDir: string;
  place?: WebPlace;
  /** A relay alone has no store to show: then there is health, and no page. */
  hub?: HubView;
  /** Folder of the built page. */
  page?: string;
  /** For monitoring on this machine. */
  health?: HealthView;
  clock?: Clock;
  log?: Log;
  /** What the hub was configured to do. */
  configured?: Pick<ApiParts, "configFile" | "backup" | "runBackup" | "recentLog" | "media" | "outlets">;
  freshBeats?: ApiParts["freshBeats"];
  pulse?: ApiParts["pulse"];
  watcher?: ApiParts["watcher"];
  /** What the first owner has to show. */
  setupCode?: SetupCode;
}

export interface Web {
  address: string;
  port: number;
  /** The default port, where another program has it. */
  taken?: number;
  /** What the owner should know of it. */
  warning?: string;
  /** While there is no owner's password: the code for setting it. */
  setupCode?: string;
  stop(): Promise<void>;
}

function hasPassword(dataDir: string): boolean {
  const db = openAccess(dataDir);
  try {
    return new Passwords(db).has("owner");
  } finally {
    db.close();
  }
}

/** Whether this machine alone gets at it. */
function isOpen({ host = DEFAULT_HOST, names = [] }: WebPlace): boolean {
  return (host === "localhost" || isLoopback(host)) && names.length === 0;
}

/** For those beyond the limit; over TLS it could not be read. */
const TOO_MANY =
  "HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

function limitPerAddress(server: Server, scheme: "http" | "https"): void {
  const open = new Map<string, number>();
  server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? "";
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once("close", () => {
      const left = open.get(address)! - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
    if (count <= MAX_CONNECTIONS_OF_ADDRESS) return;
    if (scheme === "http") socket.write(TOO_MANY);
    socket.destroySoon();
  });
}

/** Everything but listening. The page adds its routes to it; rules.ts says who may call them. */
export async function makeServer(options: WebOptions): Promise<FastifyInstance> {
  const { dataDir, place = {}, hub, clock = systemClock, log = silentLog } = options;
  const { setupCode = new SetupCode() } = options;
  const { cert, key, names = [] } = place;
  const scheme = cert !== undefined ? "https" : "http";
  const prefix = scheme === "https" ? "__Host-avnode" : "avnode";
  const cookies = { session: `${prefix}-session`, browser: `${prefix}-browser` };
  const tally = new Tally("page", clock, log);
  const onDefect = (error: Error) =>
    log.error({ code: codeOf(error), error: error.stack }, "page: a request failed");

  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: SILENCE_MS,
    connectionsCheckingInterval: LOOK_FOR_SILENCE_MS,
  };
  const app = fastify({
    ...(cert === undefined
      ? { http: limits }
      : { https: { ...limits, cert, key, minVersion: "TLSv1.2", handshakeTimeout: SILENCE_MS } }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // What cannot be routed at all passes no hook.
    frameworkErrors: (error: FastifyError, _request: unknown, reply: FastifyReply) => {
      reply.headers(HEADERS);
      answerError(error, reply, onDefect);
    },
  } as object) as unknown as FastifyInstance;
  app.server.maxConnections = MAX_CONNECTIONS;
  limitPerAddress(app.server, scheme);
  // A form of another site can send the others without asking first.
  app.removeContentTypeParser("text/plain");
  app.addContentTypeParser(BINARY, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: Error, _request, reply) => answerError(error, reply, onDefect));

  const db = openAccess(dataDir);
  app.addHook("onClose", async () => void db.close());
  const outbox = hub && Outbox.open<Way>(dataDir, () => clock.now());
  app.addHook("onClose", async () => outbox?.close());
  const access = {
    passwords: new Passwords(db),
    sessions: new Sessions(db, clock),
    links: new Links(db, clock, (delivery) => outbox?.lasts(delivery) === true),
    throttle: new Throttle(clock),
    steps: new SetupSteps(db, clock),
    backupRuns: new BackupRuns(db),
    setupCode,
    egress: new Egress(db, clock),
  };
  await app.register(cookie);
  const open = isOpen(place);
  addGuard(app, { ...access, tally, scheme, names, sessionCookie: cookies.session, open });
  await app.register(rateLimit, {
    max: MAX_REQUESTS_A_MINUTE,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { after }) =>
      new Refused(429, "ACCESS_RATE", `too many requests; try again in ${after}`),
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async (_request, reply) =>
    reply.code(404).send({ code: "ACCESS_ROUTE", message: "there is nothing here" }),
  );
  if (options.health) addHealth(app, options.health);
  if (hub && options.page !== undefined) {
    await addFiles(app, options.page);
    if (scheme === "https") addInstall(app, options.page, hub.reader.kind);
  }
  if (hub && outbox)
    addApi(app, {
      ...access,
      ...{ dataDir, hub, outbox, tally, clock, log, scheme, cookies },
      status: options.health?.status,
      ...options.configured,
      freshBeats: options.freshBeats,
      pulse: options.pulse,
      watcher: options.watcher,
      open,
    });
  return app;
}

/** @throws ACCESS_* */
export async function startWeb(options: WebOptions): Promise<Web> {
  const { place = {}, setupCode = new SetupCode() } = options;
  const { host = DEFAULT_HOST } = place;
  const app = await makeServer({ ...options, setupCode });
  let taken: number | undefined;
  try {
    taken = await listenOrElse((one) => app.listen({ host, port: one }), place.port, DEFAULT_WEB_PORT);
  } catch (cause) {
    await app.close();
    const why = listenFault(cause as Error, host, place.port ?? DEFAULT_WEB_PORT, "web");
    throw new StoreError("ACCESS_LISTEN", `cannot open the page: ${why}`, { cause });
  }
  const { port } = app.server.address() as AddressInfo;
  const scheme = place.cert === undefined ? "http" : "https";
  const shown = host.includes(":") ? `[${host}]` : host;
  const warning =
    isLoopback(host) || host === "localhost" || scheme === "https"
      ? undefined
      : "passwords cross the network in the clear: give web.cert and web.key in --config FILE";
  return {
    address: `${scheme}://${shown}:${port}`,
    ...{ port, taken, warning },
    setupCode: hasPassword(options.dataDir) ? undefined : setupCode.text,
    stop: () => app.close(),
  };
}
