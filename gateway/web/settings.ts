/** Settings: those of the configuration file that an owner changes from the page. */
import { accessSync, constants, existsSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import type { FastifyInstance } from "fastify";
import { Refused } from "../access/guard";
import { ConfigError } from "../config/config";
import { defaultConfigFile, readSettings, writeSettings } from "../config/settings";
import * as schema from "../schema/settings";
import type { ApiParts } from "./parts";
import { addRoute } from "./route";

export function addSettings(app: FastifyInstance, { dataDir, configFile }: ApiParts): void {
  const file = configFile ?? defaultConfigFile(dataDir);
  const inForce = textOf(settingsIn(file));

  const answer = () => {
    const settings = settingsIn(file);
    return { settings, file, writable: isWritable(file), pending: textOf(settings) !== inForce };
  };

  addRoute(app, schema.settings, answer);

  addRoute(app, schema.changeSettings, ({ body }) => {
    const dir = body.backup?.dir;
    // Where it would lead to is for whoever starts the hub, and no place to point at from here.
    if (dir !== undefined && dir !== settingsIn(file).backup?.dir && !isAbsolute(dir))
      throw new Refused(400, "WEB_BACKUP_DIR", `${dir} is no whole path: let it begin with /`);
    try {
      writeSettings(file, body);
    } catch (error) {
      if (error instanceof ConfigError) throw new Refused(409, "WEB_SETTINGS", error.message);
      throw error;
    }
    return answer();
  });
}

/** Of a file that somebody broke since the start: none. */
function settingsIn(file: string): schema.Settings {
  try {
    return readSettings(file);
  } catch {
    return {};
  }
}

function textOf(settings: schema.Settings): string {
  return JSON.stringify(schema.heldSettingsSchema.parse(settings));
}

function isWritable(file: string): boolean {
  try {
    // It is replaced, so that its folder counts.
    accessSync(dirname(file), constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
