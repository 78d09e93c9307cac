/** A real store with handhelds made by hand, behind the real API, asked as our own page asks. */
import type { FastifyInstance } from "fastify";
import { openAccess } from "../../../gateway/access/database";
import { Passwords } from "../../../gateway/access/passwords";
import type { SetupCode } from "../../../gateway/access/setupcode";
import { systemClock } from "../../../gateway/clock";
import type { NewestPulse } from "../../../gateway/findings/analyst";
import type { FreshBeats } from "../../../gateway/findings/follow";
import type { HealthView } from "../../../gateway/health/routes";
import type { ApiParts } from "../../../gateway/web/parts";
import { makeServer, type WebPlace } from "../../../gateway/web/server";
import { encodeData } from "../../../protocol/bodies";
import { encodeBlock } from "../../../protocol/codec/block";
import { FrameType } from "../../../protocol/header";
import type { Open } from "../../../protocol/open";
import { type Badge, cookiesOf, HOST, ORIGIN, PASSWORD, VIEWER_PASSWORD } from "../access/rig";
import type { Handheld, Made } from "../store/handheld";
import { Rig } from "../store/rig";

export const lead = (name: string) => ({ name, unit: "mV", gain: 200, baseline: 3, adcZero: 0 });

export class WebRig extends Rig {
  app!: FastifyInstance;
  owner!: Badge;
  /** Samples of a full block. */
  nominal = 64;
  /** Of an analysis under way, by recording. */
  readonly fresh = new Map<string, FreshBeats>();
  /** Of the newest seconds, by handheld. */
  readonly pulses = new Map<string, NewestPulse>();
  watcher: ApiParts["watcher"];

  async serve(health?: HealthView): Promise<void> {
    const db = openAccess(this.dataDir);
    await new Passwords(db, 4).set("owner", PASSWORD);
    await new Passwords(db, 4).set("viewer", VIEWER_PASSWORD);
    db.close();
    this.app = await makeServer({
      ...{ dataDir: this.dataDir, hub: this.store, health, clock: systemClock },
      freshBeats: (recording) => this.fresh.get(recording),
      pulse: (device) => this.pulses.get(device),
      watcher: this.watcher,
    });
    this.owner = await this.login(PASSWORD, "owner");
  }

  /** Without passwords, as a hub that is new. */
  async serveNew(setupCode: SetupCode, place?: WebPlace): Promise<void> {
    await this.app?.close();
    this.app = await makeServer({
      dataDir: this.dataDir,
      hub: this.store,
      clock: systemClock,
      setupCode,
      place,
    });
  }

  async login(password: string, role: "owner" | "viewer"): Promise<Badge> {
    const headers = { host: HOST, origin: ORIGIN };
    const payload = { password, role };
    const answer = await this.app.inject({ method: "POST", url: "/api/login", headers, payload });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    return { cookie: cookiesOf(answer), csrf: answer.json().csrf };
  }

  ask(
    method: "GET" | "POST" | "PUT" | "DELETE",
    url: string,
    payload?: object,
    more: Record<string, string> = {},
    badge = this.owner,
  ) {
    const changes = method !== "GET" && { origin: ORIGIN, "x-avnode-csrf": badge.csrf };
    const headers = { host: HOST, cookie: badge.cookie, ...changes, ...more };
    return this.app.inject({ method, url, payload, headers });
  }

  /** A recording of several leads, begun. */
  begin(handheld: Handheld, leads: string[], changes: Partial<Open> = {}): Made {
    return handheld.begin({ nominal: this.nominal, leads: leads.map(lead), ...changes });
  }

  /** One more block of it. @param at a later sample than the next: what lies between is not there */
  block(handheld: Handheld, made: Made, samples: number[][], at = made.samples): Uint8Array {
    const block = encodeBlock(
      samples.map((values) => Int32Array.from(values)),
      { leads: samples.length, bits: 16, nominal: this.nominal },
    );
    const frame = handheld.append(made, FrameType.data, encodeData({ firstSample: at, block }));
    made.samples = at + samples[0]!.length;
    return frame;
  }

  /** Somebody whose recording it is: of nobody's no link is made. @param name of her; the same one twice is refused */
  async give(recording: string, name = "Anna Weiss"): Promise<number> {
    const person = (await this.ask("POST", "/api/people", { name })).json().id;
    await this.ask("PUT", `/api/recordings/${recording}/person`, { person });
    return person;
  }

  /** Whole id of a handheld's recording. */
  idOf(handheld: Handheld, number: number): string {
    return this.store.reader.recording(`${handheld.hex}-${handheld.epoch}-${number}`).id;
  }

  async close(): Promise<void> {
    await this.app?.close();
    this.end();
  }
}
