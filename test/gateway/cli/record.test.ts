import assert from "node:assert/strict";
import { run } from "../../../gateway/cli/program";
import { Terminal } from "../../../gateway/cli/terminal";
import { Orders } from "../../../gateway/store/orders";
import { toHex } from "../../../protocol/bytes";
import { MonitorState, Op } from "../../../protocol/command";
import { RecordingMode } from "../../../protocol/open";
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
