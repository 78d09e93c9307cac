import assert from "node:assert/strict";
import { join } from "node:path";
import Database from "better-sqlite3";
import { nameDeviceBeside } from "../../../gateway/store/store";
import { Rig } from "./rig";

describe("a handheld's name", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  afterEach(() => rig.end());
  const names = () => rig.store.reader.devices().map(({ name }) => name);

  it("is written beside a running hub, and stays when that writes the row, and past a restart", () => {
    const [owned, other] = [rig.claimed(1), rig.claimed(2)];
    assert.equal(nameDeviceBeside(rig.dataDir, owned.hex, "  Grandma's  "), owned.hex);
    rig.deliver(owned, owned.record(2));
    rig.deliver(other, other.record(2));
    rig.reopen();
    const named = Object.fromEntries(rig.store.reader.devices().map(({ id, name }) => [id, name]));
    assert.deepEqual(named, { [owned.hex]: "Grandma's", [other.hex]: undefined });
    assert.ok(rig.verify().ok);
  });

  it("is taken away by an empty one", () => {
    const owned = rig.claimed();
    nameDeviceBeside(rig.dataDir, owned.hex.slice(0, 4), "Anna");
    assert.deepEqual(names(), ["Anna"]);
    nameDeviceBeside(rig.dataDir, owned.hex, " ");
    rig.deliver(owned, owned.record(2));
    assert.deepEqual(names(), [undefined]);
  });

  it("is refused where it could deceive, where nobody has that id, and where many have", () => {
    const owned = rig.claimed(1);
    rig.claimed(2);
    for (const bad of ["a\nb", "\x1b[2Jx", "a\u202eb", "x".repeat(25)])
      assert.throws(() => nameDeviceBeside(rig.dataDir, owned.hex, bad), { code: "DEVICE_NAME" });
    assert.throws(() => nameDeviceBeside(rig.dataDir, "zz", "A"), { code: "STORE_UNKNOWN_DEVICE" });
    assert.throws(() => nameDeviceBeside(rig.dataDir, "", "A"), { code: "STORE_AMBIGUOUS_DEVICE" });
    assert.deepEqual(names(), [undefined, undefined]);
  });

  it("does not seal a row again that somebody else altered, nor takes a name from one", () => {
    const owned = rig.claimed();
    const db = new Database(join(rig.dataDir, "avnode.db"));
    db.prepare("UPDATE devices SET name = 'Mallory'").run();
    db.close();
    assert.throws(() => nameDeviceBeside(rig.dataDir, owned.hex, "A"), { code: "STORE_ALTERED" });
    assert.equal(rig.verify().ok, false);
    rig.deliver(owned, owned.record(2));
    assert.deepEqual(names(), [undefined]);
  });
});
