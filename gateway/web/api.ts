/** The API: every route of schema/endpoints.ts, each resource in a file of its own. */
import type { FastifyInstance } from "fastify";
import { addDevices } from "./devices";
import { addHub } from "./hub";
import { addLinks } from "./links";
import type { ApiParts } from "./parts";
import { addRecordings } from "./recordings";
import { addSession } from "./session";

export function addApi(app: FastifyInstance, parts: ApiParts): void {
  addHub(app, parts);
  addSession(app, parts);
  addLinks(app, parts);
  addDevices(app, parts);
  addRecordings(app, parts);
}
