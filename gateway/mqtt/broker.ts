/**
 * The embedded broker: aedes, on loopback unless told otherwise, held to what avnode publishes and to who publishes it.
 * It is trusted with nothing: frames come sealed.
 */
import { createServer, type Server, type Socket } from "node:net";
import { Duplex, duplexPair } from "node:stream";
import { Aedes, type AedesOptions, type Client } from "aedes";
import { MAX_ENVELOPE_BYTES, TopicKind } from "../../protocol/names";
import { type Clock, systemClock } from "../clock";
import { isRetainedForHomeAssistant } from "../homeassistant/topics";
import { listenOrElse } from "../ports";
import { type Log, silentLog } from "../store/log";
import { PacketLimit } from "./packets";
import { Tally } from "./tally";
import {
  type BrokerRole,
  type BrokerUsers,
  makeBrokerUsers,
  maySubscribe,
  OF_THE_STORE,
  refusedPublish,
  roleOf,
} from "./users";

export const DEFAULT_PORT = 1883;
export const DEFAULT_HOST = "127.0.0.1";
/** MQTT 3.1.1 §3.2.2.3. */
const BAD_CREDENTIALS = 4;
const MAX_CLIENTS = 64;
/** A stranger's silent connection holds a place no longer. */
const CONNECT_MS = 10000;
const MAX_SUBSCRIPTIONS = 256;
/** Retained presences, one per handheld ever seen. */
const MAX_RETAINED = 1024;
/** An envelope, its topic and the packet's own fields. */
const MAX_PACKET_BYTES = MAX_ENVELOPE_BYTES + 1024;

/** Who each client is, and what it listens to now. */
interface Known {
  roles: WeakMap<Client, BrokerRole>;
  subscriptions: WeakMap<Client, Set<string>>;
}

export interface BrokerOptions {
  /** TCP port, 0 for any, "default" for 1883 or a free one where that is taken. Without it only in-memory connections exist. */
  port?: number | "default";
  /** Where that port is, by default 127.0.0.1. */
  host?: string;
  /** Nobody else connects, from within this process either; made anew unless given. */
  users?: BrokerUsers;
  /** Under which Home Assistant looks for what it may discover here; none: it is not let in. */
  homeAssistantPrefixes?: readonly string[];
  clock?: Clock;
  log?: Log;
  /** Told of every refusal, beside the log. */
  onRefused?: () => void;
}

export interface Broker {
  /** Where it listens. */
  readonly port?: number;
  /** The default port, where another program has it. */
  readonly taken?: number;
  readonly users: BrokerUsers;
  /** A connection from within this process. */
  connect(): Duplex;
  /** What was refused, by kind. */
  refusals(): Record<string, number>;
  close(): Promise<void>;
}

export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const log = options.log ?? silentLog;
  const tally = new Tally("broker", options.clock ?? systemClock, log, options.onRefused);
  const prefixes = options.homeAssistantPrefixes ?? [];
  const users = options.users ?? makeBrokerUsers(prefixes.length > 0);
  const known: Known = { roles: new WeakMap(), subscriptions: new WeakMap() };
  const aedes: Aedes = await Aedes.createBroker(
    rules(tally, () => aedes.connectedClients, users, known, prefixes),
  );
  aedes.on("unsubscribe", (topics, client) => {
    for (const topic of topics) known.subscriptions.get(client)?.delete(topic);
  });
  // What ends a connection after a refusal is told, but not counted once more.
  const aftermath = new Tally("broker", options.clock ?? systemClock, log);
  aedes.on("clientError", (_client, error) =>
    aftermath.count("client-error", `ended a connection: ${error.message}`),
  );
  aedes.on("connectionError", (_client, error) =>
    aftermath.count("connection-error", `refused a connection: ${error.message}`),
  );
  const { port, host = DEFAULT_HOST } = options;
  let listener: Listener | undefined;
  try {
    if (port !== undefined) listener = await listen(aedes, port, host, tally);
  } catch (error) {
    // Its timers would keep the process.
    await new Promise<void>((done) => aedes.close(done));
    throw error;
  }
  const address = listener?.server.address();
  return {
    port: typeof address === "object" ? address?.port : undefined,
    taken: listener?.taken,
    users,
    connect() {
      const [near, far] = duplexPair();
      // Unlike a socket's, the two ends of a pair do not tell each other when they are destroyed.
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
      aedes.handle(far);
      return near;
    },
    refusals: () => ({ ...aftermath.totals(), ...tally.totals() }),
    async close() {
      listener?.server.close();
      await new Promise<void>((done) => aedes.close(done));
    },
  };
}

