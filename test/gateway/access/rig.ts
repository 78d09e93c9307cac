/** Page and API in a directory of their own, on a clock that a test moves, asked over fastify's own injection. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, InjectOptions } from "fastify";
import { openAccess } from "../../../gateway/access/database";
import { type PasswordRole, Passwords } from "../../../gateway/access/passwords";
import { makeServer, type WebPlace } from "../../../gateway/access/server";
import type { HealthView } from "../../../gateway/health/routes";
import type { RecordingInfo } from "../../../gateway/store/infos";

export const HOST = "127.0.0.1:8480";
export const ORIGIN = `http://${HOST}`;
export const OWN = "a1b2c3d4e5f60718";
export const OTHER = "ffeeddccbbaa9988";
export const PASSWORD = "correct horse battery";
export const VIEWER_PASSWORD = "only looking around";

/** What a browser holds of a session. */
export interface Badge {
  cookie: string;
  csrf: string;
}

export class AccessRig {
  readonly dataDir = mkdtempSync(join(tmpdir(), "avnode-access-"));
  now = Date.UTC(2026, 10, 24);
  healthy = true;
  app!: FastifyInstance;

  async open(place?: WebPlace, health?: HealthView): Promise<void> {
    const recording = (id: string) => {
      if (id === OWN || id === OTHER) return { id, samples: 7 } as RecordingInfo;
      throw Object.assign(new Error(`no recording ${id} here`), { code: "STORE_NOT_FOUND" });
    };
    this.app = await makeServer({
      dataDir: this.dataDir,
      place,
      hub: {
        health: { ok: this.healthy, forgotten: 0 },
        reader: { devices: () => [], recording },
      },
      health,
      clock: { now: () => this.now, after: () => () => {} },
    });
  }

  async close(): Promise<void> {
    await this.app?.close();
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
