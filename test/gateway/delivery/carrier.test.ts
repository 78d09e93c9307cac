import assert from "node:assert/strict";
import type { Left } from "../../../gateway/access/egress";
import type { Clock } from "../../../gateway/clock";
import { Carrier, type CarrierParts } from "../../../gateway/delivery/carrier";
import { DeliveryError } from "../../../gateway/delivery/error";
import { addRecipient, sendRecording, setRule } from "../../../gateway/delivery/sending";
import type { Way } from "../../../gateway/schema/delivery";
import { Keyring } from "../../../gateway/store/keyring";
import { silentLog } from "../../../gateway/store/log";
import { type Delivery, Outbox, type Recipient } from "../../../gateway/store/outbox/outbox";
import { Rig } from "../store/rig";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const consent = { who: "Ada", text: "Reports go to the folder." };

describe("the outbox's carrier", function () {
  this.timeout(120_000);
  let rig: Rig;
  let outbox: Outbox<Way>;
  let recipients: Recipient<Way>[];
  let kills: (() => void)[];
  /** What the other side has: deliveries by their keys. */
  let arrived: string[];
  let left: string[];
  /** What the network does at each attempt. */
  let network: (key: string) => void | Promise<void>;

  const ledger: Left[] = [];
  const noted = (left: Left) => void ledger.push(left);
  beforeEach(() => {
    rig = new Rig();
    [kills, arrived, left] = [[], [], []];
    network = (key) => void arrived.push(key);
    outbox = Outbox.open(rig.dataDir, () => Date.now());
    recipients = ["one", "two"].map((name) =>
      addRecipient(
        rig.store.reader,
        outbox,
        { name, way: { kind: "folder", dir: `/${name}` }, rule: "press", consent },
        Date.now(),
        noted,
      ),
    );
  });
  afterEach(() => {
    for (const kill of kills) kill();
    outbox.close();
    rig.end();
  });

  /** A whole recording of somebody's, in the log. */
  const recorded = (person: number | null): string => {
    const handheld = rig.handhelds[0] ?? rig.claimed();
    const made = handheld.begin();
    for (let k = 0; k < 3; k++) handheld.data(made);
    handheld.close(made);
    rig.deliver(handheld, made);
    rig.time.tick(5000);
    const { id } = rig.store.reader.recordings().at(-1)!;
    if (person !== null) rig.store.assign(id, person);
    return id;
  };
  /** A carrier; the returned function ends it as SIGKILL does: nothing of it runs any more. */
  const start = (changes: Partial<CarrierParts> = {}): (() => void) => {
    let dead = false;
    const clock: Clock = {
      now: () => Date.now(),
      after: (ms, run) => {
        const timer = setTimeout(() => !dead && run(), ms);
        return () => clearTimeout(timer);
      },
    };
    const own = Outbox.open<Way>(rig.dataDir, () => Date.now());
    new Carrier({
      ...{ reader: rig.store.reader, outbox: own, dataDir: rig.dataDir, clock, log: silentLog },
      random: () => 0.5,
      makeLink: () => "",
      make: async () => ({ pdf: new Uint8Array(1), hasProof: true, simulated: true }),
      leaving: ({ recording, to }) => void left.push(`${recording} ${to}`),
      handOver: async (_way, _documents, key) => {
        if (dead) return new Promise<void>(() => {});
        await network(key);
        // Whoever is dead by now writes nothing down.
        if (dead) return new Promise<void>(() => {});
      },
      ...changes,
    });
    const kill = () => {
      if (!dead) own.close();
      dead = true;
    };
    kills.push(kill);
    return kill;
  };
  const send = (id: string, to = recipients[0]!): Delivery =>
    sendRecording(rig.store.reader, outbox, id, to.id);
  const state = (id: number) => outbox.delivery(id)!.state;

  it("hands over what somebody sends, once, and says accepted; the ledger knew before", async () => {
    const { id } = rig.store.addPerson({ name: "Ada" });
    const recording = recorded(id);
    start();
    const first = send(recording);
    assert.equal(first.state, "queued");
    await rig.time.tickAsync(10_000);
    assert.equal(state(first.id), "accepted");
    assert.equal(send(recording).id, first.id);
    await rig.time.tickAsync(HOUR_MS);
    assert.equal(arrived.length, 1);
    assert.deepEqual(left, [`${recording} one`]);
  });

  it("leaves nothing where the ledger cannot be written", async () => {
    const { id } = rig.store.addPerson({ name: "Ada" });
    const delivery = send(recorded(id));
    start({
      leaving: () => {
        throw new Error("the disk is full");
      },
    });
    await rig.time.tickAsync(10_000);
    assert.deepEqual([arrived, state(delivery.id)], [[], "queued"]);
  });

  it("waits out 48 hours without a network, killed every few minutes, then exactly one of each arrives", async () => {
    const { id } = rig.store.addPerson({ name: "Ada" });
    const recordings = [recorded(id), recorded(id), recorded(id)];
    const sent = recordings.flatMap((recording) => recipients.map((to) => send(recording, to)));
    const keys = new Set<string>();
    let attempts = 0;
    network = (key) => {
      keys.add(key);
      attempts++;
      throw new DeliveryError("DELIVERY_TEST", "no route", true);
    };
    const until = Date.now() + 48 * HOUR_MS;
    for (let n = 0; Date.now() < until; n++) {
      const kill = start();
      await rig.time.tickAsync((3 + (n % 5)) * MINUTE_MS);
      kill();
    }
    assert.equal(keys.size, sent.length);
    // Doubling from a minute to six hours: some 16 tries each, and not one at every start.
    assert.ok(attempts > 8 * sent.length && attempts < 25 * sent.length, `${attempts} attempts`);
    network = (key) => void arrived.push(key);
    start();
    await rig.time.tickAsync(8 * HOUR_MS);
    assert.deepEqual([...arrived].sort(), [...keys].sort());
    for (const one of sent) assert.equal(state(one.id), "accepted");
  });

  it("tries again what it was killed over, under the same key", async () => {
    const { id } = rig.store.addPerson({ name: "Ada" });
    const delivery = send(recorded(id));
    let kill = () => {};
    network = (key) => {
      arrived.push(key);
      kill();
    };
    kill = start();
    await rig.time.tickAsync(10_000);
    assert.equal(state(delivery.id), "sending");
    network = (key) => void arrived.push(key);
    start();
    await rig.time.tickAsync(10_000);
    assert.equal(state(delivery.id), "accepted");
    assert.equal(arrived.length, 2);
    assert.equal(new Set(arrived).size, 1);
  });

  it("says bounced for what was refused for good, and failed after a week", async () => {
    const { id } = rig.store.addPerson({ name: "Ada" });
    const [refused, never] = [send(recorded(id)), send(recorded(id), recipients[1])];
    const keys = new Map<string, boolean>();
    network = (key) => {
      if (keys.size < 2) keys.set(key, keys.size > 0);
      throw new DeliveryError("DELIVERY_TEST", "no", keys.get(key)!);
    };
    start();
    await rig.time.tickAsync(10_000);
    assert.equal(state(refused.id), "bounced");
    // Nothing happens between its attempts, and a week of looks takes a minute.
    for (let hours = 0; hours < 8 * 24; hours += 4) {
      rig.time.setSystemTime(Date.now() + 4 * HOUR_MS);
      await rig.time.tickAsync(10_000);
    }
    assert.equal(state(never.id), "failed");
    assert.match(outbox.delivery(never.id)!.reason!, /given up after a week: no/);
  });

  it("sends nobody's recording to nobody, and withdraws what was erased or given to another", async () => {
    const ada = rig.store.addPerson({ name: "Ada" });
    const eve = rig.store.addPerson({ name: "Eve" });
    const nobodys = recorded(null);
    assert.throws(() => send(nobodys), { code: "OUTBOX_UNASSIGNED" });
    const [given, erased, removed] = [recorded(ada.id), recorded(ada.id), recorded(ada.id)];
    const sent = [send(given), send(erased), send(removed, recipients[1])];
    rig.store.assign(given, eve.id);
    rig.store.forget(erased);
    outbox.remove(recipients[1]!.id);
    start();
    await rig.time.tickAsync(MINUTE_MS);
    assert.deepEqual(
      sent.map(({ id }) => state(id)),
      ["withdrawn", "withdrawn", "withdrawn"],
    );
    assert.deepEqual(arrived, []);
  });

  it("does nothing by itself for a recipient of whom that was not asked", async () => {
    const { id } = rig.store.addPerson({ name: "Ada" });
    recorded(id);
    start();
    await rig.time.tickAsync(HOUR_MS);
    assert.deepEqual(arrived, []);
  });

  it("holds what waited, and every rule, once the store has another generation", async () => {
    const { id } = rig.store.addPerson({ name: "Ada" });
    const delivery = send(recorded(id));
    setRule(outbox, recipients[0]!.id, { rule: "every", consent }, Date.now(), noted);
    outbox.close();
    Keyring.load(rig.dataDir).amend(rig.dataDir, { generation: Buffer.alloc(8, 7) });
    outbox = Outbox.open(rig.dataDir, () => Date.now());
    assert.equal(outbox.recipient(recipients[0]!.id)!.paused, true);
    start();
    await rig.time.tickAsync(HOUR_MS);
    assert.deepEqual([arrived, state(delivery.id)], [[], "withdrawn"]);
  });

  it("writes into the ledger who agreed to what", () => {
    setRule(
      outbox,
      recipients[1]!.id,
      { rule: "af", consent: { who: "Ada", text: "Agreed." } },
      Date.now(),
      noted,
    );
    assert.deepEqual(ledger.at(-1), { kind: "consent", to: "two", address: "/two", detail: "Ada: af" });
  });

  it("keeps no secret in its rows in the clear", () => {
    addRecipient(
      rig.store.reader,
      outbox,
      {
        name: "mail",
        way: {
          ...{ kind: "mail", to: "a@b.example", from: "c@d.example", host: "127.0.0.1", port: 25 },
          ...{ security: "plain", user: "u", password: "geheimnis-42" },
        },
        ...{ rule: "press", consent },
      },
      Date.now(),
      noted,
    );
    const { body } = rig.row("SELECT body FROM recipients ORDER BY id DESC") as { body: Buffer };
    assert.ok(!body.includes("geheimnis-42"));
    assert.ok(!JSON.stringify(rig.logged).includes("geheimnis-42"));
  });

  it("keeps no way out of the house for a demo", () => {
    const way = { kind: "fhir", url: "https://fhir.example/r4" } as const;
    assert.throws(
      () =>
        addRecipient(
          rig.store.reader,
          outbox,
          { name: "far", way, rule: "press", consent },
          Date.now(),
          noted,
        ),
      { code: "OUTBOX_DEMO" },
    );
  });
});
