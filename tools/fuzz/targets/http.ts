/** Raw bytes to page and API: never a failure of the server, nothing given to strangers, and the next one is served. */
import { type Duplex, duplexPair } from "node:stream";
import type { FastifyInstance } from "fastify";
import { openAccess } from "../../../gateway/access/database";
import { Passwords } from "../../../gateway/access/passwords";
import { Sessions } from "../../../gateway/access/sessions";
import { csrfToken } from "../../../gateway/access/tokens";
import { systemClock } from "../../../gateway/clock";
import { StoreError } from "../../../gateway/store/errors";
import { StoreEvents } from "../../../gateway/store/events";
import { silentLog } from "../../../gateway/store/log";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { HUB_ACTIONS, type HubView } from "../../../gateway/web/parts";
import { makeServer } from "../../../gateway/web/server";
import type { Target } from "../target";
import { scratch } from "./scratch";

/** Stand in inputs for what is different in every process. */
const SESSION = "@SESSION";
const CSRF = "@CSRF";
const HEALTHY = '{"ok":true}';
/** What else anybody is told: that there is a password, and that it is no person's hub. */
const SET_UP = '{"password":true,"open":false,"demo":true}';

interface Served {
  app: FastifyInstance;
  session: string;
}

async function serve(): Promise<Served> {
  const dataDir = scratch();
  const db = openAccess(dataDir);
  await new Passwords(db).set("owner", "a password of the owner");
  const session = new Sessions(db, systemClock).open("owner").token;
  db.close();
  Store.open({ dataDir, kind: "demo" }).close();
  const refuse = () => {
    throw new StoreError("STORE_NO_SESSION", "no handheld is connected");
  };
  const actions = {} as Pick<HubView, (typeof HUB_ACTIONS)[number]>;
  for (const action of HUB_ACTIONS) actions[action] = refuse;
  const hub = {
    health: { ok: true, forgotten: 0 },
    reader: StoreReader.open(dataDir),
    events: new StoreEvents(silentLog),
    ...actions,
  };
  const app = await makeServer({ dataDir, hub });
  await app.ready();
  return { app, session };
}

let running: Promise<Served> | undefined;
let connections = 0;

/** @returns what is answered until there is nothing to do any more */
function talk(app: FastifyInstance, bytes: Uint8Array): { stream: Duplex; answer(): string } {
  const [near, far] = duplexPair();
  // Each from an address of its own, or all but the first are told to come back later.
  const n = ++connections;
  const address = `10.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
  Object.assign(far, { remoteAddress: address });
  app.server.emit("connection", far);
  let text = "";
  near.on("data", (piece: Buffer) => {
    text += piece.toString("latin1");
  });
  for (const end of [near, far]) end.on("error", () => undefined);
  near.on("close", () => far.destroy());
  near.write(bytes);
  return { stream: near, answer: () => text };
}

async function until(done: () => boolean, turns: number): Promise<void> {
  for (let i = 0; i < turns && !done(); i++) await new Promise((next) => setImmediate(next));
}

const request = (line: string, headers: string[] = [], body = "") =>
  Buffer.from([`${line} HTTP/1.1`, "Host: localhost", ...headers, "", body].join("\r\n"), "latin1");
const cookie = `Cookie: avnode-session=${SESSION}`;
const json = "Content-Type: application/json";
const login = '{"password":"x","role":"owner"}';
const first = '{"code":"AAAAA-BBBBB","password":"ten letters"}';
const person = '{"name":"Anna","birthDate":"1941-03-07"}';
const link = '{"recording":"7","hours":1,"label":"Dr"}';

const http: Target = {
  name: "http",
  seeds: () => [
    request("GET /healthz"),
    request(
      "POST /api/login",
      [json, `Content-Length: ${login.length}`, "Sec-Fetch-Site: same-origin"],
      login,
    ),
    request("POST /api/login", [json, "Transfer-Encoding: chunked"], "3\r\n{}\n\r\n0\r\n\r\n"),
    request("GET /api/session", [cookie]),
    request("GET /api/status", [cookie, "Authorization: Bearer x"]),
    request("GET /api/recordings/7?x=%00", [cookie]),
    request("GET /api/recordings?limit=5&after=7", [cookie]),
    request("GET /api/recordings/7/signal?lead=0&from=0&to=9&step=64", [cookie, "Range: bytes=0-3"]),
    request("GET /api/live?handheld=0011223344556677", [cookie, "Last-Event-ID: 1-2"]),
    request("GET /api/link", ["Authorization: Bearer 0123456789abcdef"]),
    request(
      "POST /api/links",
      [cookie, json, `X-Avnode-Csrf: ${CSRF}`, `Content-Length: ${link.length}`],
      link,
    ),
    request("DELETE /api/links/1", [cookie, `X-Avnode-Csrf: ${CSRF}`]),
    request("POST /api/logout", ["Cookie: avnode-session=x", "Origin: http://elsewhere.example"]),
    request("GET /api/setup"),
    request("POST /api/setup/password", [json, `Content-Length: ${first.length}`], first),
    request(
      "POST /api/people",
      [cookie, json, `X-Avnode-Csrf: ${CSRF}`, `Content-Length: ${person.length}`],
      person,
    ),
    request("GET /api/egress?limit=5&before=9", [cookie]),
    request("GET /api/claims/1", [cookie]),
    request("OPTIONS *", ["Expect: 100-continue", "Upgrade: websocket", "Connection: Upgrade"]),
    Buffer.from("GET /healthz HTTP/1.0\r\n\r\nGET http://x/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  ],
  words: [
    "\r\n",
    "%2e%2e/",
    "%00",
    "%ff",
    "//",
    "?",
    "#",
    "HTTP/1.1",
    "HEAD ",
    "{}",
    "[1]",
    '"__proto__":',
    "; ",
    ",",
  ],
  maxBytes: 2000,
  codes: /^(?!)/,
  async run(bytes) {
    running ??= serve();
    const { app, session } = await running;
    const asked = Buffer.from(bytes).toString("latin1");
    const isOwner = asked.includes(SESSION);
    // Whoever logs out would be a stranger from then on.
    if (isOwner && asked.includes("logout")) return false;
    const sent = asked.replaceAll(SESSION, session).replaceAll(CSRF, csrfToken(session));
    const { stream, answer } = talk(app, Buffer.from(sent, "latin1"));
    await until(() => answer() !== "", 8);
    const statuses = [...answer().matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
    const failed = statuses.find((status) => status >= 500);
    if (failed !== undefined) throw new Error(`is answered with ${failed}: ${answer().slice(-200)}`);
    const given = statuses.some((status) => status >= 200 && status < 300);
    if (given && !isOwner && ![HEALTHY, SET_UP].some((known) => answer().includes(known)))
      throw new Error(`a stranger is given ${answer()}`);
    const probe = talk(app, request("GET /healthz"));
    await until(() => probe.answer().includes(HEALTHY), Number.POSITIVE_INFINITY);
    stream.destroy();
    probe.stream.destroy();
    return given;
  },
};

export const https: Target[] = [http];
