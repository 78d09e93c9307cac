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
    this.timeout(5000);
    let connections = 0;
    const address = {
      users: broker.users,
      connect: () => (connections++ === 0 ? endingAtSubscribe(broker) : broker.connect()),
    };
    connection = new Connection("relay", address, silentLog, () => {});
    await new Promise<void>((done) => connection!.subscribe(FILTER, done));
    assert.equal(connections, 2);
  });
});
