import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { type Keys, Vault } from "../../firmware/vault";
import { PowerCut, SimFlash } from "../../tools/sim/flash";
import { Random } from "../../tools/sim/random";

const crc = (bytes: Uint8Array) => crc32(bytes);

function flashOf(seed: string): SimFlash {
  return new SimFlash({ pageBytes: 4096, pages: 2, writeBytes: 4, random: new Random(seed) });
}

function keysOf(recording: number): Keys {
  const fill = (length: number, value: number) => new Uint8Array(length).fill(value);
  return {
    epoch: 3,
    recording,
    chainKey: fill(32, recording),
    receiptKey: fill(32, 7),
    alias: fill(8, 9),
    previousClose: fill(32, 11),
    leaf: 1000 + recording,
    seen: { generation: fill(8, 13), size: 2 ** 53 - recording, root: fill(32, 17) },
    confirmed: recording % 2 === 0,
  };
}

describe("the vault", () => {
  it("is empty in a new handheld and keeps what was saved last", () => {
    const flash = flashOf("vault");
    assert.equal(new Vault(flash, crc).load(), undefined);
    const vault = new Vault(flash, crc);
    for (let recording = 1; recording <= 5; recording++) {
      vault.save(keysOf(recording));
      assert.deepEqual(new Vault(flash, crc).load(), keysOf(recording));
    }
  });

  it("leaves no older chain key anywhere in flash once it has saved", () => {
    const flash = flashOf("older keys");
    const vault = new Vault(flash, crc);
    vault.save(keysOf(0x41));
    vault.save(keysOf(0x42));
    const image = Buffer.from(flash.read(0, 2 * 4096));
    assert.equal(image.includes(Buffer.alloc(32, 0x41)), false);
    assert.equal(image.includes(Buffer.alloc(32, 0x42)), true);
  });

  it("wears a page by one erase in two saves", () => {
    const flash = flashOf("wear");
    const vault = new Vault(flash, crc);
    for (let save = 1; save <= 100; save++) vault.save(keysOf(save));
    assert.deepEqual([...flash.wear], [50, 50]);
  });

  it("holds the old keys or the new ones after a power cut at any operation, and never goes back", () => {
    for (let seed = 0; seed < 200; seed++) {
      for (let cut = 1; cut <= 2; cut++) {
        const flash = flashOf(`cut ${seed}`);
        const vault = new Vault(flash, crc);
        vault.save(keysOf(1));
        flash.cutAfter(cut);
        assert.throws(() => vault.save(keysOf(2)), PowerCut, `seed ${seed}, operation ${cut}`);
        flash.restore();
        const found = new Vault(flash, crc).load();
        assert.ok(found, `seed ${seed}, operation ${cut}: the keys are gone`);
        assert.ok(found.recording === 1 || found.recording === 2);
        assert.deepEqual(
          new Vault(flash, crc).load(),
          found,
          `seed ${seed}, operation ${cut}: two loads differ`,
        );
        assert.deepEqual(found, keysOf(found.recording));
      }
    }
  });

  it("is nobody's once wiped, keeps epoch and leaf, and no key stands anywhere in flash", () => {
    const flash = flashOf("wiped");
    const vault = new Vault(flash, crc);
    assert.equal(vault.past(), undefined);
    vault.save(keysOf(0x41));
    vault.wipe();
    const again = new Vault(flash, crc);
    assert.equal(again.load(), undefined);
    const { epoch, leaf } = again.past()!;
    assert.deepEqual([epoch, leaf], [3, 1000 + 0x41]);
    const image = Buffer.from(flash.read(0, 2 * 4096));
    for (const value of [0x41, 7, 9, 11]) assert.equal(image.includes(Buffer.alloc(8, value)), false);
    // The next owner's keys take over as any do.
    again.save(keysOf(5));
    assert.deepEqual(new Vault(flash, crc).load(), keysOf(5));
  });

  it("is still owned or keyless after a power cut at any operation of the wipe, and forgets neither epoch nor leaf", () => {
    const ends = { owned: 0, wiped: 0 };
    for (let seed = 0; seed < 200; seed++) {
      for (let cut = 1; cut <= 2; cut++) {
        const where = `seed ${seed}, operation ${cut}`;
        const flash = flashOf(`wipe ${seed}`);
        const vault = new Vault(flash, crc);
        vault.save(keysOf(0x41));
        flash.cutAfter(cut);
        assert.throws(() => vault.wipe(), PowerCut, where);
        flash.restore();
        const after = new Vault(flash, crc);
        const keys = after.load();
        assert.deepEqual([after.past()!.epoch, after.past()!.leaf], [3, 1000 + 0x41], where);
        if (keys) {
          assert.deepEqual(keys, keysOf(0x41), where);
          ends.owned++;
          continue;
        }
        ends.wiped++;
        // What a torn erase left of the keys went with the boot.
        const image = Buffer.from(flash.read(0, 2 * 4096));
        assert.equal(image.includes(Buffer.alloc(4, 0x41)), false, where);
      }
    }
    assert.ok(Math.min(ends.owned, ends.wiped) > 100, JSON.stringify(ends));
  });
});
