import assert from "node:assert/strict";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { serveStatus } from "../../../gateway/health/socket";
import type { HubStatus } from "../../../gateway/health/status";
import { Orders } from "../../../gateway/store/orders";
import { toHex } from "../../../protocol/bytes";
import { MonitorState, Op } from "../../../protocol/command";
import { RecordingMode } from "../../../protocol/open";
import { refusal } from "../../../protocol/refusal";
import type { House } from "../../../tools/sim/house";
import { newKeepsake } from "../../../tools/sim/keepsake";
import { claimIfNew } from "../../../tools/sim/owner";
import { directories, inHouse, inTime, pause } from "../claim/house";
import { Rig } from "../store/rig";

async function record(...words: string[]) {
  let said = "";
  const stream = { write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
  const exit = await run(["record", ...words], "0.0.0", {}, new Terminal(stream, stream, {}));
  return { exit, said };
}

describe("avnode record", () => {
  const newDir = directories();

  inTime("begins and ends what a real handheld records, and says so once it does", async () => {
    const dataDir = newDir();
    const keepsake = newKeepsake(1);
    const id = toHex(keepsake.identity.device);
    const on = ["--data", dataDir];
    await inHouse(dataDir, keepsake, async ({ handheld, store }) => {
      await claimIfNew(handheld, store);
      await pause(2000);
      const started = await record("start", id.slice(0, 6), "--continuous", ...on);
      assert.deepEqual(started, { exit: 0, said: `handheld ${id} records\n` });
      await pause(40_000);
      const running = store.reader.recordings();
      assert.deepEqual(
        running.map(({ state, open }) => [state, open?.mode]),
        [["recording", RecordingMode.continuous]],
      );
      const stopped = await record("stop", id, ...on);
      assert.deepEqual(stopped, { exit: 0, said: `handheld ${id} records no more\n` });
      await pause(20_000);
      assert.deepEqual(
        store.reader.recordings().map(({ state }) => state),
        ["closed"],
      );
      assert.equal(store.reader.devices()[0]!.status!.state, MonitorState.idle);
      handheld.powerOff();
      const away = await record("start", id, ...on);
      assert.equal(away.exit, 3);
      assert.match(away.said, /^avnode: handheld .* has not answered; bring it nearer/);
    });
    const alone = await record("stop", id, ...on);
    assert.equal(alone.exit, 3);
    assert.match(alone.said, /^avnode: cannot record: no hub runs on .*; start it with 'avnode start'/);
  });
});

describe("avnode record, of a handheld that is near", () => {
  const newDir = directories();

  async function owned(live: (house: House, id: string, on: string[]) => Promise<void>): Promise<void> {
    const dataDir = newDir();
    const keepsake = newKeepsake(1);
    await inHouse(dataDir, keepsake, async (house) => {
      await claimIfNew(house.handheld, house.store);
      await pause(2000);
      await live(house, toHex(keepsake.identity.device), ["--data", dataDir]);
    });
  }

  inTime("says what is so already, and lets it be", () =>
    owned(async ({ store, handheld }, id, on) => {
      const idle = await record("stop", id, ...on);
      assert.deepEqual(idle, { exit: 0, said: `handheld ${id} was not recording\n` });
      await record("start", id, "--continuous", ...on);
      const again = await record("start", id, ...on);
      assert.equal(again.exit, 1);
      assert.match(again.said, /^avnode: handheld .* records already, and goes on: 'avnode record stop /);
      assert.deepEqual(
        store.reader.recordings().map(({ state, open }) => [state, open?.mode]),
        [["recording", RecordingMode.continuous]],
      );
      await record("stop", id, ...on);
      // What the hub knew of it is old by the time the command comes.
      const old = store.reader.devices()[0]!.status!;
      assert.equal(old.state, MonitorState.draining);
      handheld.act((monitor) => monitor.press());
      const pressed = await record("stop", id, ...on);
      assert.deepEqual(pressed, { exit: 0, said: `handheld ${id} records no more\n` });
    }),
  );

  inTime("does not blame the radio for what the handheld does not do", () =>
    owned(async ({ handheld, store }, id, on) => {
      const { alias } = store.reader.devices()[0]!;
      const hub = { presences: [{ alias, links: [], since: Date.now() }] } as unknown as HubStatus;
      const socket = await serveStatus(on[1]!, () => hub);
      try {
        handheld.act((monitor) => Object.assign(monitor, { start: () => monitor.stop() }));
        const begun = Date.now();
        const ignored = await record("start", id, ...on);
        assert.deepEqual(ignored, {
          exit: 3,
          said: `avnode: handheld ${id} is connected, but does not say that it records; try again; if that does not help either, switch it off and on\n`,
        });
        assert.ok(Date.now() - begun < 2000, "it has answered: nothing is waited for");
        const refuse = () => {
          throw refusal("COMMAND_VALUE", "not now");
        };
        handheld.batteryMillivolts = 3210;
        await record("start", id, ...on);
        handheld.act((monitor) => Object.assign(monitor, { start: refuse }));
        const refused = await record("start", id, ...on);
        assert.equal(refused.exit, 3);
        assert.match(
          refused.said,
          /is connected, but does not say .*; its battery is low \(3\.21 V\): charge it/,
        );
      } finally {
        await socket.close();
      }
    }),
  );
});

describe("what a command tells a handheld", () => {
  let rig: Rig;
  let orders: Orders;
  beforeEach(() => {
    rig = new Rig();
    orders = Orders.open(rig.dataDir);
  });
  afterEach(() => {
    orders.close();
    rig.end();
  });

  it("is said once; not while it is away, not when it is old, not when it was edited", () => {
    const handheld = rig.claimed();
    const heard = () => handheld.commands.filter(({ op }) => op === Op.stop).length;
    orders.file(handheld.hex, { op: Op.stop }, Date.now());
    rig.time.tick(2000);
    assert.equal(heard(), 1);
    assert.ok(orders.outcome(handheld.hex).said! > 0);

    orders.file(handheld.hex, { op: Op.stop }, Date.now() - 10_000);
    rig.time.tick(2000);
    assert.deepEqual([heard(), orders.outcome(handheld.hex)], [1, { said: undefined, refused: undefined }]);

    orders.file(handheld.hex, { op: Op.start, mode: RecordingMode.strip }, Date.now());
    rig.sql("UPDATE orders SET op = ?", Op.stop);
    rig.time.tick(2000);
    assert.equal(heard(), 1);

    rig.reopen();
    orders.file(handheld.hex, { op: Op.stop }, Date.now());
    rig.time.tick(2000);
    assert.equal(orders.outcome(handheld.hex).refused, "STORE_NO_SESSION");
  });
});
