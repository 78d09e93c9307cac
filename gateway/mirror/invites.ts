/** Who may mirror this store: one secret each, in a file of the data directory that is its owner's alone. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../store/errors";
import { readSecret, writeSecret } from "../store/secretfile";

export const SECRET_BYTES = 32;
export const DEFAULT_PORT = 7583;
/** Each holds a connection and a list of what it has. */
export const MAX_MIRRORS = 4;
const IDENTITY_BYTES = 8;

export interface Invite {
  name: string;
  /** Hex. */
  secret: string;
}

export interface Invites {
  host?: string;
  port: number;
  mirrors: Invite[];
}

function path(dataDir: string): string {
  return join(dataDir, "mirrors.json");
}

/** What a mirror calls itself before the secret has been proven: nobody learns the secret from it. */
export function identityOf(secret: Uint8Array): string {
  return createHash("sha256")
    .update(secret)
    .digest("hex")
    .slice(0, 2 * IDENTITY_BYTES);
}

/** @returns undefined where nobody was ever invited; @throws MIRROR_INVITES_* */
export function readInvites(dataDir: string): Invites | undefined {
  if (!existsSync(path(dataDir))) return undefined;
  try {
    const invites = JSON.parse(readSecret(path(dataDir), "MIRROR_INVITES")) as Invites;
    const good = invites.mirrors.every(
      ({ name, secret }) => typeof name === "string" && Buffer.from(secret, "hex").length === SECRET_BYTES,
    );
    if (!good || !Number.isInteger(invites.port)) throw new Error("a field has the wrong form");
    return invites;
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      "MIRROR_INVITES_FORM",
      `${path(dataDir)} is damaged: ${(cause as Error).message}. Remove it and invite your mirrors again`,
      { cause },
    );
  }
}

function write(dataDir: string, invites: Invites): void {
  writeSecret(path(dataDir), `${JSON.stringify(invites, null, 2)}\n`);
}

/** @throws MIRROR_MANY, MIRROR_NAME, MIRROR_PORT */
export function invite(
  dataDir: string,
  options: { name?: string; host?: string; port?: number },
): Invite & { port: number } {
  const invites = readInvites(dataDir) ?? { port: DEFAULT_PORT, mirrors: [] };
  const { mirrors } = invites;
  if (mirrors.length >= MAX_MIRRORS)
    throw new StoreError(
      "MIRROR_MANY",
      `there are ${MAX_MIRRORS} mirrors already. End one with 'avnode mirror --revoke NAME'`,
    );
  const moved =
    (options.port !== undefined && options.port !== invites.port) ||
    (options.host !== undefined && options.host !== invites.host);
  if (mirrors.length > 0 && moved)
    throw new StoreError(
      "MIRROR_PORT",
      `the mirrors invited before reach this hub at ${invites.host ?? "every address"}, port ${invites.port}. Leave --host and --port out, or --revoke those first`,
    );
  let number = 1;
  while (mirrors.some((one) => one.name === `mirror-${number}`)) number++;
  const name = options.name ?? `mirror-${number}`;
  if (mirrors.some((one) => one.name === name) || !/^[\w.-]{1,32}$/.test(name))
    throw new StoreError(
      "MIRROR_NAME",
      `${name} cannot be a mirror's name: it is taken, or has more than letters, digits, dots and hyphens`,
    );
  const made = { name, secret: randomBytes(SECRET_BYTES).toString("hex") };
  const port = options.port ?? invites.port;
  write(dataDir, { host: options.host ?? invites.host, port, mirrors: [...mirrors, made] });
  return { ...made, port };
}

/** @throws MIRROR_NAME */
export function revoke(dataDir: string, name: string): void {
  const invites = readInvites(dataDir);
  if (!invites?.mirrors.some((one) => one.name === name)) {
    const names = invites?.mirrors.map((one) => one.name).join(", ");
    throw new StoreError(
      "MIRROR_NAME",
      `no mirror ${name} is invited; ${names ? `there are ${names}` : "nobody is"}`,
    );
  }
  write(dataDir, { ...invites, mirrors: invites.mirrors.filter((one) => one.name !== name) });
}

export interface Address {
  host: string;
  port: number;
  secret: Buffer;
}

export function mirrorUrl({ host, port, secret }: Address): string {
  return `avnode-mirror://${host}:${port}/#${secret.toString("base64url")}`;
}

/** @throws MIRROR_URL */
export function parseMirrorUrl(text: string): Address {
  const match = /^avnode-mirror:\/\/(\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})\/?#([\w-]+)$/.exec(text.trim());
  const secret = Buffer.from(match?.[3] ?? "", "base64url");
  const port = Number(match?.[2]);
  if (!match || secret.length !== SECRET_BYTES || port < 1 || port > 65535)
    throw new StoreError(
      "MIRROR_URL",
      "that is not the URL of a mirror: copy it whole, as 'avnode mirror --invite' printed it on the hub",
    );
  return { host: match[1]!.replace(/^\[|\]$/g, ""), port, secret };
}
