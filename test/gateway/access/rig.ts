/** Page and API in a directory of their own, on a clock that a test moves, asked over fastify's own injection. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, InjectOptions } from "fastify";
import { openAccess } from "../../../gateway/access/database";
import { type PasswordRole, Passwords } from "../../../gateway/access/passwords";
import type { HealthView } from "../../../gateway/health/routes";
import { StoreError } from "../../../gateway/store/errors";
import { StoreEvents } from "../../../gateway/store/events";
import type { RecordingInfo } from "../../../gateway/store/infos";
import { silentLog } from "../../../gateway/store/log";
import { StoreReader } from "../../../gateway/store/reader";
import { Store } from "../../../gateway/store/store";
import { HUB_ACTIONS, type HubView } from "../../../gateway/web/parts";
import { makeServer, type WebPlace } from "../../../gateway/web/server";

export const HOST = "127.0.0.1:8480";
export const ORIGIN = `http://${HOST}`;
export const OWN = "a1b2c3d4e5f60718";
export const OTHER = "ffeeddccbbaa9988";
export const PASSWORD = "correct horse battery";
export const VIEWER_PASSWORD = "only looking around";

const RECORDING: Omit<RecordingInfo, "id"> = {
  device: "0011223344556677",
  epoch: 1,
  recording: 1,
  startMs: 0,
  trust: 0,
  frames: 1,
  holes: 0,
  samples: 7,
  dropped: 0,
  state: "closed",
  simulated: false,
  adopted: false,
  marks: 0,
  flags: [],
  person: "Anna",
};

/** What a browser holds of a session. */
export interface Badge {
  cookie: string;
  csrf: string;
}

/** A store that is new, seen without the one that would write to it. */
export function emptyHub(dataDir: string): HubView & { reader: StoreReader } {
  Store.open({ dataDir, kind: "home" }).close();
  const refuse = () => {
    throw new StoreError("STORE_NO_SESSION", "no handheld is connected");
  };
  return {
    health: { ok: true, forgotten: 0 },
    reader: StoreReader.open(dataDir),
    events: new StoreEvents(silentLog),
    ...refusing(refuse),
  };
}

/** A hub's actions, none of which is done. */
function refusing(refuse: () => never) {
  const actions = {} as Pick<HubView, (typeof HUB_ACTIONS)[number]>;
  for (const action of HUB_ACTIONS) actions[action] = refuse;
  return actions;
}

export class AccessRig {
  readonly dataDir = mkdtempSync(join(tmpdir(), "avnode-access-"));
  now = Date.UTC(2026, 10, 24);
  healthy = true;
  app!: FastifyInstance;
  private hub?: HubView & { reader: StoreReader };

  async open(place?: WebPlace, health?: HealthView): Promise<void> {
    this.hub ??= emptyHub(this.dataDir);
    this.hub.health.ok = this.healthy;
    this.hub.reader.recording = (id: string) => {
      if (id === OWN || id === OTHER) return { ...RECORDING, id };
      throw new StoreError("STORE_NOT_FOUND", `no recording ${id} here`);
    };
    this.hub.reader.personOf = () => ({ id: 1, name: "Anna" });
    this.hub.reader.overReads = () => [];
    this.app = await makeServer({
      dataDir: this.dataDir,
      place,
      hub: this.hub,
      health,
      clock: { now: () => this.now, after: () => () => {} },
    });
  }

  async close(): Promise<void> {
    await this.app?.close();
    this.hub?.reader.close();
    rmSync(this.dataDir, { recursive: true });
  }

  async setPassword(role: PasswordRole, password: string): Promise<void> {
    const db = openAccess(this.dataDir);
    await new Passwords(db, 4).set(role, password);
    db.close();
  }

  /** As our own page would, unless headers say otherwise. */
  ask(method: "GET" | "POST" | "DELETE" | "PUT", url: string, options: InjectOptions = {}) {
    const changes = method !== "GET";
    const headers = { host: HOST, ...(changes && { origin: ORIGIN }), ...options.headers };
    return this.app.inject({ method, url, ...options, headers });
  }

  login(payload: object, options: InjectOptions = {}) {
    return this.ask("POST", "/api/login", { payload, ...options });
  }

  /** @throws unless it is let in */
  async badge(password = PASSWORD, role: PasswordRole = "owner"): Promise<Badge> {
    const answer = await this.login({ password, role });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    return { cookie: cookiesOf(answer), csrf: answer.json().csrf };
  }

  with({ cookie, csrf }: Badge, method: "GET" | "POST" | "DELETE", url: string, payload?: object) {
    const headers = { cookie, ...(method !== "GET" && { "x-avnode-csrf": csrf }) };
    return this.ask(method, url, { headers, payload });
  }
}

/** What the browser would send back. */
export function cookiesOf(answer: { cookies: { name: string; value: string }[] }): string {
  return answer.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
}
