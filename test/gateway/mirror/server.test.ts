import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { connect as connectTls } from "node:tls";
import { identityOf } from "../../../gateway/mirror/invites";
import { TLS } from "../../../gateway/mirror/wire";
import { Mirrored, until } from "./mirrored";

describe("a hub that serves mirrors", function () {
  let house: Mirrored;
  beforeEach(async () => {
    house = await Mirrored.make();
  });
  afterEach(() => house.close());

  /** Whether the hub lets this one in. @param localAddress of the loopback, which is another guest's */
  function greets(localAddress: string, secret: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      const { host, port } = house.address;
      const socket = connectTls({
        ...TLS,
        socket: connect({ host, port, localAddress }),
        pskCallback: () => ({ psk: secret, identity: identityOf(secret) }),
        checkServerIdentity: () => undefined,
      });
      socket.once("secureConnect", () => {
        resolve(true);
        socket.destroy();
      });
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
    });
  }

  it("lets the invited one in, whatever strangers at other addresses do", async () => {
    const { host, port, secret } = house.address;
    for (let i = 0; i < 70; i++) {
      const socket = connect({ host, port, localAddress: "127.0.0.2" });
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.destroy();
    }
    assert.equal(await greets("127.0.0.1", secret), true);
  });

  it("counts what failed alone, and by address", async () => {
    const { secret } = house.address;
    for (let i = 0; i < 70; i++) assert.equal(await greets("127.0.0.1", secret), true);
    for (let i = 0; i < 25; i++) assert.equal(await greets("127.0.0.2", Buffer.alloc(32, i)), false);
    assert.equal(await greets("127.0.0.2", secret), false);
    assert.equal(await greets("127.0.0.1", secret), true);
  });

  it("serves them once its port is free", async () => {
    await house.server.close();
    const { host, port } = house.address;
    const other = createServer();
    other.listen(port, host);
    await once(other, "listening");
    house.serve();
    await new Promise((tried) => setTimeout(tried, 300));
    other.close();
    house.deliver(house.handheld.record(2));
    house.start();
    await until("the copy", house.isLevel);
  });
});