/** Everything that a client may not do here. A refusal ends its connection. */
function rules(
  tally: Tally,
  clients: () => number,
  users: BrokerUsers,
  { roles, subscriptions }: Known,
  prefixes: readonly string[],
): AedesOptions {
  const retained = new Set<string>();
  const refuse = (kind: string, why: string): Error => {
    tally.count(kind, `ended a connection: ${why}`);
    return new Error(why);
  };
  return {
    heartbeatInterval: 60000,
    connectTimeout: CONNECT_MS,
    preConnect(_client, packet, done) {
      if (clients() >= MAX_CLIENTS) return done(refuse("too-many-clients", "too many clients"), false);
      // aedes would keep what such a session misses in memory, without bound.
      if (packet.clean === false)
        return done(refuse("lasting-session", "only clean sessions are kept"), false);
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const role = username && password ? roleOf(users, username, password) : undefined;
      if (role) {
        roles.set(client, role);
        return done(null, true);
      }
      const error = username
        ? refuse("credentials", "a user or a password that is none here")
        : refuse("anonymous", "nobody connects without a user and a password");
      done(Object.assign(error, { returnCode: BAD_CREDENTIALS }), false);
    },
    authorizePublish(client, packet, done) {
      const refusal = refusedPublish(client ? roles.get(client) : undefined, packet.topic, prefixes);
      if (refusal) return done(refuse("topic", refusal));
      if (packet.qos === 2) return done(refuse("qos", "QoS 2 is not spoken here"));
      if (packet.retain) {
        if (
          !OF_THE_STORE.includes(packet.topic) &&
          !packet.topic.endsWith(`/${TopicKind.status}`) &&
          !isRetainedForHomeAssistant(packet.topic, prefixes)
        )
          return done(refuse("retain", "this topic is not retained"));
        // The relay says everybody's presence over one connection: ending it for a stranger's would silence all.
        if (packet.payload.length === 0) retained.delete(packet.topic);
        else if (retained.size < MAX_RETAINED) retained.add(packet.topic);
        else if (!retained.has(packet.topic)) {
          tally.count("retained", "did not retain a topic: there are too many");
          packet.retain = false;
        }
      }
      done(null);
    },
    authorizeSubscribe(client, subscription, done) {
      const topics = subscriptions.get(client) ?? new Set();
      const role = roles.get(client);
      if (!maySubscribe(role, subscription.topic, prefixes) || topics.size >= MAX_SUBSCRIPTIONS) {
        // Home Assistant asks every broker for what dozens of other makers announce there: no attack.
        if (role !== "homeassistant") tally.count("subscription", "refused a subscription");
        return done(null, null);
      }
      subscriptions.set(client, topics.add(subscription.topic));
      done(null, subscription);
    },
  };
}

interface Listener {
  server: Server;
  taken?: number;
}

async function listen(aedes: Aedes, port: number | "default", host: string, tally: Tally): Promise<Listener> {
  const server = createServer((socket) => {
    aedes.handle(limited(socket, tally));
  });
  server.maxConnections = MAX_CLIENTS;
  const told = port === "default" ? undefined : port;
  const taken = await listenOrElse((one) => listening(server, one, host), told, DEFAULT_PORT);
  return { server, taken };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      done();
    });
  });
}

function limited(socket: Socket, tally: Tally): Duplex {
  const limit = new PacketLimit(MAX_PACKET_BYTES);
  limit.on("error", (error) => {
    tally.count("packet-size", `ended a connection: ${error.message}`);
    socket.destroy();
  });
  socket.on("error", () => limit.destroy());
  socket.on("close", () => limit.destroy());
  socket.setNoDelay(true);
  return Duplex.from({ readable: socket.pipe(limit), writable: socket });
}
