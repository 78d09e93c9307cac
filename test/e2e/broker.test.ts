import assert from "node:assert/strict";
import { type ChildProcess, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { systemClock } from "../../gateway/clock";
import { startHub } from "../../gateway/hub";
import { RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { openHouse } from "../../tools/sim/house";
import { newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { PERFECT } from "../../tools/sim/radio/lossy";
import { GeneratedSource } from "../../tools/sim/source";
import { stored, WitnessedSource } from "../../tools/sim/witness";
import { MOSQUITTO, skipUnless } from "../machine";
import { startMosquitto } from "../mosquitto";
import { freePort } from "../ports";
import { scratch } from "./rig";

const RATE = 256;
const SECONDS = 100;

describe("an external broker (mosquitto)", () => {
  const folder = scratch();
  const dataDir = path.join(folder, "data");
  let broker: ChildProcess | undefined;
  let closeHouse = async () => {};

  function startBroker(port: number): void {
    const users = path.join(folder, "users");
    spawnSync("mosquitto_passwd", ["-c", "-b", users, "hub", "a password"]);
    fs.chmodSync(users, 0o600);
    broker = startMosquitto(folder, port, `password_file ${users}`, "allow_anonymous false");
  }

  before(function () {
    skipUnless(MOSQUITTO !== undefined, this, "mosquitto (Debian: mosquitto)");
  });
  after(async () => {
    await closeHouse();
    broker?.kill("SIGKILL");
  });

  it("may be killed and come back empty: nothing is lost, and nobody lends a hand", async function () {
    const port = await freePort();
    startBroker(port);
    const house = await openHouse({
      keepsake: newKeepsake(1),
      radio: { ...PERFECT, latencyMs: [1, 5] },
      seed: 1,
      startHub: (radio) =>
        startHub({
          dataDir,
          kind: "import",
          broker: { url: `mqtt://127.0.0.1:${port}`, username: "hub", password: "a password" },
          radio,
        }),
    });
    const { handheld, store } = house;
    closeHouse = () => house.close();
    const ecg = new EcgGenerator({ rate: RATE, gainCountsPerMillivolt: 400, seed: 1 });
    const source = new WitnessedSource(new GeneratedSource(ecg), SECONDS * RATE);
    handheld.powerOn(new SimFrontEnd(source, systemClock, { burstMs: 100, speed: 10 }));
    await claimIfNew(handheld, store);
    handheld.act((monitor) => monitor.start(RecordingMode.fixed, SECONDS));
    for (let kill = 0; kill < 3; kill++) {
      const before = store.reader.recordings()[0]?.samples ?? 0;
      await waitUntil(
        "frames to arrive",
        () => (store.reader.recordings()[0]?.samples ?? 0) > before,
        120_000,
      );
      broker!.kill("SIGKILL");
      await new Promise((resolve) => broker!.once("close", resolve));
      startBroker(port);
    }
    await waitUntil("everything to be receipted", () => handheld.monitor!.status(0, 0).state === 1, 120_000);
    const [recording] = store.reader.recordings();
    assert.equal(recording!.state, "closed");
    assert.deepEqual(stored(store.reader, recording!.id, 1), source.witnessed());
    assert.equal(store.reader.verify().ok, true);
  });
});
