import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { askStatus, serveStatus, statusSocket } from "../../../gateway/health/socket";
import type { HubStatus } from "../../../gateway/health/status";
import { scratch } from "../../e2e/rig";

const STATUS: HubStatus = {
  pid: 1,
  version: "1.2.3",
  roles: ["relay", "store"],
  startedAt: 5,
  ok: true,
  problems: [],
  broker: { address: "mqtt://127.0.0.1:1883", connected: true },
  limits: [],
  presences: [],
};

describe("the status socket", function () {
  const folder = scratch();
  let made = 0;
  const directory = () => {
    const dataDir = join(folder, `d${made++}`);
    mkdirSync(dataDir);
    return dataDir;
  };

  it("tells the status, and that nobody is there once it is closed", async () => {
    const dataDir = directory();
    assert.equal(await askStatus(dataDir), undefined);
    let served = { ...STATUS };
    const socket = await serveStatus(dataDir, () => served);
    assert.deepEqual(await askStatus(dataDir), STATUS);
    served = { ...served, ok: false, problems: ["the disk is full"] };
    assert.deepEqual(await askStatus(dataDir), served);
    await socket.close();
    assert.equal(await askStatus(dataDir), undefined);
  });

  it("is its owner's alone under any umask", async () => {
    const dataDir = directory();
    const umask = process.umask(0);
    const socket = await serveStatus(dataDir, () => STATUS);
    process.umask(umask);
    assert.equal(statSync(statusSocket(dataDir)).mode & 0o777, 0o600);
    assert.equal(process.umask(umask), umask);
    await socket.close();
  });

  it("takes the place of one that a killed hub left", async () => {
    const dataDir = directory();
    const path = JSON.stringify(statusSocket(dataDir));
    const killed = spawn(process.execPath, [
      "-e",
      `require("net").createServer().listen(${path}, () => process.kill(process.pid, "SIGKILL"))`,
    ]);
    await once(killed, "exit");
    assert.equal(statSync(statusSocket(dataDir)).isSocket(), true);
    assert.equal(await askStatus(dataDir), undefined);
    const socket = await serveStatus(dataDir, () => STATUS);
    assert.deepEqual(await askStatus(dataDir), STATUS);
    await socket.close();
  });

  it("takes no running hub's place", async () => {
    const dataDir = directory();
    const socket = await serveStatus(dataDir, () => STATUS);
    await assert.rejects(
      serveStatus(dataDir, () => STATUS),
      { code: "HEALTH_SOCKET_TAKEN" },
    );
    assert.deepEqual(await askStatus(dataDir), STATUS);
    await socket.close();
  });

  it("says it plainly where the directory's name is too long for one", async () => {
    const dataDir = join(folder, "x".repeat(100));
    await assert.rejects(
      serveStatus(dataDir, () => STATUS),
      { code: "HEALTH_SOCKET_PATH", message: /at most 10\d bytes.*shorter name/ },
    );
    assert.equal(await askStatus(dataDir), undefined);
  });

  it("stands whoever connects, writes and never reads, and closes all the same", async () => {
    const dataDir = directory();
    const socket = await serveStatus(dataDir, () => STATUS);
    const rude = Array.from({ length: 40 }, () => {
      const one = connect(statusSocket(dataDir)).on("error", () => {});
      one.write(Buffer.alloc(100_000));
      return one;
    });
    await Promise.all(rude.map((one) => once(one, "connect")));
    await socket.close();
    for (const one of rude) one.destroy();
  });

  it("tells a hub that says nothing, or nonsense, from none", async () => {
    const dataDir = directory();
    const server = createServer((socket) => socket.end("{"));
    server.listen(statusSocket(dataDir));
    await once(server, "listening");
    await assert.rejects(askStatus(dataDir), { code: "HEALTH_SILENT" });
    server.close();
    const elsewhere = directory();
    const endless = createServer((socket) => {
      socket.on("error", () => {});
      socket.write(Buffer.alloc(4 << 20));
    });
    endless.listen(statusSocket(elsewhere));
    await once(endless, "listening");
    await assert.rejects(askStatus(elsewhere), { code: "HEALTH_SILENT", message: /without end/ });
    endless.close();
    const plain = directory();
    writeFileSync(statusSocket(plain), "");
    assert.equal(await askStatus(plain), undefined);
  });
});
