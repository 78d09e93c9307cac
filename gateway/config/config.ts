/** The optional configuration file. None is needed. */
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { PREFIX_PATTERN } from "../homeassistant/topics";
import { nearest } from "./nearest";

const MAX_BYTES = 65536;

const text = z.string().min(1);
const port = z.number().int().min(0).max(65535);
const schema = z.strictObject({
  /** What the hub calls itself in its log. */
  name: text.optional(),
  dataDir: text.optional(),
  logLevel: z.enum(["debug", "info", "warn", "error"]).optional(),
  broker: z
    .strictObject({
      /** Of the embedded broker. */
      port: port.optional(),
      host: text.optional(),
      /** Of a broker elsewhere, with what it wants to know; the last three are PEM files. */
      url: z
        .string()
        .regex(/^(mqtts?|wss?):\/\/[^\s/]+/, "expected a URL like mqtts://broker.home:8883")
        .optional(),
      username: text.optional(),
      password: text.optional(),
      ca: text.optional(),
      cert: text.optional(),
      key: text.optional(),
    })
    .optional(),
  radio: z
    .strictObject({
      /** False for a hub whose relays are elsewhere. */
      enabled: z.boolean().optional(),
      /** Every adapter of the machine by default. */
      adapters: z
        .array(
          z
            .string()
            .regex(/^(hci\d{1,3}|unix:\/[^\s#]{1,100}(#[0-9a-f:]{17})?)$/, "expected adapters like hci0"),
        )
        .min(1)
        .max(16)
        .optional(),
      /** They belong to the hub alone: HCI_CHANNEL_USER, past the kernel's own Bluetooth. */
      exclusive: z.boolean().optional(),
    })
    .optional(),
  web: z
    .strictObject({
      port: port.optional(),
      host: text.optional(),
      /** Host names under which browsers reach it, beside addresses and localhost. */
      names: z
        .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "expected host names like hub.local"))
        .max(16)
        .optional(),
      /** PEM files; with them it speaks https. */
      cert: text.optional(),
      key: text.optional(),
    })
    .optional(),
  /** Where the hub backs up to by itself, and how often. The first run there is by hand. */
  backup: z.strictObject({ dir: text, everyHours: z.number().min(0.25).max(720) }).optional(),
  /** Where mirrors reach this hub, once one is invited; every address by default. */
  mirror: z
    .strictObject({ host: text.optional(), port: z.number().int().min(1).max(65535).optional() })
    .optional(),
  /** Handhelds as devices of Home Assistant. */
  homeAssistant: z
    .strictObject({
      discovery: z.boolean(),
      /** Heart rate, rhythm and the last finding too: health data, in clear to whoever may read that broker. */
      values: z.boolean().optional(),
      /** Of its discovery topics. */
      prefix: z
        .string()
        .max(128)
        .regex(PREFIX_PATTERN, "expected a topic like homeassistant, and not avnode's own")
        .optional(),
    })
    .optional(),
});

export type Config = z.infer<typeof schema>;

/** One line that names file, line and key, and says what to do. */
export class ConfigError extends Error {
  readonly code = "CONFIG";
}

/** @throws ConfigError */
export function readConfig(file: string): Config {
  let source: string;
  let mode: number;
  try {
    const { size, mode: bits } = statSync(file);
    if (size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    mode = bits;
    source = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${(error as Error).message}; check the name after --config`);
  }
  const config = parseConfig(source, basename(file));
  if (config.broker?.password !== undefined && (mode & 0o077) !== 0)
    throw new ConfigError(
      `${file} holds broker.password and can be read by others on this machine; run: chmod 600 ${file}`,
    );
  return config;
}

/** @param file as errors name it; @throws ConfigError */
export function parseConfig(source: string, file: string): Config {
  const lines = new LineCounter();
  // What the library would warn of is refused below.
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const [error] = document.errors;
  if (error)
    throw new ConfigError(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message}; correct the YAML`);
  const where = (path: PropertyKey[]) =>
    `${file}:${lines.linePos(offsetOf(document, path)).line}: ${path.join(".")}`;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 10 }) ?? {};
  } catch (aliases) {
    throw new ConfigError(`${file}:1: ${(aliases as Error).message}; write it without anchors`);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw refused(telling(result.error.issues), where, file);
  const { broker, web } = result.data;
  if (broker) checkBroker(broker, where);
  if (web && (web.cert === undefined) !== (web.key === undefined))
    throw new ConfigError(
      `${where(["web", web.cert ? "cert" : "key"])}: a certificate is two files; give web.cert and web.key`,
    );
  return result.data;
}

