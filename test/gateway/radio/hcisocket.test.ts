import assert from "node:assert/strict";
import { type EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HciBinding, HciDriver, installHciSockets } from "../../../gateway/radio/hcisocket";

const RESET = "01030c00";
const RESET_COMPLETE = "040e0401030c00";

interface Driver extends EventEmitter {
  bindRaw(device: number | undefined, binding: HciBinding): number;
  bindControl(): void;
  start(): void;
  stop(): void;
  reset(): void;
  isDevUp(): boolean;
}

describe("HCI over a UNIX socket", () => {
  let folder: string;
  let path: string;
  let server: Server;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "av-"));
    path = join(folder, "hci");
    server = createServer();
    await once(server.listen(path), "listening");
  });
  afterEach(async () => {
    await new Promise((done) => server.close(done));
    rmSync(folder, { recursive: true });
  });

  function driver(binding: HciBinding): Driver {
    installHciSockets();
    const { loadDriver } = require("@stoprocent/bluetooth-hci-socket");
    const made: Driver = new (loadDriver(HciDriver.socket))();
    made.bindRaw(undefined, binding);
    return made;
  }

  /** The next one, whatever errors come before it. */
  function stateOf(socket: Driver): Promise<unknown[]> {
    return new Promise((done) => socket.once("state", (...values) => done(values)));
  }

  async function accepted(starting: Driver): Promise<Socket> {
    const connection = once(server, "connection");
    starting.start();
    return (await connection)[0];
  }

  async function heard(socket: Socket, hex: string): Promise<void> {
    let bytes = "";
    while (bytes.length < hex.length) bytes += (await once(socket, "data"))[0].toString("hex");
    assert.equal(bytes, hex);
  }

  it("asks for its address, then speaks H4; what comes is cut to packets", async () => {
    const socket = driver({ path, address: "c0:ff:ee:00:00:01" });
    const controller = await accepted(socket);
    socket.reset();
    await heard(controller, Buffer.from("#c0:ff:ee:00:00:01\n").toString("hex") + RESET);
    const packets: string[] = [];
    const both = new Promise<void>((done) => {
      socket.on("data", (packet: Buffer) => {
        packets.push(packet.toString("hex"));
        if (packets.length === 2) done();
      });
    });
    controller.write(Buffer.from(RESET_COMPLETE + RESET_COMPLETE, "hex"));
    await both;
    assert.deepEqual(packets, [RESET_COMPLETE, RESET_COMPLETE]);
    socket.stop();
    await once(controller, "close");
  });

  it("is up until the socket closes, and says so then", async () => {
    const socket = driver({ path });
    assert.equal(socket.isDevUp(), false);
    const controller = await accepted(socket);
    assert.equal(socket.isDevUp(), true);
    const state = once(socket, "state");
    controller.destroy();
    assert.deepEqual(await state, [false]);
    assert.equal(socket.isDevUp(), false);
  });

  it("lets go of a controller that does not speak H4", async () => {
    const socket = driver({ path });
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push(error.code));
    const controller = await accepted(socket);
    const state = stateOf(socket);
    controller.write(Buffer.from("ffff", "hex"));
    assert.deepEqual(await state, [false]);
    assert.deepEqual(errors, ["H4_FORM"]);
  });

  it("tells of a socket where nobody listens, and throws at nobody", async () => {
    const told: Error[] = [];
    const socket = driver({
      path: join(folder, "nobody"),
      tap: { packet: () => {}, error: (error) => told.push(error) },
    });
    const state = stateOf(socket);
    socket.start();
    assert.deepEqual(await state, [false]);
    assert.match(told[0].message, /ENOENT/);
  });

  it("delivers nothing once stopped, and says what was written before", async () => {
    const socket = driver({ path });
    let packets = 0;
    socket.on("data", () => {
      packets++;
      socket.stop();
    });
    const controller = await accepted(socket);
    controller.write(Buffer.from(RESET_COMPLETE + RESET_COMPLETE, "hex"));
    const closed = once(controller.resume(), "close");
    socket.once("data", () => assert.equal(packets, 1));
    await closed;
    assert.equal(packets, 1);
  });

  it("shows the tap each packet first, which may keep it", async () => {
    const seen: string[] = [];
    let delivered = 0;
    const socket = driver({
      path,
      tap: {
        packet: (packet, deliver) => {
          seen.push(packet.toString("hex"));
          if (seen.length === 2) deliver();
        },
        error: assert.fail,
      },
    });
    socket.on("data", () => delivered++);
    const controller = await accepted(socket);
    const last = once(socket, "data");
    controller.write(Buffer.from(RESET_COMPLETE + RESET_COMPLETE, "hex"));
    await last;
    assert.deepEqual([seen.length, delivered], [2, 1]);
    socket.stop();
  });

  it("leaves Linux to hold bleno's keys: a control socket connects nowhere", () => {
    const socket = driver({ path });
    socket.bindControl();
    socket.start();
    assert.equal(socket.isDevUp(), false);
  });

  it("is what noble and bleno find when they ask for a driver", () => {
    installHciSockets();
    const { loadDriver } = require("@stoprocent/bluetooth-hci-socket");
    installHciSockets();
    assert.equal(require("@stoprocent/bluetooth-hci-socket").loadDriver, loadDriver);
    assert.notEqual(loadDriver("unknown"), loadDriver(HciDriver.socket));
  });
});
