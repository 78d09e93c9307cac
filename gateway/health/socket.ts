/**
 * The status socket: whoever may read the data directory connects, and is told the hub's status as JSON. Nothing is
 * read from it, so nothing can be asked of the hub over it.
 */
import { rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { makeDirectory } from "../store/directory";
import { codeOf, StoreError } from "../store/errors";
import type { HubStatus } from "./status";

/** What sun_path holds on Linux, its end included; elsewhere it is 104. */
const MAX_PATH_BYTES = process.platform === "linux" ? 107 : 103;
const MAX_CONNECTIONS = 16;
const MAX_ANSWER_BYTES = 1 << 20;
/** A hub that works answers within milliseconds; one that verifies a recording, a little later. */
const PATIENCE_MS = 5000;

export function statusSocket(dataDir: string): string {
  return join(dataDir, "hub.sock");
}

/** @throws HEALTH_SOCKET_PATH, HEALTH_SOCKET_TAKEN, HEALTH_SOCKET, STORE_OPEN: the hub works as well without it */
export async function serveStatus(
  dataDir: string,
  status: () => HubStatus,
): Promise<{ close(): Promise<void> }> {
  const path = statusSocket(dataDir);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new StoreError(
      "HEALTH_SOCKET_PATH",
      `cannot make ${path}: a socket's name has at most ${MAX_PATH_BYTES} bytes, so 'avnode status' will not see the running hub. Use a data directory with a shorter name`,
    );
  // A relay alone keeps nothing else there.
  makeDirectory(dataDir);
  if (await isServed(path))
    throw new StoreError(
      "HEALTH_SOCKET_TAKEN",
      `another hub answers on ${path}: stop it, or use another --data`,
    );
  // What a killed hub left behind.
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.end(JSON.stringify(status()));
    // Read and thrown away, so that its end is seen.
    socket.resume();
  });
  server.maxConnections = MAX_CONNECTIONS;
  try {
    await listening(server, path);
  } catch (cause) {
    throw new StoreError("HEALTH_SOCKET", `cannot open ${path}: ${(cause as Error).message}`, { cause });
  }
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Nobody else may connect, not even in the moment before the mode is set. */
function listening(server: Server, path: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", failed);
    const umask = process.umask(0o177);
    // Bound before this returns.
    server.listen(path, done);
    process.umask(umask);
  });
}

/** @returns undefined when no hub runs on this directory; @throws HEALTH_SILENT when one does, and does not answer */
export async function askStatus(dataDir: string): Promise<HubStatus | undefined> {
  const path = statusSocket(dataDir);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return undefined;
  let answer: string | undefined;
  try {
    answer = await listen(path);
    return answer === undefined ? undefined : (JSON.parse(answer) as HubStatus);
  } catch (cause) {
    throw new StoreError(
      "HEALTH_SILENT",
      `the hub on ${dataDir} does not answer (${(cause as Error).message}): see its log, and restart it if that lasts`,
      { cause },
    );
  }
}

/** @returns undefined where nobody listens */
function listen(path: string): Promise<string | undefined> {
  return new Promise((done, failed) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const socket = connect(path);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`${PATIENCE_MS / 1000} s of silence`)));
    socket.on("data", (piece) => {
      bytes += piece.length;
      if (bytes > MAX_ANSWER_BYTES) socket.destroy(new Error("an answer without end"));
      else pieces.push(piece);
    });
    socket.on("end", () => done(Buffer.concat(pieces).toString()));
    socket.on("error", (error) => (isNobody(error) ? done(undefined) : failed(error)));
  });
}

function isServed(path: string): Promise<boolean> {
  return new Promise((done, failed) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.on("error", (error) => (isNobody(error) ? done(false) : failed(error)));
  });
}

function isNobody(error: Error): boolean {
  return ["ENOENT", "ECONNREFUSED"].includes(codeOf(error));
}