type Where = (path: PropertyKey[]) => string;

function checkBroker(broker: NonNullable<Config["broker"]>, where: Where): void {
  const given = <Key extends keyof typeof broker>(...keys: Key[]) =>
    keys.find((key) => broker[key] !== undefined);
  const { url } = broker;
  if (url === undefined) {
    const external = given("username", "password", "ca", "cert", "key");
    if (external === undefined) return;
    throw new ConfigError(
      `${where(["broker", external])}: is for a broker elsewhere; give its broker.url too`,
    );
  }
  const embedded = given("port", "host");
  if (embedded)
    throw new ConfigError(
      `${where(["broker", embedded])}: stands beside broker.url; a broker elsewhere has its ${embedded} in its url`,
    );
  if (/^[a-z]+:\/\/[^/]*@/.test(url))
    throw new ConfigError(
      `${where(["broker", "url"])}: holds a user, and logs would show it; give broker.username and broker.password`,
    );
  const tls = given("ca", "cert", "key");
  if (tls && !/^(mqtts|wss):/.test(url))
    throw new ConfigError(
      `${where(["broker", tls])}: is for TLS, which broker.url does not speak; write mqtts:// or wss:// there`,
    );
  if ((broker.cert === undefined) !== (broker.key === undefined))
    throw new ConfigError(
      `${where(["broker", broker.cert ? "cert" : "key"])}: a client certificate is two files; give broker.cert and broker.key`,
    );
}

/** A key that is wanted may only be mistyped, and what stands there says more than what lacks. */
function telling(issues: z.core.$ZodIssue[]): z.core.$ZodIssue {
  return (
    issues.find(({ code }) => code === "unrecognized_keys") ?? issues.find((one) => !lacks(one)) ?? issues[0]!
  );
}

function lacks({ code, message }: z.core.$ZodIssue): boolean {
  return code === "invalid_type" && message.endsWith("received undefined");
}

function refused(issue: z.core.$ZodIssue, where: Where, file: string): ConfigError {
  if (issue.code === "unrecognized_keys") {
    const path = [...issue.path, issue.keys[0]!];
    const known = keysOf(issue.path);
    const close = nearest(issue.keys[0]!, known);
    return new ConfigError(
      `${where(path)}: unknown key; ${close ? `did you mean ${close}?` : `known are ${known.join(", ")}`}`,
    );
  }
  if (issue.path.length === 0)
    return new ConfigError(`${file}:1: ${lower(issue.message)}; known keys are ${keysOf([]).join(", ")}`);
  if (issue.code === "invalid_type" && lacks(issue))
    return new ConfigError(
      `${where(issue.path.slice(0, -1))}: wants ${String(issue.path.at(-1))}, a ${issue.expected}; add it`,
    );
  return new ConfigError(`${where(issue.path)}: ${lower(issue.message)}; correct or remove it`);
}

function keysOf([part]: PropertyKey[]): string[] {
  const { shape } = schema;
  const parts = new Map(Object.entries(shape)).get(String(part))?.unwrap();
  return Object.keys(parts instanceof z.ZodObject ? parts.shape : shape);
}

/** Where the key, or the item, at this path begins. */
function offsetOf(document: Document, path: PropertyKey[]): number {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isSeq(parent)) {
    const item = parent.items[Number(path.at(-1))];
    return (isNode(item) && item.range?.[0]) || 0;
  }
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
    : undefined;
  return pair && isScalar(pair.key) && pair.key.range ? pair.key.range[0] : 0;
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
