/** Listens for mirrors while any are invited: TLS under a pre-shared secret, few at a time, few failures a minute from one address. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { recordBackup } from "../backup/record";
import { codeOf } from "../store/errors";
import type { Log } from "../store/log";
import { DEFAULT_PORT, type Invite, identityOf, MAX_MIRRORS, readInvites } from "./invites";
import { serve } from "./serve";
import { Channel, TLS, type ToHub, type ToMirror } from "./wire";

const LOOK_MS = 1000;
const HANDSHAKE_MS = 10_000;
const SILENCE_MS = 60_000;
const WINDOW_MS = 60_000;
/** Handshakes that failed within the window, from one address: whoever guesses keeps nobody else out. */
const MAX_FAILURES = 20;
/** Addresses that failed; past it all of them begin anew. */
const MAX_ADDRESSES = 1000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
/** A note in the store of each mirror, at most so often. */
const NOTE_MS = 60_000;

export interface MirrorServerOptions {
  dataDir: string;
  log: Log;
  /** In place of what the invites say. */
  host?: string;
  port?: number;
}

export class MirrorServer {
  private server?: Server;
  private invites: Invite[] = [];
  private readAt = -1;
  private readonly timer: NodeJS.Timeout;
  private readonly sockets = new Map<TLSSocket, string>();
  private readonly notedAt = new Map<string, number>();
  private failures = { since: 0, counts: new Map<string, number>() };
  private retry = { at: 0, ms: FIRST_RETRY_MS };

  constructor(private readonly options: MirrorServerOptions) {
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.look();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    const { server } = this;
    this.server = undefined;
    for (const socket of this.sockets.keys()) socket.destroy();
    if (server) await new Promise<void>((done) => server.close(() => done()));
  }

  /** Follows what `avnode mirror --invite` and `--revoke` did beside us. */
  private look(): void {
    const { dataDir, log } = this.options;
    const at = statSync(join(dataDir, "mirrors.json"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const due = this.retry.at !== 0 && Date.now() >= this.retry.at;
    if (at === this.readAt && !due) return;
    this.readAt = at;
    this.retry.at = 0;
    try {
      const invites = readInvites(dataDir);
      this.invites = invites?.mirrors ?? [];
      if (this.invites.length === 0) {
        this.server?.close();
        this.server = undefined;
      } else if (!this.server)
        this.listen(this.options.host ?? invites?.host, this.options.port ?? invites?.port ?? DEFAULT_PORT);
    } catch (error) {
      log.error({ code: codeOf(error) }, `mirrors are not served: ${(error as Error).message}`);
    }
  }

  private listen(host: string | undefined, port: number): void {
    const { log } = this.options;
    const names = new WeakMap<TLSSocket, string>();
    const server = createServer({
      ...TLS,
      handshakeTimeout: HANDSHAKE_MS,
      pskCallback: (socket: TLSSocket, identity: string) => {
        const known = this.invites.find(({ secret }) => identityOf(Buffer.from(secret, "hex")) === identity);
        if (!known) return null;
        names.set(socket, known.name);
        return Buffer.from(known.secret, "hex");
      },
    });
    server.maxConnections = 4 * MAX_MIRRORS;
    server.on("connection", (socket) => {
      if (!this.mayTry(socket.remoteAddress)) socket.destroy();
    });
    server.on("tlsClientError", (_error, socket) => this.failed(socket.remoteAddress));
    server.on("secureConnection", (socket) => void this.take(socket, names.get(socket)));
    server.on("error", (error) => {
      log.error(
        { code: codeOf(error) },
        `mirrors are not served on port ${port}: ${error.message}. Trying again; or name another in the config: mirror.port`,
      );
      if (this.server !== server) return;
      // An interface comes up late, and a hub that was killed leaves its port in use for a while.
      this.server = undefined;
      this.retry = { at: Date.now() + this.retry.ms, ms: Math.min(2 * this.retry.ms, LAST_RETRY_MS) };
    });
    server.listen(port, host, () => {
      this.retry.ms = FIRST_RETRY_MS;
      log.info({ port }, `mirrors may connect on port ${port}`);
    });
    this.server = server;
  }

  private mayTry(address = ""): boolean {
    const now = Date.now();
    const { since, counts } = this.failures;
    if (Math.abs(now - since) > WINDOW_MS || counts.size > MAX_ADDRESSES)
      this.failures = { since: now, counts: new Map() };
    return (this.failures.counts.get(address) ?? 0) < MAX_FAILURES;
  }

  private failed(address = ""): void {
    const { counts } = this.failures;
    counts.set(address, (counts.get(address) ?? 0) + 1);
  }

  private async take(socket: TLSSocket, name: string | undefined): Promise<void> {
    const { dataDir, log } = this.options;
    if (name === undefined) return void socket.destroy();
    // The newest connection of a mirror is the one that lives: the other may be half dead.
    for (const [other, of] of this.sockets) if (of === name) other.destroy();
    this.sockets.set(socket, name);
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
    const channel = new Channel<ToMirror, ToHub>(socket);
    log.info({ mirror: name }, `mirror ${name} is here`);
    try {
      await serve(channel, {
        dataDir,
        isWelcome: () => this.invites.some((one) => one.name === name),
        onTaken: (at) => this.note(name, at),
        onRefused: (code, message) => {
          log.error({ mirror: name, code }, `mirror ${name} refused what this hub says: ${message}`);
          recordBackup(dataDir, { place: name, kind: "mirror", failed: `${code}: ${message}` });
        },
      });
      channel.close(true);
    } catch (error) {
      log.warn({ mirror: name, code: codeOf(error) }, `mirror ${name} is gone: ${(error as Error).message}`);
      channel.close(false);
    }
  }

  private note(name: string, at: number): void {
    const now = Date.now();
    if (Math.abs(now - (this.notedAt.get(name) ?? 0)) < NOTE_MS) return;
    this.notedAt.set(name, now);
    recordBackup(this.options.dataDir, { place: name, kind: "mirror", at, verified: true });
  }
}
