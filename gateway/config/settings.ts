/** What an owner changes of the configuration file from the page: its other lines, and its comments, stay. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Document, isMap, parseDocument } from "yaml";
import { type Config, ConfigError, parseConfig, readConfig } from "./config";

export type Settings = Pick<Config, "name" | "logLevel" | "backup"> & {
  homeAssistant?: Omit<NonNullable<Config["homeAssistant"]>, "prefix">;
};

/** Of a hub that was not told of one by --config: it need not be there. */
export function defaultConfigFile(dataDir: string): string {
  return join(dataDir, "config.yaml");
}

/** @throws ConfigError */
export function readSettings(file: string): Settings {
  const { name, logLevel, backup, homeAssistant } = existsSync(file) ? readConfig(file) : ({} as Config);
  const { discovery, values } = homeAssistant ?? {};
  return {
    ...{ name, logLevel, backup },
    homeAssistant: discovery === undefined ? undefined : { discovery, values },
  };
}

/**
 * Whole or not at all, with the mode of the file that it replaces.
 * @throws ConfigError for what would not be read again, or a place where nothing can be written
 */
export function writeSettings(file: string, settings: Settings): void {
  const there = existsSync(file);
  // Itself, where its name is a link.
  const path = there ? realpathSync(file) : file;
  const document: Document = parseDocument(there ? readFileSync(path, "utf8") : "");
  if (!isMap(document.contents)) document.contents = document.createNode({});
  for (const key of ["name", "logLevel", "backup"] as const) {
    if (settings[key] === undefined || settings[key] === "") document.delete(key);
    else document.set(key, document.createNode(settings[key]));
  }
  const { homeAssistant } = settings;
  if (!homeAssistant) document.delete("homeAssistant");
  else {
    // Its prefix is not for this page to lose.
    if (!isMap(document.get("homeAssistant"))) document.set("homeAssistant", document.createNode({}));
    for (const key of ["discovery", "values"] as const) {
      if (homeAssistant[key] === undefined) document.deleteIn(["homeAssistant", key]);
      else document.setIn(["homeAssistant", key], homeAssistant[key]);
    }
  }
  const text = document.toString();
  parseConfig(text, basename(path));
  try {
    replace(path, text, there ? statSync(path).mode & 0o777 : 0o600);
  } catch (error) {
    throw new ConfigError(
      `cannot write ${file}: ${(error as Error).message}; change it by hand, or let the hub write there`,
    );
  }
}

function replace(path: string, text: string, mode: number): void {
  const unfinished = join(dirname(path), `.${basename(path)}.part`);
  const file = openSync(unfinished, "w", mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
    renameSync(unfinished, path);
  } finally {
    closeSync(file);
    rmSync(unfinished, { force: true });
  }
}
