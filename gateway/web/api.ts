/** The API: every route of schema/endpoints.ts, each resource in a file of its own. */
import type { FastifyInstance } from "fastify";
import { Pyramids } from "../pyramid/pyramids";
import { addBackups } from "./backups";
import { addBeats } from "./beats";
import { addClaims } from "./claims";
import { addDevices } from "./devices";
import { addDiagnostics } from "./diagnostics";
import { addEgress } from "./egress";
import { addExports } from "./exports";
import { addFindings } from "./findings";
import { addHub } from "./hub";
import { addLinks } from "./links";
import { addLive } from "./live/live";
import { addOverReads } from "./overreads";
import type { ApiParts } from "./parts";
import { addPeople } from "./people";
import { addRecordings } from "./recordings";
import { addSession } from "./session";
import { addSettings } from "./settings";
import { addSetup } from "./setup";
import { addSignal } from "./signal";
import { addWhereabouts } from "./whereabouts";

export function addApi(app: FastifyInstance, parts: ApiParts): void {
  addHub(app, parts);
  addSetup(app, parts);
  addSession(app, parts);
  addLinks(app, parts);
  addDevices(app, parts);
  addClaims(app, parts);
  addPeople(app, parts);
  addRecordings(app, parts);
  addOverReads(app, parts);
  addFindings(app, parts);
  addBeats(app, parts);
  addExports(app, parts);
  addEgress(app, parts);
  addWhereabouts(app, parts);
  addDiagnostics(app, parts);
  addBackups(app, parts);
  addSettings(app, parts);
  const { hub, dataDir, clock, log } = parts;
  const pyramids = new Pyramids({ reader: hub.reader, events: hub.events, dataDir, clock, log });
  app.addHook("onClose", async () => pyramids.close());
  addSignal(app, parts, pyramids);
  addLive(app, parts);
}
