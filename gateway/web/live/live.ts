/** The live stream: what handhelds record, to everybody who looks, as soon as it is on disk. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Refused } from "../../access/guard";
import { HEADERS } from "../../access/headers";
import { EVENT_STREAM } from "../../schema/endpoint";
import { live } from "../../schema/live";
import type { StoredFrame } from "../../store/ingest";
import type { ApiParts } from "../parts";
import { addRoute } from "../route";
import { LiveChannel } from "./channel";
import { Viewer } from "./viewer";

const MAX_VIEWERS = 64;
/** Fewer than its connections: the rest is for what it asks besides. */
const MAX_VIEWERS_OF_ADDRESS = 24;

/** Until a browser that lost the connection asks again. */
const RETRY_MS = 2000;

interface Watched {
  channel: LiveChannel;
  viewers: Set<Viewer>;
}

export function addLive(app: FastifyInstance, parts: ApiParts): void {
  const { hub, clock, sessions } = parts;
  const watched = new Map<string, Watched>();
  const addresses: string[] = [];

  const off = hub.events.on("stored", (frames) => {
    for (const frame of frames) tell(frame);
  });
  app.addHook("onClose", async () => off());

  function tell(frame: StoredFrame): void {
    const one = watched.get(frame.device);
    const message = one?.channel.take(frame, clock.now(), one.viewers.size > 0);
    if (message) for (const viewer of one!.viewers) viewer.tell(message);
  }

  /** Kept when nobody looks any more: whoever comes back is told what it missed. */
  function watch(device: string): Watched {
    const known = watched.get(device);
    if (known) return known;
    if (!hub.reader.devices().some(({ id }) => id === device))
      throw new Refused(404, "STORE_UNKNOWN_DEVICE", `no handheld ${device} here`);
    const fresh = { channel: new LiveChannel(device, hub.reader), viewers: new Set<Viewer>() };
    watched.set(device, fresh);
    return fresh;
  }

  function admit(request: FastifyRequest): string {
    const address = request.socket.remoteAddress ?? "";
    const ofAddress = addresses.filter((one) => one === address).length;
    if (addresses.length >= MAX_VIEWERS || ofAddress >= MAX_VIEWERS_OF_ADDRESS)
      throw new Refused(503, "WEB_LIVE", "too many are watching already; close one of them");
    return address;
  }

  addRoute(app, live, ({ query }, request, reply) => {
    const address = admit(request);
    const { channel, viewers } = watch(query.handheld);
    const lastId = request.headers["last-event-id"];
    const { token } = request.asker!.session!;
    const { raw } = reply.hijack();
    raw.writeHead(200, { ...HEADERS, "content-type": EVENT_STREAM });
    // A small block must not wait for the next one, nor the headers for the first.
    raw.socket?.setNoDelay(true);
    raw.write(`retry: ${RETRY_MS}\n\n`);
    const viewer = new Viewer(
      raw,
      channel,
      clock,
      () => sessions.find(token) !== undefined,
      () => raw.destroy(),
    );
    addresses.push(address);
    viewers.add(viewer);
    raw.on("error", () => raw.destroy());
    raw.once("close", () => {
      viewer.close();
      viewers.delete(viewer);
      addresses.splice(addresses.indexOf(address), 1);
    });
    for (const message of typeof lastId === "string" ? channel.since(lastId) : channel.first())
      viewer.tell(message);
  });
}
