import assert from "node:assert/strict";
import { type Duplex, duplexPair } from "node:stream";
import { type Broker, startBroker } from "../../../gateway/mqtt/broker";
import { Connection } from "../../../gateway/mqtt/client";
import { silentLog } from "../../../gateway/store/log";

const FILTER = "avnode/v1/0011223344556677/downlink";
/** First byte of a SUBSCRIBE packet, MQTT 3.1.1 §3.8.1. */
const SUBSCRIBE = 0x82;

/** A connection that ends as soon as the client subscribes, before the broker hears of it. */
function endingAtSubscribe(broker: Broker): Duplex {
  const [near, far] = duplexPair();
  const beyond = broker.connect();
  far.on("data", (bytes: Buffer) => {
    if (bytes[0] === SUBSCRIBE) far.destroy();
    else beyond.write(bytes);
  });
  beyond.on("data", (bytes: Buffer) => far.write(bytes));
  far.on("close", () => {
    near.destroy();
    beyond.destroy();
  });
  return near;
}

describe("a connection to the broker", () => {
  let broker: Broker;
  let connection: Connection | undefined;
  beforeEach(async () => {
    broker = await startBroker();
  });
  afterEach(async () => {
    await connection?.close();
    await broker.close();
  });

  it("confirms a subscription that the end of a connection left without answer, once it is back", async function () {
    let connections = 0;
    const address = {
      users: broker.users,
      connect: () => (connections++ === 0 ? endingAtSubscribe(broker) : broker.connect()),
    };
    connection = new Connection("relay", address, silentLog, () => {});
    await new Promise<void>((done) => connection!.subscribe(FILTER, done));
    assert.equal(connections, 2);
  });

  it("confirms a subscription taken back before the broker heard of its end", async () => {
    connection = new Connection("relay", broker, silentLog, () => {});
    await new Promise<void>((done) => connection!.subscribe(FILTER, done));
    // The broker is asked for one change at a time, and this is one.
    connection.subscribe(FILTER.replace("0011", "2233"));
    connection.unsubscribe(FILTER);
    await new Promise<void>((done) => connection!.subscribe(FILTER, done));
  });

  it("listens to what it subscribed to last, however often it changed its mind without a connection", async function () {
    let connections = 0;
    const offline = () => {
      const [near, far] = duplexPair();
      far.destroy();
      near.destroy();
      return near;
    };
    const heard: string[] = [];
    connection = new Connection(
      "relay",
      { users: broker.users, connect: () => (connections++ === 0 ? offline() : broker.connect()) },
      silentLog,
      (topic) => heard.push(topic),
    );
    const other = FILTER.replace("0011", "2233");
    for (let times = 0; times < 3; times++) {
      connection.subscribe(FILTER);
      connection.subscribe(other);
      connection.unsubscribe(other);
      connection.unsubscribe(FILTER);
    }
    await new Promise<void>((done) => connection!.subscribe(FILTER, done));
    // Whatever the broker was asked for besides, it has carried out by then.
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Only a store may say something there.
    const store = new Connection("store", broker, silentLog, () => {});
    try {
      await new Promise<void>((done) => store.subscribe("avnode/v1/+/frames", done));
      store.publish(FILTER, Buffer.from("x"));
      store.publish(other, Buffer.from("x"));
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await store.close();
    }
    assert.deepEqual(heard, [FILTER]);
  });
});
