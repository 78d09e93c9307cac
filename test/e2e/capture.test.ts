/** Whoever may read everything at the owner's broker reads no ECG and no key there. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { systemClock } from "../../gateway/clock";
import type { HealthValue } from "../../gateway/homeassistant/values";
import { startHub } from "../../gateway/hub";
import { Keyring } from "../../gateway/store/keyring";
import { RecordingMode } from "../../protocol/open";
import { EcgGenerator } from "../../tools/sim/ecg/generator";
import { SimFrontEnd } from "../../tools/sim/frontend";
import { openHouse } from "../../tools/sim/house";
import { newKeepsake } from "../../tools/sim/keepsake";
import { claimIfNew, waitUntil } from "../../tools/sim/owner";
import { PERFECT } from "../../tools/sim/radio/lossy";
import { GeneratedSource } from "../../tools/sim/source";
import { MOSQUITTO, skipUnless } from "../machine";
import { listening, startMosquitto } from "../mosquitto";
import { freePort } from "../ports";
import { scratch } from "./rig";
import { Secrets } from "./secrets";

const SECONDS = 30;
const LIMIT_MS = 120_000;
/** Of a block's content; its padding is no secret. */
const BODY_BYTES = 16;
const VALUE: Omit<HealthValue, "at"> = { heartRate: 73, finding: "premature beats as an example" };
const SEALED = /^avnode\/v1\/[0-9a-f]{16}\/(frames|downlink|status)$/;
const ANNOUNCED =
  /^(homeassistant\/device\/avnode_[0-9a-f]{16}\/config|avnode\/ha\/[0-9a-f]{16}\/(state|status))$/;

interface Said {
  topic: string;
  payload: Buffer;
}

describe("all that an external broker (mosquitto) hears", () => {
  const folder = scratch();
  const { wrap, unwrap } = Keyring.prototype;
  let port: number;
  let broker: ChildProcess | undefined;
  let listener: MqttClient | undefined;

  before(async function () {
    skipUnless(MOSQUITTO !== undefined, this, "mosquitto (Debian: mosquitto)");
    port = await freePort();
    broker = startMosquitto(folder, port, "allow_anonymous true");
    await listening(broker, port);
  });
  afterEach(() => {
    listener?.end(true);
    Object.assign(Keyring.prototype, { wrap, unwrap });
  });
  after(() => {
    broker?.kill("SIGKILL");
  });

  /** A handheld is claimed, makes a strip, and hands it over. */
  async function overheard(values: boolean): Promise<{ said: Said[]; secrets: Secrets }> {
    const secrets = new Secrets();
    Keyring.prototype.wrap = function (secret, place) {
      secrets.add("a key of the store", secret);
      return wrap.call(this, secret, place);
    };
    const said: Said[] = [];
    listener = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 });
    listener.on("message", (topic, payload) => said.push({ topic, payload }));
    await listener.subscribeAsync("#");
    const dataDir = path.join(folder, String(values));
    const house = await openHouse({
      keepsake: newKeepsake(1),
      radio: PERFECT,
      seed: 1,
      startHub: (radio) =>
        startHub({
          ...{ dataDir, kind: "import", radio },
          broker: { url: `mqtt://127.0.0.1:${port}` },
          homeAssistant: { discovery: true, values },
          health: { newest: () => ({ ...VALUE, at: Date.now() }) },
        }),
    });
    try {
      const { handheld, store } = house;
      secrets.addClaimCode(handheld.identity.claimCode);
      store.events.on("stored", (frames) => {
        for (const { body } of frames) secrets.add("a frame, opened", body.slice(0, BODY_BYTES));
      });
      const ecg = new EcgGenerator({ rate: 256, gainCountsPerMillivolt: 400, seed: 1 });
      const source = new GeneratedSource(ecg);
      handheld.powerOn(new SimFrontEnd(source, systemClock, { burstMs: 100, speed: 10 }));
      await claimIfNew(handheld, store);
      handheld.act((monitor) => monitor.start(RecordingMode.fixed, SECONDS));
      const isClosed = () => store.reader.recordings()[0]?.state === "closed";
      await waitUntil("the recording", isClosed, LIMIT_MS);
      const wanted = values ? /\/values$/ : /\/state$/;
      await waitUntil("Home Assistant's part", () => said.some(({ topic }) => wanted.test(topic)), LIMIT_MS);
      secrets.addRecordings(store.reader);
    } finally {
      await house.close();
    }
    secrets.addKeyring(dataDir);
    assert.ok(secrets.count("a frame, opened") > SECONDS && secrets.count("a key of the store") > 5);
    assert.ok(secrets.sampleRows > 1000);
    return { said, secrets };
  }

  const textOf = ({ topic, payload }: Said) =>
    `${topic} ${payload.toString("latin1")} ${payload.toString("hex")}`;
  const isOf = (pattern: RegExp) => (one: Said) => pattern.test(one.topic);

  it("is sealed, or what Home Assistant may know of a device", async function () {
    const { said, secrets } = await overheard(false);
    assert.ok(said.filter(isOf(/\/frames$/)).length >= SECONDS && said.some(isOf(/\/config$/)));
    const others = said.filter(
      ({ topic }) => ![SEALED, ANNOUNCED, /^avnode\/v1\/checkpoint$/].some((one) => one.test(topic)),
    );
    assert.deepEqual(
      others.map(({ topic }) => topic),
      [],
    );
    assert.deepEqual(secrets.foundIn(said.map(textOf)), []);
    const open = said
      .filter(({ topic }) => !SEALED.test(topic))
      .map(textOf)
      .join("\n");
    assert.doesNotMatch(open, /heart_rate|premature/);
  });

  it("holds heart rate and findings in one place alone, by the second switch", async function () {
    const { said, secrets } = await overheard(true);
    assert.deepEqual(secrets.foundIn(said.map(textOf)), []);
    const telling = said.filter((one) => textOf(one).includes(VALUE.finding!));
    assert.ok(telling.length > 0);
    for (const { topic } of telling) assert.match(topic, /^avnode\/ha\/[0-9a-f]{16}\/values$/);
  });
});
