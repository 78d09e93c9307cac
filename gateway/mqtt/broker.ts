/** The embedded broker: aedes on loopback, held to what avnode publishes. It is trusted with nothing: frames come sealed. */
import { createServer, type Server, type Socket } from "node:net";
import { Duplex, duplexPair } from "node:stream";
import { Aedes, type AedesOptions, type Client } from "aedes";
import {
  CHECKPOINT_TOPIC,
  MAX_ENVELOPE_BYTES,
  parseTopic,
  TOPIC_PREFIX,
  TopicKind,
} from "../../protocol/names";
import { type Clock, systemClock } from "../clock";
import { type Log, silentLog } from "../store/log";
import { PacketLimit } from "./packets";
import { Tally } from "./tally";

export const DEFAULT_PORT = 1883;
const HOST = "127.0.0.1";
const MAX_CLIENTS = 64;
const MAX_TOPIC_LENGTH = 256;
const MAX_SUBSCRIPTIONS = 256;
/** Retained presences, one per handheld ever seen. */
const MAX_RETAINED = 1024;
/** An envelope, its topic and the packet's own fields. */
const MAX_PACKET_BYTES = MAX_ENVELOPE_BYTES + 1024;

/** What each client listens to now. */
type Subscriptions = WeakMap<Client, Set<string>>;

export interface BrokerOptions {
  /** TCP port, 0 for any; a free one is taken if it is not free. Without it only in-memory connections exist. */
  port?: number;
  clock?: Clock;
  log?: Log;
  /** Told of every refusal, beside the log. */
  onRefused?: () => void;
}

export interface Broker {
  /** Where it listens on 127.0.0.1. */
  readonly port?: number;
  /** A connection from within this process. */
  connect(): Duplex;
  /** What was refused, by kind. */
  refusals(): Record<string, number>;
  close(): Promise<void>;
}

export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const log = options.log ?? silentLog;
  const tally = new Tally("broker", options.clock ?? systemClock, log, options.onRefused);
  const subscriptions: Subscriptions = new WeakMap();
  const aedes: Aedes = await Aedes.createBroker(rules(tally, () => aedes.connectedClients, subscriptions));
  aedes.on("unsubscribe", (topics, client) => {
    for (const topic of topics) subscriptions.get(client)?.delete(topic);
  });
  // What ends a connection after a refusal is told, but not counted once more.
  const aftermath = new Tally("broker", options.clock ?? systemClock, log);
  aedes.on("clientError", (_client, error) =>
    aftermath.count("client-error", `ended a connection: ${error.message}`),
  );
  aedes.on("connectionError", (_client, error) =>
    aftermath.count("connection-error", `refused a connection: ${error.message}`),
  );
  const server = options.port === undefined ? undefined : await listen(aedes, options.port, tally);
  const address = server?.address();
  return {
    port: typeof address === "object" ? address?.port : undefined,
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
      server?.close();
      await new Promise<void>((done) => aedes.close(done));
    },
  };
}

/** Everything that a client may not do here. A refusal ends its connection. */
function rules(tally: Tally, clients: () => number, subscriptions: Subscriptions): AedesOptions {
  const retained = new Set<string>();
  const refuse = (kind: string, why: string): Error => {
    tally.count(kind, `ended a connection: ${why}`);
    return new Error(why);
  };
  return {
    heartbeatInterval: 60000,
    preConnect(_client, packet, done) {
      if (clients() >= MAX_CLIENTS) return done(refuse("too-many-clients", "too many clients"), false);
      // aedes would keep what such a session misses in memory, without bound.
      if (packet.clean === false)
        return done(refuse("lasting-session", "only clean sessions are kept"), false);
      done(null, true);
    },
    authorizePublish(_client, packet, done) {
      const refusal = refusedTopic(packet.topic);
      if (refusal) return done(refuse("topic", refusal));
      if (packet.qos === 2) return done(refuse("qos", "QoS 2 is not spoken here"));
      if (packet.retain) {
        if (packet.topic !== CHECKPOINT_TOPIC && !packet.topic.endsWith(`/${TopicKind.status}`))
          return done(refuse("retain", "only status and checkpoint are retained"));
        // The relay says everybody's presence over one connection: ending it for a stranger's would silence all.
        if (retained.size < MAX_RETAINED) retained.add(packet.topic);
        else if (!retained.has(packet.topic)) {
          tally.count("retained", "did not retain a topic: there are too many");
          packet.retain = false;
        }
      }
      done(null);
    },
    authorizeSubscribe(client, subscription, done) {
      const topics = subscriptions.get(client) ?? new Set();
      const bad =
        subscription.topic.length > MAX_TOPIC_LENGTH ||
        !subscription.topic.startsWith(TOPIC_PREFIX) ||
        topics.size >= MAX_SUBSCRIPTIONS;
      if (bad) {
        tally.count("subscription", "refused a subscription");
        return done(null, null);
      }
      subscriptions.set(client, topics.add(subscription.topic));
      done(null, subscription);
    },
  };
}

function refusedTopic(topic: string): string | undefined {
  if (topic.length > MAX_TOPIC_LENGTH) return `a topic of ${topic.length} characters`;
  if (topic === CHECKPOINT_TOPIC) return undefined;
  try {
    parseTopic(topic);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function listen(aedes: Aedes, port: number, tally: Tally): Promise<Server> {
  const server = createServer((socket) => {
    aedes.handle(limited(socket, tally));
  });
  server.maxConnections = MAX_CLIENTS;
  try {
    await listening(server, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    await listening(server, 0);
  }
  return server;
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, HOST, () => {
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
